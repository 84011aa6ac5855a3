import Foundation
import GRDB
import SDKRelay

enum ClientTable {
  private static let columns = "id, name, participant, scopes, jwks, secretSha256, createdAt, revokedAt"

  static func add(_ client: Client, in db: Database) throws {
    try db.change(
      sql: "INSERT INTO client (\(columns)) VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
      arguments: [
        client.id.value, client.name, client.participant.comparable,
        client.scopes.map(\.rawValue).sorted().joined(separator: " "), client.credential.jwks,
        client.credential.secretSHA256, client.created.milliseconds, client.revoked?.milliseconds,
      ])
  }

  static func revoke(_ id: ClientID, at now: Date, in db: Database) throws {
    try db.change(
      sql: "UPDATE client SET revokedAt = ? WHERE id = ? AND revokedAt IS NULL",
      arguments: [now.milliseconds, id.value])
  }

  static func fetch(_ id: ClientID, in db: Database) throws -> Client? {
    try db.row(sql: "SELECT \(columns) FROM client WHERE id = ?", arguments: [id.value]).map(Client.init)
  }

  static func all(in db: Database) throws -> [Client] {
    try Row.fetchAll(db, sql: "SELECT \(columns) FROM client ORDER BY participant, id").map(Client.init)
  }
}

extension ClientCredential {
  fileprivate var jwks: String? { if case .keys(let jwks) = self { jwks } else { nil } }
  fileprivate var secretSHA256: Data? { if case .secret(let sha256) = self { Data(sha256) } else { nil } }
}

extension Client {
  init(_ row: Row) throws {
    let credential: ClientCredential? =
      if let jwks = row["jwks"] as String? {
        .keys(jwks: jwks)
      } else {
        (row["secretSha256"] as Data?).map { .secret(sha256: [UInt8]($0)) }
      }
    guard let credential else { throw DatabaseError(message: "a client's row holds no credential") }
    let scopes = (row["scopes"] as String).split(separator: " ").compactMap { ClientScope(rawValue: String($0)) }
    self.init(
      id: try ClientID(row["id"]), name: row["name"], participant: try ParticipantID(row["participant"]),
      scopes: Set(scopes), credential: credential, created: Date(milliseconds: row["createdAt"]),
      revoked: (row["revokedAt"] as Int64?).map(Date.init(milliseconds:)))
  }
}
