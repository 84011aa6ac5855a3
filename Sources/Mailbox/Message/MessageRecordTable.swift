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
  static func insert(_ message: StoredMessage, submittedBy principal: Principal? = nil, in db: Database) throws {
    let conversation = try ConversationTable.add(
      message, isProtected: false, isUnhandled: message.direction == .incoming, in: db)
    try db.change(
      sql: "INSERT INTO messageRecord (messageRow, submittedBy, conversation, isConfidential) VALUES (?, ?, ?, ?)",
      arguments: [
        message.row, principal.map { "\($0.kind) \($0.name)" }, conversation, message.content.isConfidential,
      ])
    try SearchIndex.add(message, isProtected: false, in: db)
    try RegisterTable.insert(message, in: db)
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
