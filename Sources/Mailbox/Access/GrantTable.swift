import Foundation
import GRDB
import SDKRelay

/// A grant about to be given.
struct NewGrant: Sendable {
  var holder: Grant.Holder
  var kind: Grant.Kind
  var participant: ParticipantID
  var mailbox: FunctionalAddress?
  var start: Date
  var end: Date?
}

enum GrantTable {
  private static let columns = "id, user, client, kind, participant, mailbox, startsAt, endsAt"

  @discardableResult
  static func add(_ grant: NewGrant, in db: Database) throws -> Grant {
    try db.change(
      sql: """
        INSERT INTO accessGrant (user, client, kind, participant, mailbox, startsAt, endsAt) VALUES (?, ?, ?, ?, ?, ?, ?)
        """,
      arguments: [
        grant.holder.user?.value, grant.holder.client?.value, grant.kind.rawValue, grant.participant.comparable,
        grant.mailbox?.value, grant.start.milliseconds, grant.end?.milliseconds,
      ])
    return Grant(
      number: db.lastInsertedRowID, holder: grant.holder, kind: grant.kind, participant: grant.participant,
      mailbox: grant.mailbox, start: grant.start, end: grant.end)
  }

  /// Ends the grant now, unless it has ended. One that has not begun never does.
  static func end(_ number: Int64, at now: Date, in db: Database) throws {
    try db.change(
      sql: "UPDATE accessGrant SET endsAt = ? WHERE id = ? AND (endsAt IS NULL OR endsAt > ?)",
      arguments: [now.milliseconds, number, now.milliseconds])
  }

  static func fetch(_ number: Int64, in db: Database) throws -> Grant? {
    try db.row(sql: "SELECT \(columns) FROM accessGrant WHERE id = ?", arguments: [number]).map(Grant.init)
  }

  /// All grants, those that have ended too.
  static func all(in db: Database) throws -> [Grant] {
    try Row.fetchAll(db, sql: "SELECT \(columns) FROM accessGrant ORDER BY id").map(Grant.init)
  }

  static func all(of holder: Grant.Holder, in db: Database) throws -> [Grant] {
    let column = holder.user == nil ? "client" : "user"
    return try Row.fetchAll(
      db, sql: "SELECT \(columns) FROM accessGrant WHERE \(column) = ? ORDER BY id",
      arguments: [holder.user?.value ?? holder.client?.value]
    ).map(Grant.init)
  }
}

extension Grant.Holder {
  var user: UserID? { if case .user(let id) = self { id } else { nil } }
  var client: ClientID? { if case .client(let id) = self { id } else { nil } }

  /// As the audit trail names it.
  package var text: String {
    switch self {
    case .user(let id): "user \(id.value)"
    case .client(let id): "client \(id.value)"
    }
  }
}

extension Grant {
  init(_ row: Row) throws {
    let user = try (row["user"] as String?).map { try UserID($0) }
    let client = try (row["client"] as String?).map { try ClientID($0) }
    guard let kind = Kind(rawValue: row["kind"]), let holder = user.map(Holder.user) ?? client.map(Holder.client)
    else { throw DatabaseError(message: "a grant's row holds a word this version does not know") }
    self.init(
      number: row["id"], holder: holder, kind: kind, participant: try ParticipantID(row["participant"]),
      mailbox: try (row["mailbox"] as String?).map { try FunctionalAddress($0) },
      start: Date(milliseconds: row["startsAt"]), end: (row["endsAt"] as Int64?).map(Date.init(milliseconds:)))
  }
}
