public import Foundation
public import GRDB
import SDKRelay
import XMLSecurity

/// What people are told of a mailbox. Nothing else: no sender, no number, no message.
public enum NotificationReason: String, Hashable, Sendable, CaseIterable {
  case newMessage
  case deliveryFailed
  /// A message had been tied to the wrong case.
  case linkUndone
  /// Somebody whom it was not for has opened a message about a protected person.
  case glassBroken
}

extension MailboxService {
  /// Has those told who are to be told of the mailbox, in the transaction of what happened: both are there or neither.
  /// It is sent once the node runs, at most once an interval to each address.
  public static func notify(
    _ mailbox: MailboxID, _ reason: NotificationReason, at now: Date = .now, in db: Database
  ) throws {
    guard let settings = try MailboxSettingsTable.stored(mailbox, in: db)?.settings else { return }
    try NotificationTable.note(reason, in: mailbox, settings, at: now, in: db)
  }
}

/// A notification that waits to be sent.
struct PendingNotification: Hashable, Sendable {
  let mailbox: MailboxID
  /// As the mailbox's settings have it.
  let address: String
  /// The same at every attempt, so that a receiver recognises what it has had.
  let id: String
  let since: Date
  let reasons: Set<NotificationReason>
  /// How often something to tell has come, up to now: what comes while this is being sent is told of later.
  let count: Int
  let attempts: Int
  let last: Date?
}

/// One row for each address of a mailbox that has been told, or is to be. `since` is null while nothing waits;
/// `nextAt` is when to try, save for the interval since `lastAt`, the last one sent.
enum NotificationTable {
  static let schema = """
    CREATE TABLE notification (
      participant TEXT NOT NULL,
      mailbox TEXT NOT NULL,
      address TEXT NOT NULL,
      id TEXT NOT NULL,
      since INTEGER,
      newMessage INTEGER NOT NULL,
      deliveryFailed INTEGER NOT NULL,
      count INTEGER NOT NULL,
      attempts INTEGER NOT NULL,
      nextAt INTEGER NOT NULL,
      lastAt INTEGER,
      PRIMARY KEY (participant, mailbox, address)
    ) STRICT, WITHOUT ROWID;
    CREATE INDEX notificationWaiting ON notification (nextAt) WHERE since IS NOT NULL;
    """

  static let glassBroken = "ALTER TABLE notification ADD COLUMN glassBroken INTEGER NOT NULL DEFAULT 0;"
  static let linkUndone = "ALTER TABLE notification ADD COLUMN linkUndone INTEGER NOT NULL DEFAULT 0;"

  static func note(
    _ reason: NotificationReason, in mailbox: MailboxID, _ settings: MailboxSettings, at now: Date, in db: Database
  ) throws {
    for address in settings.notifications {
      try db.change(
        sql: """
          INSERT INTO notification (participant, mailbox, address, id, since, newMessage, deliveryFailed, linkUndone,
            glassBroken, count, attempts, nextAt)
          VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, 1, 0, ?5)
          ON CONFLICT (participant, mailbox, address) DO UPDATE SET
            id = iif(since IS NULL, excluded.id, id), nextAt = iif(since IS NULL, excluded.nextAt, nextAt),
            newMessage = iif(since IS NULL, 0, newMessage) | excluded.newMessage,
            deliveryFailed = iif(since IS NULL, 0, deliveryFailed) | excluded.deliveryFailed,
            linkUndone = iif(since IS NULL, 0, linkUndone) | excluded.linkUndone,
            glassBroken = iif(since IS NULL, 0, glassBroken) | excluded.glassBroken,
            since = coalesce(since, excluded.since), count = count + 1
          """,
        arguments: [
          mailbox.participant.comparable, mailbox.address.value, address, randomUUID().uuidString.lowercased(),
          now.milliseconds, reason == .newMessage, reason == .deliveryFailed,
          reason == .linkUndone, reason == .glassBroken,
        ])
    }
  }

  /// What may be tried now but for the interval, those that have failed least first.
  static func due(at now: Date, in db: Database) throws -> [PendingNotification] {
    try Row.fetchAll(
      db.cachedStatement(
        sql: """
          SELECT participant, mailbox, address, id, since, newMessage, deliveryFailed, linkUndone, glassBroken, count,
            attempts, lastAt
          FROM notification WHERE since IS NOT NULL AND nextAt <= ? ORDER BY attempts, nextAt
          """), arguments: [now.milliseconds]
    ).map(PendingNotification.init)
  }

  /// It has been sent: what has come meanwhile waits for the next.
  static func sent(_ pending: PendingNotification, at now: Date, in db: Database) throws {
    try db.change(
      sql: """
        UPDATE notification SET since = iif(count = ?, NULL, ?), id = ?, attempts = 0, nextAt = ?, lastAt = ?
        WHERE \(key) AND id = ?
        """,
      arguments: [
        pending.count, now.milliseconds, randomUUID().uuidString.lowercased(), now.milliseconds, now.milliseconds,
      ] + arguments(pending))
  }

  static func failed(_ pending: PendingNotification, nextAt: Date, in db: Database) throws {
    try db.change(
      sql: "UPDATE notification SET attempts = attempts + 1, nextAt = ? WHERE \(key) AND id = ?",
      arguments: [nextAt.milliseconds] + arguments(pending))
  }

  /// It is not sent any more; the next thing to tell begins anew.
  static func drop(_ pending: PendingNotification, in db: Database) throws {
    try db.change(
      sql: "UPDATE notification SET since = NULL, attempts = 0 WHERE \(key) AND id = ?", arguments: arguments(pending))
  }

  private static let key = "participant = ? AND mailbox = ? AND address = ?"

  private static func arguments(_ pending: PendingNotification) -> StatementArguments {
    [pending.mailbox.participant.comparable, pending.mailbox.address.value, pending.address, pending.id]
  }
}

extension PendingNotification {
  init(_ row: Row) throws {
    let reasons = NotificationReason.allCases.filter { row[$0.rawValue] as Bool }
    self.init(
      mailbox: MailboxID(try ParticipantID(row["participant"]), try FunctionalAddress(row["mailbox"])),
      address: row["address"], id: row["id"], since: Date(milliseconds: row["since"]), reasons: Set(reasons),
      count: row["count"], attempts: row["attempts"], last: (row["lastAt"] as Int64?).map(Date.init(milliseconds:)))
  }
}
