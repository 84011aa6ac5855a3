import Foundation
import GRDB
import SDKRelay
import XMLSecurity

/// The key that the words of the index are hashed with, and how far back the index goes.
///
/// It is random, sealed with a storage key as the messages' keys are, and sealed anew when the current one changes. Where it
/// can be opened no longer, or the settings lack a key that they had, the index begins anew with another: words of messages
/// that nobody can open are then out of it.
struct SearchKey {
  let key: SealKey
  /// The number of the oldest message in the index; older ones wait for ``SearchIndex/indexOlder(_:in:)``.
  let indexedFrom: Int64

  static let schema = """
    CREATE TABLE searchKey (
      id INTEGER PRIMARY KEY CHECK (id = 1),
      keyName TEXT NOT NULL,
      wrapped BLOB NOT NULL,
      storageKeys TEXT NOT NULL,
      indexedFrom INTEGER NOT NULL
    ) STRICT;
    """
  private static let owner = "search"

  /// Nil while there is none, or none that can be opened.
  static func open(in db: Database) throws -> SearchKey? {
    let row = try db.row(
      sql: "SELECT unwrapKey(keyName, wrapped, ?) AS dataKey, indexedFrom FROM searchKey", arguments: [owner])
    guard let row, let key = KeyState(row).key else { return nil }
    return SearchKey(key: key, indexedFrom: row["indexedFrom"])
  }

  /// The key; where there is none that can be opened, the index begins anew with this message.
  static func open(beginningWith row: Int64, in db: Database) throws -> SearchKey {
    if let key = try open(in: db) { return key }
    return try begin(from: row, in: db)
  }

  /// Empties the index and gives it another key.
  @discardableResult
  static func begin(from row: Int64, in db: Database) throws -> SearchKey {
    try db.change(sql: "INSERT INTO messageSearch (messageSearch) VALUES ('delete-all')")
    try db.change(sql: "DELETE FROM searchWord")
    let key = SealKey.random()
    try db.change(
      sql: """
        INSERT OR REPLACE INTO searchKey (id, keyName, wrapped, storageKeys, indexedFrom)
        VALUES (1, storageKeyName(), wrapKey(?, ?), storageKeyNames(), ?)
        """, arguments: [Data(key.bytes), owner, row])
    return SearchKey(key: key, indexedFrom: row)
  }

  /// Puts the key in order after the settings' keys may have changed.
  static func settle(in db: Database) throws {
    let next = (try Int64.fetchOne(db, sql: "SELECT max(id) FROM message") ?? 0) + 1
    guard let search = try open(in: db), try !isOutdated(in: db) else {
      try begin(from: next, in: db)
      return
    }
    try db.change(
      sql: """
        UPDATE searchKey SET keyName = storageKeyName(), wrapped = wrapKey(?, ?), storageKeys = storageKeyNames()
        WHERE keyName <> storageKeyName() OR storageKeys <> storageKeyNames()
        """, arguments: [Data(search.key.bytes), owner])
  }

  /// Whether messages in the index can be opened no longer, or others that are not in it can be again.
  private static func isOutdated(in db: Database) throws -> Bool {
    try Bool.fetchOne(
      db,
      sql: """
        WITH former (name) AS (SELECT value FROM searchKey, json_each(storageKeys)),
          present (name) AS (SELECT value FROM json_each(storageKeyNames()))
        SELECT EXISTS (SELECT 1 FROM former WHERE name NOT IN present)
          OR (EXISTS (SELECT 1 FROM present WHERE name NOT IN former)
            AND EXISTS (SELECT 1 FROM messageKey
              WHERE keyName IN (SELECT name FROM present WHERE name NOT IN former)))
        """) ?? false
  }

  static func reach(_ row: Int64, in db: Database) throws {
    try db.change(sql: "UPDATE searchKey SET indexedFrom = ?", arguments: [row])
  }
}
