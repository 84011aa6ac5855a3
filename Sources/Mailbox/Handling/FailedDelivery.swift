public import Foundation
import GRDB
public import SDKRelay

/// A message of ours that was not delivered, or was refused: it waits for somebody of the mailbox until it is marked done,
/// as a received message does.
public struct FailedDelivery: Hashable, Sendable, Codable {
  /// When it counted as failed.
  public let time: Date
  /// MESSAGE_EXCHANGE_ERROR or REJECTED; it stays.
  public let status: MessageStatus
  /// What a message receipt said that came after that; nil while none has. It opens the matter again.
  public let late: LateReceipt?
  /// Whether somebody has marked it done, and no receipt has come since.
  public let isDone: Bool

  /// A message receipt that came too late to change the status.
  public struct LateReceipt: Hashable, Sendable, Codable {
    public let time: Date
    /// Whether the recipient's message service has the message all the same.
    public let isAccepted: Bool
  }
}

/// One row for each failed delivery. Whether it waits is told by `messageHandling.doneAt`, and counted in `conversation`.
enum FailedDeliveryTable {
  static let schema = """
    CREATE TABLE failedDelivery (
      messageRow INTEGER PRIMARY KEY REFERENCES message (id),
      at INTEGER NOT NULL,
      status TEXT NOT NULL,
      lateAt INTEGER,
      lateIsAccepted INTEGER,
      CHECK ((lateAt IS NULL) = (lateIsAccepted IS NULL))
    ) STRICT;
    ALTER TABLE conversation ADD COLUMN failed INTEGER NOT NULL DEFAULT 0;
    CREATE INDEX conversationFailed ON conversation (participant, mailbox, newestRow) WHERE failed > 0;
    """

  /// Stores what the relay tells.
  static func keep(_ news: DeliveryNews, of message: StoredMessage, at now: Date, in db: Database) throws {
    switch news {
    case .accepted: break
    case .failed:
      try db.change(
        sql: "INSERT OR IGNORE INTO failedDelivery (messageRow, at, status) VALUES (?, ?, ?)",
        arguments: [message.row, now.milliseconds, message.status.rawValue])
      if db.changesCount == 1 { try ConversationTable.count(unhandled: 1, failed: 1, ofMessage: message.row, in: db) }
    case .lateReceipt(let isAccepted):
      try db.change(
        sql: "UPDATE failedDelivery SET lateAt = ?, lateIsAccepted = ? WHERE messageRow = ? AND lateAt IS NULL",
        arguments: [now.milliseconds, isAccepted, message.row])
      if db.changesCount == 1 { try reopen(message, in: db) }
    }
  }

  /// Whoever marked it done did so without knowing of the receipt.
  private static func reopen(_ message: StoredMessage, in db: Database) throws {
    try db.change(
      sql: """
        UPDATE messageHandling SET doneAt = NULL, version = version + 1 WHERE messageRow = ? AND doneAt IS NOT NULL
        """, arguments: [message.row])
    if db.changesCount == 1 { try ConversationTable.count(unhandled: 1, failed: 1, ofMessage: message.row, in: db) }
  }

  static func fetch(_ message: StoredMessage, in db: Database) throws -> FailedDelivery? {
    guard
      let row = try db.row(
        sql: """
          SELECT at, status, lateAt, lateIsAccepted, doneAt IS NOT NULL AS isDone
          FROM failedDelivery LEFT JOIN messageHandling USING (messageRow) WHERE messageRow = ?
          """,
        arguments: [message.row]),
      let status = MessageStatus(rawValue: row["status"])
    else { return nil }
    return FailedDelivery(
      time: Date(milliseconds: row["at"]), status: status,
      late: (row["lateAt"] as Int64?).map {
        FailedDelivery.LateReceipt(time: Date(milliseconds: $0), isAccepted: row["lateIsAccepted"])
      }, isDone: row["isDone"])
  }
}

extension MailboxService {
  /// How many failed deliveries nobody has marked done, in each mailbox where the principal may list messages.
  public func failedDeliveries(for principal: Principal, at now: Date = .now) throws -> [MailboxID: Int] {
    try counts("failed", for: principal, at: now)
  }

  /// What became of a message that failed; nil where it has not failed, or the principal may not list it.
  public func failedDelivery(
    of message: StoredMessage, for principal: Principal, at now: Date = .now
  ) throws -> FailedDelivery? {
    try relay.read { db in
      guard let found = try? Self.message(message.id, direction: .outgoing, .list, for: principal, at: now, in: db),
        found.row == message.row
      else { return nil }
      return try FailedDeliveryTable.fetch(found, in: db)
    }
  }
}
