import Foundation
import XMLSecurity

extension Relay {
  /// Sends an AS4 test message (TA16) to the participant's access point and checks its signed receipt.
  public func ping(_ participant: ParticipantID) async throws -> PingOutcome {
    let destination = try await directory.destination(of: participant, for: DocumentID.message().value)
    let mode = settings.mode
    let identity = settings.accessPoint.identity
    let spool = try Spool(folder: store.layout.incoming)
    let parties = mode.parties(
      from: identity.certificate.commonName ?? "", to: destination.accessPoint.commonName ?? "")
    let message = UserMessage(
      messageID: UserMessage.newMessageID(), timestamp: Date(), from: parties.from, to: parties.to,
      service: TypedValue(AS4Names.pingService), action: AS4Names.pingAction,
      conversationID: MessageID.new().value, properties: [])
    let packed = try await work.run {
      try AS4Packager.pack(
        message, payloads: [], signer: identity, recipient: destination.accessPoint, mode: mode, spool: spool)
    }
    defer { spool.remove(packed.file.lastPathComponent) }
    let client = AS4Client(settings.client)
    let start = ContinuousClock.now
    let answer: AS4Answer
    do throws(TransportProblem) {
      answer = try await client.send(WireBody(file: packed.file), contentType: packed.contentType, to: destination.url)
      await client.shutdown()
    } catch {
      await client.shutdown()
      return .noAnswer("\(error)")
    }
    let outcome = Signal.read(
      answer.body, contentType: answer.contentType ?? "", answering: packed, signers: [destination.accessPoint],
      trust: try settings.accessPoint.trust.store())
    switch outcome {
    case .receipt: return .receipt(after: ContinuousClock.now - start)
    case .error(let error): return .refused("\(error)")
    case .invalid(let reason): return .refused("HTTP \(answer.status), no valid receipt: \(reason)")
    }
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
