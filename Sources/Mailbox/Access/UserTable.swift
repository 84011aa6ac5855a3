import Foundation
import GRDB
import SDKRelay

enum UserTable {
  private static let columns = "id, name, participant, createdAt, endedAt"

  static func add(_ user: User, in db: Database) throws {
    try db.change(
      sql: "INSERT INTO user (\(columns)) VALUES (?, ?, ?, ?, ?)",
      arguments: [
        user.id.value, user.name, user.participant.comparable, user.created.milliseconds, user.ended?.milliseconds,
      ])
  }

  static func end(_ id: UserID, at now: Date, in db: Database) throws {
    try db.change(
      sql: "UPDATE user SET endedAt = ? WHERE id = ? AND endedAt IS NULL", arguments: [now.milliseconds, id.value])
  }

  static func fetch(_ id: UserID, in db: Database) throws -> User? {
    try db.row(sql: "SELECT \(columns) FROM user WHERE id = ?", arguments: [id.value]).map(User.init)
  }

  static func all(in db: Database) throws -> [User] {
    try Row.fetchAll(db, sql: "SELECT \(columns) FROM user ORDER BY participant, id").map(User.init)
  }
}

extension User {
  init(_ row: Row) throws {
    self.init(
      id: try UserID(row["id"]), name: row["name"], participant: try ParticipantID(row["participant"]),
      created: Date(milliseconds: row["createdAt"]),
      ended: (row["endedAt"] as Int64?).map(Date.init(milliseconds:)))
  }
}
