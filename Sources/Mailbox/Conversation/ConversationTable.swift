import GRDB
import SDKRelay

/// Conversations with their counts, kept in the transaction of each message.
///
/// The federation lets one conversation id be reused across recipients: a conversation is (id, counterparty, own
/// mailbox). Its messages for each ``Audience`` (`isProtected`) have a row of their own, so that no count and no order tells
/// of what one may not see. A row without messages is removed. `mailbox` is empty where a message names none: nobody sees it.
///
/// Indexes cost on the way of each message: two entries here, and one that moves to the end of `conversationByNewest`.
enum ConversationTable {
  static let schema = """
    CREATE TABLE conversation (
      id INTEGER PRIMARY KEY,
      participant TEXT NOT NULL,
      mailbox TEXT NOT NULL,
      counterparty TEXT NOT NULL,
      conversationId TEXT NOT NULL COLLATE NOCASE,
      isProtected INTEGER NOT NULL,
      newestRow INTEGER NOT NULL,
      messages INTEGER NOT NULL,
      unhandled INTEGER NOT NULL,
      UNIQUE (participant, mailbox, conversationId, counterparty, isProtected)
    ) STRICT;
    CREATE INDEX conversationByNewest ON conversation (participant, mailbox, newestRow);
    CREATE INDEX conversationUnhandled ON conversation (participant, mailbox, newestRow) WHERE unhandled > 0;

    ALTER TABLE messageRecord ADD COLUMN conversation INTEGER REFERENCES conversation (id);
    ALTER TABLE messageRecord ADD COLUMN isConfidential INTEGER NOT NULL DEFAULT 0;
    CREATE INDEX messageRecordByConversation ON messageRecord (conversation, messageRow);
    """

  /// Counts the message in its conversation.
  /// - Returns: the conversation's row.
  static func add(
    _ message: StoredMessage, for audience: Audience, isUnhandled: Bool, in db: Database
  ) throws -> Int64 {
    try db.change(
      sql: """
        INSERT INTO conversation (participant, mailbox, counterparty, conversationId, isProtected, newestRow, messages,
          unhandled)
        VALUES (?, ?, ?, ?, ?, ?, 1, ?)
        ON CONFLICT (participant, mailbox, conversationId, counterparty, isProtected) DO UPDATE SET
          newestRow = max(newestRow, excluded.newestRow), messages = messages + 1,
          unhandled = unhandled + excluded.unhandled
        """,
      arguments: [
        message.participant.comparable, message.ownMailbox?.value ?? "", message.counterparty.id.comparable,
        message.conversationID.value, audience, message.row, isUnhandled ? 1 : 0,
      ])
    let row = try db.row(
      sql: """
        SELECT id FROM conversation
        WHERE participant = ? AND mailbox = ? AND conversationId = ? AND counterparty = ? AND isProtected = ?
        """,
      arguments: [
        message.participant.comparable, message.ownMailbox?.value ?? "", message.conversationID.value,
        message.counterparty.id.comparable, audience,
      ])
    guard let row else { throw DatabaseError(message: "a conversation is not there") }
    return row["id"]
  }

  /// One more or one less of its messages waits to be handled.
  /// - Parameter failed: the change among failed deliveries, which are counted apart besides.
  static func count(unhandled change: Int, failed: Int = 0, ofMessage row: Int64, in db: Database) throws {
    try db.change(
      sql: """
        UPDATE conversation SET unhandled = unhandled + ?, failed = failed + ?
        WHERE id = (SELECT conversation FROM messageRecord WHERE messageRow = ?)
        """, arguments: [change, failed, row])
  }

  /// Counts the message where its new audience says, and no longer where the former one said.
  static func move(
    _ message: StoredMessage, to audience: Audience, isUnhandled: Bool, hasFailed: Bool = false, in db: Database
  ) throws {
    let former = try db.row(
      sql: "SELECT conversation FROM messageRecord WHERE messageRow = ?", arguments: [message.row])
    let next = try add(message, for: audience, isUnhandled: isUnhandled, in: db)
    try db.change(
      sql: "UPDATE messageRecord SET conversation = ?, isProtected = ? WHERE messageRow = ?",
      arguments: [next, audience, message.row])
    let failed = hasFailed && isUnhandled ? 1 : 0
    try count(unhandled: 0, failed: failed, ofMessage: message.row, in: db)
    guard let former = former?["conversation"] as Int64? else { return }
    try db.change(
      sql: """
        UPDATE conversation SET messages = messages - 1, unhandled = unhandled - ?, failed = failed - ?,
          newestRow = coalesce(
            (SELECT max(messageRow) FROM messageRecord WHERE messageRecord.conversation = conversation.id), 0)
        WHERE id = ?
        """, arguments: [isUnhandled ? 1 : 0, failed, former])
    try db.change(sql: "DELETE FROM conversation WHERE id = ? AND messages = 0", arguments: [former])
  }
}
