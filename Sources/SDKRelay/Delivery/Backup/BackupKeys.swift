import Foundation
import GRDB
import XMLSecurity

/// The data keys of messages in a file of their own, apart from a backup: an SQLite database with the table `messageKey`
/// alone, each key sealed with its storage key as in the node's database.
///
/// The file is replaced at each backup, so that it holds the keys that there are now. A key that was destroyed is then in no
/// backup either, and what it sealed cannot be opened in the oldest of them.
enum BackupKeys {
  private static let columns = "id, participant, messageRow, receptionRow, keyName, wrapped"

  /// Moves the keys out of a backup's database. The file is there, whole and synced, before they leave the database.
  static func takeOut(of database: URL, into file: URL) throws {
    let spool = try Spool(folder: file.deletingLastPathComponent())
    let new = try spool.create()
    defer { new.discard() }
    try new.close()
    try open(database) { db in
      try db.execute(sql: "ATTACH ? AS apart", arguments: [new.temporaryURL.path])
      defer { try? db.execute(sql: "DETACH apart") }
      try db.execute(sql: "PRAGMA apart.journal_mode = MEMORY")
      try db.execute(sql: "CREATE TABLE apart.messageKey AS SELECT \(columns) FROM main.messageKey")
    }
    try new.keep(as: file.lastPathComponent)
    try open(database) { db in
      try db.execute(sql: "DELETE FROM messageKey")
      // Words of messages whose keys are gone could be tried out with it. The index begins anew after a restore.
      if try db.tableExists("searchKey") { try db.execute(sql: "DELETE FROM searchKey") }
    }
  }

  /// Puts the keys into a restored database, instead of those that it has: each that belongs to something in it.
  static func putBack(_ file: URL, into database: URL) throws {
    guard FileInformation(path: file.path)?.isRegular == true else { throw BackupProblem.noKeys(file.path) }
    try open(database) { db in
      defer { try? db.execute(sql: "DETACH apart") }
      do {
        try db.execute(sql: "ATTACH ? AS apart", arguments: [file.path])
        try db.execute(sql: "DELETE FROM main.messageKey")
        try db.execute(
          sql: """
            INSERT INTO main.messageKey (\(columns))
            SELECT id, participant, message, reception, keyName, wrapped FROM (
              SELECT *, (SELECT id FROM main.message WHERE id = messageRow) AS message,
                (SELECT id FROM main.reception WHERE id = receptionRow) AS reception FROM apart.messageKey)
            WHERE message IS NOT NULL OR reception IS NOT NULL
            """)
      } catch let error as DatabaseError
        where [.SQLITE_NOTADB, .SQLITE_CORRUPT, .SQLITE_ERROR].contains(error.resultCode)
      {
        throw BackupProblem.noKeys(file.path)
      }
    }
  }

  /// What is deleted is overwritten, and no file beside the database holds what it was.
  private static func open(_ database: URL, _ body: (Database) throws -> Void) throws {
    let queue = try DatabaseQueue(path: database.path)
    try queue.writeWithoutTransaction { db in
      for setting in ["journal_mode = MEMORY", "secure_delete = ON", "synchronous = FULL"] {
        try db.execute(sql: "PRAGMA \(setting)")
      }
      try body(db)
    }
    try queue.close()
  }
}
