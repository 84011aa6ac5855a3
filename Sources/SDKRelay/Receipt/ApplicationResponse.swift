public import Foundation

/// A message receipt (meddelandekvittens): UBL 2.1 ApplicationResponse in the federation's profile (KVT 1.0).
public struct ApplicationResponse: Hashable, Sendable {
  /// The receipt's own identifier.
  public var id: String
  /// When it was made; written in UTC to the second.
  public var issued: Date
  /// Who sends the receipt: the recipient of the message.
  public var sender: ParticipantID
  /// Who gets the receipt: the sender of the message.
  public var receiver: ParticipantID
  /// The envelope ID of the message that is answered.
  public var documentReference: String
  public var outcome: Outcome

  /// What became of the message that is answered.
  public enum Outcome: Hashable, Sendable {
    /// The message has come in (inkommen) at the recipient's message service.
    case accepted
    /// The message is refused, for at least one reason.
    case rejected([LineResponse])
  }

  public init(
    id: String = MessageID.new().value, issued: Date, sender: ParticipantID, receiver: ParticipantID,
    documentReference: String, outcome: Outcome
  ) {
    self.id = id
    self.issued = issued
    self.sender = sender
    self.receiver = receiver
    self.documentReference = documentReference
    self.outcome = outcome
  }

  /// The receipt for a message: its parties swapped, its envelope ID as reference (SDK-KVT-04).
  public init(
    to messageSender: ParticipantID, from messageRecipient: ParticipantID, envelopeID: String, issued: Date,
    outcome: Outcome
  ) {
    self.init(
      issued: issued, sender: messageRecipient, receiver: messageSender, documentReference: envelopeID, outcome: outcome
    )
  }

  /// `ACCEPTED` or `REJECTED`.
  public var responseCode: String {
    switch outcome {
    case .accepted: ReceiptSchema.accepted
    case .rejected: ReceiptSchema.rejected
    }
  }

  /// The reasons, none when accepted.
  public var lines: [LineResponse] {
    if case .rejected(let lines) = outcome { lines } else { [] }
  }
}

/// One reason for which a message was refused.
public struct LineResponse: Hashable, Sendable, Codable {
  /// The XPath in the message, or `NA`.
  public var lineID: String
  /// The cause code (orsakskod) as it came; others' receipts may carry codes unknown here.
  public var causeCode: String
  /// The detail, when given. An open list.
  public var reasonCode: String?
  /// The reason, for people. In others' receipts it is their text: show it as text only.
  public var reason: String

  public init(lineID: String, causeCode: String, reasonCode: String?, reason: String) {
    self.lineID = lineID
    self.causeCode = causeCode
    self.reasonCode = reasonCode
    self.reason = reason
  }

  /// What a receipt says about a problem.
  public init(_ problem: PayloadProblem) {
    self.init(
      lineID: problem.xpath, causeCode: problem.cause.rawValue, reasonCode: problem.detail.rawValue,
      reason: problem.text)
  }

  /// The cause, when it is one of the federation's.
  public var cause: CauseCode? { CauseCode(rawValue: causeCode) }
}
