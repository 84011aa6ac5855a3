import Foundation
import GRDB
import SDKRelay

/// Reasons that users have given for opening what is about a protected person (``ProtectedOpening``). The audit trail is what
/// tells of them; here they are for as long as they open. One counts for the conversation's row, which is for one
/// ``Audience``: once the messages are for others, it opens nothing.
enum OpeningTable {
  static let schema = """
    CREATE TABLE protectedOpening (
      conversation INTEGER NOT NULL REFERENCES conversation (id) ON DELETE CASCADE,
      user TEXT NOT NULL REFERENCES user (id),
      reason TEXT NOT NULL,
      isGlassBroken INTEGER NOT NULL,
      endsAt INTEGER NOT NULL,
      PRIMARY KEY (conversation, user)
    ) STRICT, WITHOUT ROWID;

    """

  static func keep(
    _ opening: ProtectedOpening, of message: StoredMessage, by user: UserID, at now: Date, in db: Database
  ) throws {
    try db.change(sql: "DELETE FROM protectedOpening WHERE endsAt <= ?", arguments: [now.milliseconds])
    try db.change(
      sql: """
        INSERT OR REPLACE INTO protectedOpening (conversation, user, reason, isGlassBroken, endsAt)
        SELECT conversation, ?, ?, ?, ? FROM messageRecord WHERE messageRow = ?
        """,
      arguments: [user.value, opening.reason, opening.isGlassBroken, opening.end.milliseconds, message.row])
  }

  /// The user's opening that counts for the message now.
  static func fetch(
    _ message: StoredMessage, by user: UserID, at now: Date, in db: Database
  ) throws -> ProtectedOpening? {
    try db.row(
      sql: """
        SELECT reason, isGlassBroken, endsAt FROM protectedOpening
        WHERE conversation = (SELECT conversation FROM messageRecord WHERE messageRow = ?) AND user = ? AND endsAt > ?
        """, arguments: [message.row, user.value, now.milliseconds]
    ).map {
      ProtectedOpening(
        reason: $0["reason"], isGlassBroken: $0["isGlassBroken"], end: Date(milliseconds: $0["endsAt"]))
    }
  }
}

extension AccessFilter {
  /// What a user may read by breaking the glass: of the tables `message` and `messageRecord`. Nil for other principals.
  init?(brokenBy principal: Principal, _ permission: Permission, at now: Date) {
    guard case .user(let user) = principal, permission == .read else { return nil }
    let role = AccessFilter(
      principal, .read, at: now, participant: "message.participant", mailbox: "message.mailbox", isProtected: "0")
    self.init(
      sql: """
        (EXISTS (SELECT 1 FROM protectedOpening AS opening
            WHERE opening.conversation = messageRecord.conversation AND opening.user = ? AND opening.isGlassBroken
              AND opening.endsAt > ?)
          AND \(role.sql))
        """, arguments: [user.value, now.milliseconds] + role.arguments)
  }
}
