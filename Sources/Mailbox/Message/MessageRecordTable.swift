import Foundation
import GRDB
import SDKRelay

/// What the service knows of a message beside what was sent: one row for each message, stored with it.
///
/// `isProtected` is the ``Audience``; `isProtectedByNode` says that no person has marked it. `takenAt` and `takenBy`: a technical client has fetched it and takes it for its own; it is no longer shown on the
/// MT–MK interface. Its content stays until a rule of retention ends it; by then the service itself has taken it.
enum MessageRecordTable {
  static let schema = """
    CREATE TABLE messageRecord (
      messageRow INTEGER PRIMARY KEY REFERENCES message (id),
      isProtected INTEGER NOT NULL DEFAULT 0,
      submittedBy TEXT,
      takenAt INTEGER,
      takenBy TEXT
    ) STRICT;
    """

  /// Stores what the service keeps of a new message: its record, its place in a conversation and its words.
  /// - Parameter audience: what the node knows of whom it is for; what answers a message about a protected person is about
  ///   that person too.
  static func insert(
    _ message: StoredMessage, submittedBy principal: Principal? = nil, for audience: Audience = .mailbox,
    isByNode: Bool = true, in db: Database
  ) throws {
    let (audience, isByNode) = try answering(message, audience, isByNode, in: db)
    let conversation = try ConversationTable.add(
      message, for: audience, isUnhandled: message.direction == .incoming, in: db)
    try db.change(
      sql: """
        INSERT INTO messageRecord (messageRow, isProtected, isProtectedByNode, submittedBy, conversation, isConfidential)
        VALUES (?, ?, ?, ?, ?, ?)
        """,
      arguments: [
        message.row, audience, isByNode, principal.map { "\($0.kind) \($0.name)" }, conversation,
        message.content.isConfidential,
      ])
    try SearchIndex.add(message, for: audience, in: db)
    try RegisterTable.insert(message, in: db)
  }

  /// Whom the message is for, and whether nothing but the node says so.
  private static func answering(
    _ message: StoredMessage, _ audience: Audience, _ isByNode: Bool, in db: Database
  ) throws -> (Audience, isByNode: Bool) {
    guard let reference = message.refToMessageID,
      let row = try db.row(
        sql: """
          SELECT isProtected, isProtectedByNode FROM message JOIN messageRecord ON messageRow = message.id
          WHERE messageId = ? AND message.participant = ? AND message.mailbox IS ? AND isProtected
          ORDER BY isProtected DESC LIMIT 1
          """, arguments: [reference.value, message.participant.comparable, message.ownMailbox?.value])
    else { return (audience, audience.isProtected && isByNode) }
    let joined = try AccessListTable.joined(audience, row["isProtected"], of: message.participant, in: db)
    return (joined, row["isProtectedByNode"] && isByNode)
  }

  /// Whom the message is for now, and whether nothing but the node says so.
  static func audience(of row: Int64, in db: Database) throws -> (audience: Audience, isByNode: Bool) {
    let row = try db.row(
      sql: "SELECT isProtected, isProtectedByNode FROM messageRecord WHERE messageRow = ?", arguments: [row])
    return (row?["isProtected"] ?? .protectedPersons, row?["isProtectedByNode"] ?? false)
  }

  static func mark(_ row: Int64, isByNode: Bool, in db: Database) throws {
    try db.change(
      sql: "UPDATE messageRecord SET isProtectedByNode = ? WHERE messageRow = ?", arguments: [isByNode, row])
  }

  static let cause = """
    ALTER TABLE messageRecord ADD COLUMN isProtectedByNode INTEGER NOT NULL DEFAULT 0;
    CREATE INDEX messageRecordProtected ON messageRecord (messageRow) WHERE isProtected <> 0;

    """

  /// - Returns: false when it had been taken before.
  static func take(_ row: Int64, by principal: Principal, at now: Date, in db: Database) throws -> Bool {
    try db.cachedStatement(
      sql: "UPDATE messageRecord SET takenAt = ?, takenBy = ? WHERE messageRow = ? AND takenAt IS NULL"
    ).execute(arguments: [
      Int64((now.timeIntervalSince1970 * 1_000).rounded()), "\(principal.kind) \(principal.name)", row,
    ])
    return db.changesCount == 1
  }
}
