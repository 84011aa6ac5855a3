import Foundation
import GRDB
import SDKRelay
import XMLSecurity

/// The key that identity numbers and what is shown of events are sealed with: random, and itself sealed with a storage key
/// of the settings, as the messages' keys are.
///
/// Each organisation's things are sealed and indexed differently with it.
struct BridgeKey {
  private let key: SealKey

  static let schema = """
    CREATE TABLE bridgeKey (
      id INTEGER PRIMARY KEY CHECK (id = 1),
      keyName TEXT NOT NULL,
      wrapped BLOB NOT NULL
    ) STRICT;

    """
  private static let owner = "bridge"

  /// The key, which the first use makes.
  /// - Throws: ``ContentProblem/keyMissing(_:)`` where the settings lack the storage key it is sealed with.
  static func open(in db: Database) throws -> BridgeKey {
    let row = try db.row(sql: "SELECT unwrapKey(keyName, wrapped, ?) AS dataKey FROM bridgeKey", arguments: [owner])
    guard let row else { return try begin(in: db) }
    let state = KeyState(row)
    guard let key = state.key else { throw state.problem ?? ContentProblem.destroyed }
    return BridgeKey(key: key)
  }

  private static func begin(in db: Database) throws -> BridgeKey {
    let key = SealKey.random()
    try db.change(
      sql: "INSERT INTO bridgeKey (id, keyName, wrapped) VALUES (1, storageKeyName(), wrapKey(?, ?))",
      arguments: [Data(key.bytes), owner])
    return BridgeKey(key: key)
  }

  /// Seals the key with the current storage key, where it was with a former one.
  static func settle(in db: Database) throws {
    let key = try open(in: db).key
    try db.change(
      sql: """
        UPDATE bridgeKey SET keyName = storageKeyName(), wrapped = wrapKey(?, ?) WHERE keyName <> storageKeyName()
        """, arguments: [Data(key.bytes), owner])
  }

  func vault(of tenant: ParticipantID) -> IdentityVault { IdentityVault(key: key.bytes, tenant: tenant.comparable) }

  /// Seals what else is kept of the organisation's cases.
  func seal(of tenant: ParticipantID) -> SealKey {
    key.derived(Array("sdk-relay case seal 1\n\(tenant.comparable)".utf8))
  }
}
