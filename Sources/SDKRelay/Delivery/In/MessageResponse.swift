import Foundation
import GRDB
import XMLSecurity

/// A message receipt that has come in: verified, valid, and not yet matched with a message of ours.
struct MessageResponse: Sendable {
  let response: ApplicationResponse
  /// Who signed and sent it.
  let from: ParticipantID

  struct Problem: Error, CustomStringConvertible {
    let description: String
  }

  init(reading bytes: [UInt8], header: EnvelopeHeader) throws {
    switch ReceiptReader.read(bytes) {
    case .valid(let response): self.response = response
    case .invalid(let problems):
      throw Problem(description: problems.map { "\($0.rule)" }.joined(separator: ", "))
    case .unreadable(let problem): throw Problem(description: "\(problem)")
    }
    guard response.sender == header.from, response.receiver == header.to else {
      throw Problem(description: "its parties are not the envelope's")
    }
    from = header.from
  }

  /// What became of a message receipt.
  enum Outcome {
    /// It is evidence of the message in this row.
    case recorded(Int64)
    case ignored(reason: String)
  }

  /// Applies the receipt to the message it is about.
  ///
  /// Correlation (SDK digest §6): the reference is a message of ours, we are the receiver, and the signer is whom the
  /// message went to. Unknown and second receipts are logged; a late one, after the message counted as failed, is
  /// recorded and changes no status. None is answered.
  func apply(
    _ reception: Reception, now: Date, telling inbox: (any Inbox)?, in db: Database
  ) throws -> Outcome {
    guard let id = MessageID(response.documentReference),
      let row = try MessageTable.row(id, .outgoing, of: reception.participant, in: db),
      let message = try MessageTable.fetch(row, in: db)
    else { return .ignored(reason: "it is about no message of ours") }
    guard message.recipient.id == from else {
      return .ignored(reason: "its sender is not whom the message went to")
    }
    if message.status == .messageExchangeError, try Self.mayBeLate(row, in: db) {
      return try record(lateFor: message, reception, now: now, telling: inbox, in: db)
    }
    guard !message.status.isFinal else {
      return .ignored(reason: "the message is already \(message.status.rawValue)")
    }
    guard message.status != .scheduled else { return .ignored(reason: "the message has not been sent yet") }
    if isAccepted {
      try MessageTable.step(row, to: .accepted, event: text, transportID: reception.transportID, now: now, in: db)
      try inbox?.tell(.accepted, of: message, in: db)
    } else {
      try MessageTable.fail(
        row, as: .rejected, event: text, transportID: reception.transportID, now: now, telling: inbox, in: db)
    }
    try ReceiptWait.end(row, in: db)
    return .recorded(row)
  }

  private var isAccepted: Bool { response.lines.isEmpty }

  /// The sender was told that the message failed, and may have sent another: that the recipient has it all the same is
  /// for a person to look at.
  private func record(
    lateFor message: StoredMessage, _ reception: Reception, now: Date, telling inbox: (any Inbox)?, in db: Database
  ) throws -> Outcome {
    let event = reception.event("late message receipt: \(text)", message.id, isAlarm: isAccepted)
    try EventLog.add(event, at: now, in: db)
    try inbox?.tell(.lateReceipt(isAccepted: isAccepted), of: message, in: db)
    return .recorded(message.row)
  }

  /// Whether the message left this node and has no message receipt yet.
  private static func mayBeLate(_ row: Int64, in db: Database) throws -> Bool {
    try db.row(
      sql: """
        SELECT EXISTS (SELECT 1 FROM transfer WHERE messageRow = ?1 AND file IS NOT NULL)
          AND NOT EXISTS (SELECT 1 FROM reception WHERE messageRow = ?1)
        """, arguments: [row]
    ).map { $0[0] } ?? false
  }

  /// Codes and places; the peer's own words may hold content and stay in the evidence.
  private var text: String {
    guard !isAccepted else { return "accepted by the recipient's message service" }
    let reasons = response.lines.prefix(20).map { line in
      let codes = "\(line.causeCode) \(line.reasonCode ?? "NA")".unicodeScalars.filter {
        (0x20...0x7E).contains($0.value)
      }
      return String(String.UnicodeScalarView(codes)).prefix(60)
    }
    return "rejected by the recipient's message service: \(reasons.joined(separator: "; "))"
  }
}
