import Foundation
import GRDB
import SDKRelay

/// What the service knows of a message beside what was sent: one row for each message, stored with it.
///
/// `takenAt` and `takenBy`: a technical client has fetched it and takes it for its own; it is no longer shown on the
/// MT–MK interface. Its content stays until a rule of retention ends it.
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

  static func insert(_ row: Int64, submittedBy principal: Principal? = nil, in db: Database) throws {
    try db.cachedStatement(sql: "INSERT INTO messageRecord (messageRow, submittedBy) VALUES (?, ?)")
      .execute(arguments: [row, principal.map { "\($0.kind) \($0.name)" }])
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
