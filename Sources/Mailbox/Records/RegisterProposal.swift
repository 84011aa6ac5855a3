public import Foundation
import GRDB
import SDKRelay

/// What the register would say of a message, as far as the message tells: for whoever registers to confirm or change.
public struct RegisterProposal: Hashable, Sendable {
  public let date: Date
  /// Our own dnr: of the references that are ours, or else of what is registered in the same conversation.
  public let dnr: String?
  /// The other side's dnr, for information: it is never proposed as ours.
  public let theirDnr: String?
  public let counterparty: String
  public let matter: String
  /// Whether the sender has marked the message as under secrecy: the matter is kept from the public then, unless whoever
  /// registers decides otherwise.
  public let isConfidential: Bool

  /// The proposal as facts, with what somebody has changed.
  /// - Throws: ``RegisterProblem/needsDnr`` where there is none.
  public func facts(
    date: Date? = nil, dnr: String? = nil, counterparty: String? = nil, matter: String? = nil,
    isCounterpartySecret: Bool = false, isMatterSecret: Bool? = nil
  ) throws(RegisterProblem) -> RegisterFacts {
    guard let dnr = dnr ?? self.dnr else { throw .needsDnr }
    return try RegisterFacts(
      date: date ?? self.date, dnr: dnr, counterparty: counterparty ?? self.counterparty, matter: matter ?? self.matter,
      isCounterpartySecret: isCounterpartySecret, isMatterSecret: isMatterSecret ?? isConfidential)
  }
}

extension RegisterProposal {
  /// - Parameter known: a dnr that is registered in the same conversation.
  init(_ message: StoredMessage, known: String? = nil) {
    let content = message.content
    let isIncoming = message.direction == .incoming
    date = message.stored
    dnr = Self.dnr(in: isIncoming ? content.returnedReferences : content.references) ?? known
    theirDnr = Self.dnr(in: isIncoming ? content.references : content.returnedReferences)
    let other = message.counterparty
    let name = [other.label, other.mailboxLabel].compactMap { $0 }.joined(separator: ", ")
    counterparty = Self.line(name, or: other.id.value)
    matter = Self.line(IdentityNumbers.maskedWhereCertain(in: content.subject), or: message.id.value)
    isConfidential = content.isConfidential
  }

  /// A sender's words as facts may be: without what moves a cursor or reorders a line.
  private static func line(_ text: String, or other: String) -> String {
    var plain = String.UnicodeScalarView()
    for scalar in text.unicodeScalars {
      let isHarmful = scalar.properties.generalCategory == .control || scalar.properties.isBidiControl
      plain.append(isHarmful ? " " : scalar)
    }
    let line = String(String(plain).trimmingCharacters(in: .whitespaces).prefix(256))
    return RegisterFacts.isLine(line, most: 256) ? line : other
  }

  /// With what is registered in the same conversation and may be seen by the same people: open and protected messages
  /// have a conversation each.
  static func fetch(_ message: StoredMessage, in db: Database) throws -> RegisterProposal {
    let row = try db.row(
      sql: """
        SELECT dnr FROM messageRecord JOIN registerEntry USING (messageRow)
        WHERE conversation = (SELECT conversation FROM messageRecord WHERE messageRow = ?) AND dnr IS NOT NULL
        ORDER BY messageRow DESC LIMIT 1
        """, arguments: [message.row])
    return RegisterProposal(message, known: row?["dnr"])
  }

  /// The first registration number among the references (SDK root `dnr`).
  static func dnr(in references: [Draft.Reference]) -> String? {
    references.lazy.filter { $0.root.lowercased() == "dnr" }
      .compactMap { try? RegisterFacts.normalizedDnr($0.value) }.first
  }
}
