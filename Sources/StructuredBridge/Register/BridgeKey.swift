import GRDB
import Mailbox
import SDKRelay
import XMLSecurity

/// The key that identity numbers and what is shown of events are sealed with (`RoomKey`). Each organisation's things are sealed
/// and indexed differently with it.
struct BridgeKey {
  private let key: SealKey

  /// - Throws: `ContentProblem` where the settings lack the storage key it is sealed with.
  static func open(in db: Database) throws -> BridgeKey { BridgeKey(key: try RoomKey.open("bridge", in: db)) }

  /// What the bytes, which may hold numbers, are known again by: without the key nobody can try what they were.
  func digest(of bytes: [UInt8]) -> [UInt8] {
    hmacSHA256(key: key.derived(Array("sdk-relay fact digest 1".utf8)).bytes, bytes)
  }

  func vault(of tenant: ParticipantID) -> IdentityVault { IdentityVault(key: key.bytes, tenant: tenant.comparable) }

  /// Seals what else is kept of the organisation's cases.
  func seal(of tenant: ParticipantID) -> SealKey {
    key.derived(Array("sdk-relay case seal 1\n\(tenant.comparable)".utf8))
  }
}
