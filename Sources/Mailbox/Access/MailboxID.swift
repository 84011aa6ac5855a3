public import SDKRelay

/// One functional mailbox (funktionsbrevlåda): the organisation that has it, and its functional address there.
public struct MailboxID: Hashable, Sendable, CustomStringConvertible {
  public let participant: ParticipantID
  public let address: FunctionalAddress

  public init(_ participant: ParticipantID, _ address: FunctionalAddress) {
    self.participant = participant
    self.address = address
  }

  /// Reads `ORGANISATION/MAILBOX`.
  public init(_ text: String) throws(IdentifierProblem) {
    guard let slash = text.firstIndex(of: "/") else {
      throw IdentifierProblem(kind: "mailbox", reason: "it is ORGANISATION/MAILBOX")
    }
    participant = try ParticipantID(String(text[..<slash]))
    address = try FunctionalAddress(String(text[text.index(after: slash)...]))
  }

  public var description: String { "\(participant.value)/\(address.value)" }
}
