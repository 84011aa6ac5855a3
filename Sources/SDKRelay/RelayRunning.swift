extension Relay {
  /// Starts the endpoint, the workers and the janitor and returns after a graceful shutdown or cancellation.
  ///
  /// Throws when another process runs on the same data folder, when the endpoint cannot listen, and when a sync to disk
  /// has failed: the process must then end, and a restart reads what the disk really holds.
  /// - Parameter onListening: told the port once the endpoint takes connections.
  public func run(onListening: @escaping @Sendable (Int) async -> Void = { _ in }) async throws {
  }

  /// Checks the draft, stores it durably and queues it. When this returns, the message will be sent.
  public func submit(_ draft: Draft) async throws(SubmissionProblem) -> MessageID {
    throw .unavailable("")
  }

  /// Sends an AS4 test message to the participant's access point and checks its signed receipt.
  public func ping(_ participant: ParticipantID) async throws -> PingOutcome {
    .noAnswer("")
  }
}

/// What came of a ping.
public enum PingOutcome: Hashable, Sendable {
  /// A valid signed receipt, after this time.
  case receipt(after: Duration)
  /// The access point answered with an error or something that is no valid receipt; the sentence says what.
  case refused(String)
  /// No answer; the sentence says what failed.
  case noAnswer(String)
}
