import Foundation
import GRDB
import SDKRelay
import XMLSecurity

/// A message as retention looks at it, in one state of the database.
struct RetentionCandidate {
  let message: StoredMessage
  let mailbox: MailboxID
  let audience: Audience
  let facts: RetentionFacts
  /// What everything that somebody has done at the message leaves behind.
  private let marks: [String]

  /// Changes with content, marks and work: a plan holds only as long as it is the same.
  var sha256: [UInt8] {
    let content = Hexadecimal.encode(ContentDigest.make(of: message.content))
    return digest(.sha256, of: Array(([content] + marks).joined(separator: "\n").utf8))
  }

  /// Nil for what has been culled or lies in no mailbox.
  static func fetch(_ row: Int64, in db: Database) throws -> RetentionCandidate? {
    guard let found = try db.row(sql: "SELECT \(columns) \(tables) WHERE message.id = ?", arguments: [row]) else {
      return nil
    }
    let message = try StoredMessage(found)
    guard message.content.culled == nil, let address = message.ownMailbox else { return nil }
    let entry = try RegisterEntry(found)
    let mailbox = MailboxID(message.participant, address)
    func time(_ column: String) -> Date? { (found[column] as Int64?).map(Date.init(milliseconds:)) }
    let facts = RetentionFacts(
      mailbox: mailbox, direction: message.direction, state: entry.state,
      about: (found["about"] as String?).flatMap(InformationKind.init), stored: message.stored,
      registered: entry.registered, done: time("doneAt"), handedOver: time("handedOverAt"),
      conversationDone: try conversationDone(message, in: db))
    let marks = [
      message.status.rawValue, "\(entry.version)", "\(found["handlingVersion"] as Int)", "\(found["notes"] as Int)",
      "\(found["isProtected"] as Int64)", "\(found["handedOverAt"] as Int64? ?? 0)",
    ]
    return RetentionCandidate(
      message: message, mailbox: mailbox, audience: found["isProtected"], facts: facts, marks: marks)
  }

  private static let columns = """
    \(StoredMessage.columns), \(RegisterTable.columns), messageRecord.isProtected, messageHandling.doneAt,
    coalesce(messageHandling.version, 0) AS handlingVersion, handOver.at AS handedOverAt, messageAgreement.kind AS about,
    (SELECT count(*) FROM messageNote WHERE messageNote.messageRow = message.id) AS notes
    """
  private static let tables = """
    FROM message JOIN messageRecord ON messageRecord.messageRow = message.id
      JOIN registerEntry ON registerEntry.messageRow = message.id
      LEFT JOIN messageHandling ON messageHandling.messageRow = message.id
      LEFT JOIN handOver ON handOver.messageRow = message.id
      LEFT JOIN messageAgreement ON messageAgreement.messageRow = message.id
    """

  /// When the last of the conversation was done; nil while anything of it waits.
  private static func conversationDone(_ message: StoredMessage, in db: Database) throws -> Date? {
    let row = try db.row(
      sql: """
        SELECT max(coalesce(doneAt, storedAt)) AS last, (SELECT sum(unhandled) FROM \(parts)) AS unhandled
        FROM \(parts) AS part JOIN messageRecord ON messageRecord.conversation = part.id
          JOIN message ON message.id = messageRecord.messageRow
          LEFT JOIN messageHandling ON messageHandling.messageRow = message.id
        """, arguments: partArguments(message) + partArguments(message))
    guard let row, row["unhandled"] == 0 else { return nil }
    return (row["last"] as Int64?).map(Date.init(milliseconds:))
  }

  private static let parts = """
    (SELECT id, unhandled FROM conversation
      WHERE participant = ? AND mailbox = ? AND conversationId = ? AND counterparty = ?)
    """

  private static func partArguments(_ message: StoredMessage) -> StatementArguments {
    [
      message.participant.comparable, message.ownMailbox?.value ?? "", message.conversationID.value,
      message.counterparty.id.comparable,
    ]
  }

  /// What forbids to cull it now, whatever the rules say; nil when nothing does.
  func obstacle(in db: Database) throws -> RetentionObstacle? {
    // 1. Legal hold wins over everything.
    if try LegalHoldTable.isHeld(message, in: db) { return .held }
    // 2. What cannot be opened now could not be taken out of the words' index.
    if let problem = message.contentProblem, problem != .destroyed { return .closed }
    // 3. The relay is done with it.
    if try Relay.isUnderWay(message, in: db) { return .underWay }
    // 4. So is whoever works at it.
    let handling = try db.row(
      sql: "SELECT 1 FROM messageHandling WHERE messageRow = ? AND handler IS NOT NULL AND doneAt IS NULL",
      arguments: [message.row])
    if handling != nil { return .claimed }
    // 5. No draft holds any of it, or will return its references.
    let draft = try db.row(sql: "SELECT 1 FROM draft WHERE originRow = ? LIMIT 1", arguments: [message.row])
    if draft != nil { return .drafted }
    // 6. No message of its conversation is under way: replies return its references.
    let marks = MessageStatus.allCases.filter(\.isFinal).map { "'\($0.rawValue)'" }.joined(separator: ", ")
    let other = try db.row(
      sql: """
        SELECT 1 FROM \(Self.parts) AS part JOIN messageRecord ON messageRecord.conversation = part.id
          JOIN message ON message.id = messageRecord.messageRow WHERE status NOT IN (\(marks)) LIMIT 1
        """, arguments: Self.partArguments(message))
    return other == nil ? nil : .conversationUnderWay
  }
}

/// Why a message stays.
public enum RetentionObstacle: String, Hashable, Sendable, CaseIterable {
  /// A legal hold is on it.
  case held
  /// Its content cannot be opened now: its storage key is not in the settings.
  case closed
  /// It has not reached its end in the federation.
  case underWay
  /// Somebody works at it.
  case claimed
  /// A draft answers it, adds to it or passes it on.
  case drafted
  /// A message of the same conversation has not reached its end.
  case conversationUnderWay
  /// Somebody has done something at it since it was planned.
  case changed
  /// The rule, or its decision, is not what it was when it was planned.
  case ruleChanged
  /// By the rules as they are it has to be kept longer.
  case notDue
  /// Who planned, approved or runs may not cull it any more.
  case notGranted
  /// It had been culled before.
  case culled = "culledBefore"

  public var sentence: String {
    switch self {
    case .held: "a legal hold is on it"
    case .closed: "its content cannot be opened now"
    case .underWay: "it is still under way"
    case .claimed: "somebody works at it"
    case .drafted: "a draft answers it, adds to it or passes it on"
    case .conversationUnderWay: "a message of its conversation is still under way"
    case .changed: "it has changed since it was planned"
    case .ruleChanged: "its rule has changed since it was planned"
    case .notDue: "its time is not over"
    case .notGranted: "who planned, approved or runs may not cull it now"
    case .culled: "it had been culled before"
    }
  }
}
