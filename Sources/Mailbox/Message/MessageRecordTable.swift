import Foundation
import GRDB
import SDKRelay

/// What the service knows of a message beside what was sent: one row for each message, stored with it.
///
/// `takenAt` and `takenBy`: a technical client has fetched it and takes it for its own; it is no longer shown on the
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
  /// - Parameter isProtected: whether it is about a protected person; what answers such a message always is.
  static func insert(
    _ message: StoredMessage, submittedBy principal: Principal? = nil, isProtected: Bool = false, in db: Database
  ) throws {
    let isProtected = try isProtected || answersProtected(message, in: db)
    let conversation = try ConversationTable.add(
      message, isProtected: isProtected, isUnhandled: message.direction == .incoming, in: db)
    try db.change(
      sql: """
        INSERT INTO messageRecord (messageRow, isProtected, submittedBy, conversation, isConfidential)
        VALUES (?, ?, ?, ?, ?)
        """,
      arguments: [
        message.row, isProtected, principal.map { "\($0.kind) \($0.name)" }, conversation,
        message.content.isConfidential,
      ])
    try SearchIndex.add(message, isProtected: isProtected, in: db)
    try RegisterTable.insert(message, in: db)
  }

  private static func answersProtected(_ message: StoredMessage, in db: Database) throws -> Bool {
    guard let reference = message.refToMessageID else { return false }
    return try db.row(
      sql: """
        SELECT 1 FROM message JOIN messageRecord ON messageRow = message.id
        WHERE messageId = ? AND message.participant = ? AND message.mailbox IS ? AND isProtected LIMIT 1
        """, arguments: [reference.value, message.participant.comparable, message.ownMailbox?.value]) != nil
  }

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
