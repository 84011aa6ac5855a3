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
    /// It has been applied to the message in this row.
    case applied(Int64)
    case ignored(reason: String)
  }

  /// Applies the receipt to the message it is about.
  ///
  /// Correlation (SDK digest §6): the reference is a message of ours, we are the receiver, and the signer is whom the
  /// message went to. Unknown, late and second receipts are logged and never answered.
  func apply(_ reception: Reception, now: Date, in db: Database) throws -> Outcome {
    guard let id = MessageID(response.documentReference),
      let row = try MessageTable.row(id, .outgoing, of: reception.participant, in: db),
      let message = try MessageTable.fetch(row, in: db)
    else { return .ignored(reason: "it is about no message of ours") }
    guard message.recipient.id == from else {
      return .ignored(reason: "its sender is not whom the message went to")
    }
    guard !message.status.isFinal else {
      return .ignored(reason: "the message is already \(message.status.rawValue)")
    }
    guard message.status != .scheduled else { return .ignored(reason: "the message has not been sent yet") }
    try MessageTable.step(
      row, to: response.lines.isEmpty ? .accepted : .rejected, event: text, transportID: reception.transportID,
      isAlarm: !response.lines.isEmpty, now: now, in: db)
    try ReceiptWait.end(row, in: db)
    return .applied(row)
  }

  /// Codes and places; the peer's own words may hold content and stay in the evidence.
  private var text: String {
    guard !response.lines.isEmpty else { return "accepted by the recipient's message service" }
    let reasons = response.lines.prefix(20).map { line in
      let codes = "\(line.causeCode) \(line.reasonCode ?? "NA")".unicodeScalars.filter {
        (0x20...0x7E).contains($0.value)
      }
      return String(String.UnicodeScalarView(codes)).prefix(60)
    }
    return "rejected by the recipient's message service: \(reasons.joined(separator: "; "))"
  }
}
