import Foundation
package import GRDB
package import SDKRelay
package import XMLSecurity

/// A key of the service's own, by its use: random, sealed with a storage key of the settings as the messages' keys are, and
/// made at its first use. With it is sealed what is no message's, or has to outlive its message.
package enum RoomKey {
  static let schema = """
    CREATE TABLE roomKey (
      use TEXT PRIMARY KEY,
      keyName TEXT NOT NULL,
      wrapped BLOB NOT NULL
    ) STRICT, WITHOUT ROWID;

    """

  /// The column of the key for a query (`KeyState`).
  static func column(_ use: String) -> String {
    "(SELECT unwrapKey(keyName, wrapped, use) FROM roomKey WHERE use = '\(use)')"
  }

  /// - Throws: ``ContentProblem/keyMissing(_:)`` where the settings lack the storage key it is sealed with.
  package static func open(_ use: String, in db: Database) throws -> SealKey {
    let row = try db.row(
      sql: "SELECT unwrapKey(keyName, wrapped, use) AS dataKey FROM roomKey WHERE use = ?", arguments: [use])
    guard let row else { return try begin(use, in: db) }
    let state = KeyState(row)
    guard let key = state.key else { throw state.problem ?? ContentProblem.destroyed }
    return key
  }

  private static func begin(_ use: String, in db: Database) throws -> SealKey {
    let key = SealKey.random()
    try db.change(
      sql: "INSERT INTO roomKey (use, keyName, wrapped) VALUES (?1, storageKeyName(), wrapKey(?2, ?1))",
      arguments: [use, Data(key.bytes)])
    return key
  }

  /// Seals each key with the current storage key, where it was with a former one that is still there.
  static func settle(in db: Database) throws {
    for use in try String.fetchAll(db, sql: "SELECT use FROM roomKey WHERE keyName <> storageKeyName()") {
      guard let key = try? open(use, in: db) else { continue }
      try db.change(
        sql: "UPDATE roomKey SET keyName = storageKeyName(), wrapped = wrapKey(?1, ?2) WHERE use = ?2",
        arguments: [Data(key.bytes), use])
    }
  }
}
