public import Foundation

/// What a register says of a message (offentlighets- och sekretesslagen 5 kap. 2 §): the four facts.
///
/// Date and dnr are always public; counterparty and matter may be left out of what is shown to the public.
public struct RegisterFacts: Hashable, Sendable {
  /// When it came in or was sent.
  public let date: Date
  /// The registration number (diarienummer). Never personal data.
  public let dnr: String
  /// Who it came from or went to.
  public let counterparty: String
  /// What it is about, in short.
  public let matter: String
  public let isCounterpartySecret: Bool
  public let isMatterSecret: Bool

  /// - Throws: ``RegisterProblem``.
  public init(
    date: Date, dnr: String, counterparty: String, matter: String, isCounterpartySecret: Bool = false,
    isMatterSecret: Bool = false
  ) throws(RegisterProblem) {
    self.date = date
    self.dnr = try RegisterFacts.normalizedDnr(dnr)
    self.counterparty = try Self.line(counterparty, .counterparty)
    self.matter = try Self.line(matter, .matter)
    self.isCounterpartySecret = isCounterpartySecret
    self.isMatterSecret = isMatterSecret
  }

  /// A dnr as it is stored and looked for: one space where there are several, none at its ends.
  static func normalizedDnr(_ text: String) throws(RegisterProblem) -> String {
    let plain = text.split(whereSeparator: \.isWhitespace).joined(separator: " ")
    guard isLine(plain, most: 64) else { throw .dnr }
    return plain
  }

  static func isLine(_ text: String, most: Int) -> Bool {
    (1...most).contains(text.count) && !text.allSatisfy(\.isWhitespace)
      && !text.unicodeScalars.contains { $0.properties.generalCategory == .control || $0.properties.isBidiControl }
  }

  private static func line(_ text: String, _ problem: RegisterProblem) throws(RegisterProblem) -> String {
    guard isLine(text, most: 256) else { throw problem }
    return text
  }
}

/// A note of secrecy (sekretessmarkering, offentlighets- och sekretesslagen 5 kap. 5 §). A warning, not a decision.
public struct SecrecyNote: Hashable, Sendable {
  /// The provisions (bestämmelser) that may apply: 1 to 20, each of 1 to 100 characters.
  public let provisions: [String]
  public let date: Day
  /// The authority or whoever has made the note.
  public let by: String
  public let note: String?

  /// - Throws: ``RegisterProblem/secrecy``.
  public init(provisions: [String], date: Day, by: String, note: String? = nil) throws(RegisterProblem) {
    guard (1...20).contains(provisions.count), provisions.allSatisfy({ RegisterFacts.isLine($0, most: 100) }),
      RegisterFacts.isLine(by, most: 200), note.map({ RegisterFacts.isLine($0, most: 1_000) }) ?? true
    else { throw .secrecy }
    self.provisions = provisions
    self.date = date
    self.by = by
    self.note = note
  }
}

/// Why a step in the register is refused.
public enum RegisterProblem: Error, Hashable, Sendable, CustomStringConvertible {
  case dnr, counterparty, matter, secrecy
  /// A fact holds a person's identity number: dates and case numbers are always public, and what the register says stays.
  case identityNumber
  case needsDnr
  case needsReason
  case unchanged
  /// Somebody else has been at it since: look again.
  case stale(seen: Int, now: Int)
  /// What is registered is not marked as of little importance.
  case isRegistered
  case isCulled
  /// There is no such rule for messages marked so in the mailbox.
  case unknownRule(String)
  case usersOnly

  public var description: String {
    switch self {
    case .dnr: "a dnr has 1 to 64 characters and no control characters"
    case .counterparty: "a counterparty has 1 to 256 characters and no control characters"
    case .matter: "a matter has 1 to 256 characters and no control characters"
    case .secrecy:
      "a note of secrecy names 1 to 20 provisions of at most 100 characters and who made it, and has at most 1,000 more"
    case .identityNumber: "a person's identity number stands in none of the register's facts"
    case .needsDnr: "the message proposes no dnr of its own: give one"
    case .needsReason: "a correction, and taking a message back, need a reason"
    case .unchanged: "the register says so already"
    case .stale(let seen, let now): "the entry has changed: version \(seen) was seen, it is at \(now)"
    case .isRegistered: "the message is registered: take that back first, with a reason"
    case .isCulled: "the message has been culled"
    case .unknownRule(let rule): "no rule \(rule) lets messages of this mailbox be marked so"
    case .usersOnly: "only users register messages"
    }
  }
}
