import Foundation
import GRDB
import Mailbox
import SDKRelay

/// The keys under which batches of facts were posted, with what became of them: the same batch again is answered as before.
enum FactKeyTable {
  /// Columns: `teller` who posted it, so that nobody meets another's keys; `digest` keyed, of the body, which holds numbers;
  /// `outcome` JSON of codes.
  static let schema = """
    CREATE TABLE factKey (
      teller TEXT NOT NULL,
      key TEXT NOT NULL,
      digest BLOB NOT NULL,
      outcome BLOB NOT NULL,
      takenAt INTEGER NOT NULL,
      PRIMARY KEY (teller, key)
    ) STRICT, WITHOUT ROWID;
    CREATE INDEX factKeyByTime ON factKey (takenAt);

    """

  /// How long a key is known, in seconds: thirty days.
  static let lifetime: TimeInterval = 30 * 86_400

  static func fetch(_ key: FactKey, of teller: String, in db: Database) throws -> (digest: [UInt8], outcome: Data)? {
    let row = try db.row(
      sql: "SELECT digest, outcome FROM factKey WHERE teller = ? AND key = ?", arguments: [teller, key.value])
    return row.map { ([UInt8]($0["digest"] as Data), $0["outcome"]) }
  }

  static func keep(
    _ key: FactKey, of teller: String, digest: [UInt8], outcome: Data, at now: Date, in db: Database
  ) throws {
    try db.change(
      sql: "DELETE FROM factKey WHERE takenAt < ?", arguments: [(now - lifetime).milliseconds])
    try db.change(
      sql: "INSERT INTO factKey (teller, key, digest, outcome, takenAt) VALUES (?, ?, ?, ?, ?)",
      arguments: [teller, key.value, Data(digest), outcome, now.milliseconds])
  }
}

/// What whoever posts facts calls a batch: 1 to 128 visible characters of ASCII.
public struct FactKey: Hashable, Sendable {
  public let value: String

  public init?(_ value: String) {
    guard (1...128).contains(value.utf8.count), value.utf8.allSatisfy({ (0x21...0x7E).contains($0) }),
      !IdentityNumbers.areCertainlyIn(value)
    else { return nil }
    self.value = value
  }
}
