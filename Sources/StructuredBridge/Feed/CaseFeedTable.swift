import Foundation
import GRDB
import Mailbox
import SDKRelay

/// What case systems are told, in order: written in the transactions in which it happens, never changed. What comes to be for
/// others moves to the end.
///
/// `origin` says what a row tells of, so that nothing is told twice.
enum CaseFeedTable {
  static let schema = """
    CREATE TABLE caseFeed (
      id INTEGER PRIMARY KEY,
      newsId TEXT NOT NULL UNIQUE,
      participant TEXT NOT NULL,
      caseRow INTEGER NOT NULL REFERENCES caseRecord (id),
      messageRow INTEGER NOT NULL REFERENCES message (id),
      kind TEXT NOT NULL,
      detail TEXT,
      origin TEXT NOT NULL UNIQUE,
      at INTEGER NOT NULL
    ) STRICT;
    CREATE INDEX caseFeedByMessage ON caseFeed (messageRow, id);
    CREATE TRIGGER caseFeedKept BEFORE UPDATE ON caseFeed BEGIN SELECT raise(ABORT, 'news is kept'); END;

    """

  /// The message belongs to the case now.
  /// - Parameters:
  ///   - link: what ties them, by an id of its own: undone and tied anew it is another one.
  ///   - step: what the link rests on, as a code.
  static func link(
    _ message: StoredMessage, to row: Int64, _ link: Int64, step: String, at now: Date, in db: Database
  ) throws {
    let isIncoming = message.direction == .incoming
    func tell(_ kind: CaseNews.Kind, _ detail: String? = nil) throws {
      try insert(kind, detail, message, row, "link \(link) \(kind.rawValue)", at: now, in: db)
    }
    try tell(isIncoming ? .received : .sent)
    if try answers(message, row, in: db) { try tell(.answered) }
    if !message.content.files.isEmpty { try tell(.attachmentAvailable) }
    try tell(.linked, step)
    if !isIncoming, message.status.isFinal { try tell(.receipt, message.status.rawValue) }
  }

  /// - Parameter link: the id that it was tied with.
  static func unlink(
    _ message: StoredMessage, from row: Int64, _ link: Int64, at now: Date, in db: Database
  ) throws {
    try insert(.unlinked, nil, message, row, "link \(link) unlinked", at: now, in: db)
  }

  /// What became of a message that was sent, for the cases it belongs to.
  static func tell(_ news: DeliveryNews, of message: StoredMessage, at now: Date, in db: Database) throws {
    for row in try cases(of: message.row, in: db) {
      let detail = try word(news, message, in: db)
      try insert(.receipt, detail, message, row, "receipt \(message.row) \(row) \(detail)", at: now, in: db)
    }
  }

  /// Whom the message is for has changed: its news comes again at the end of the list, each piece under its own id, for those who
  /// may see it now and have passed it. Numbers only rise: a piece that was the last one gets a new number too.
  static func tellAgain(of message: StoredMessage, in db: Database) throws {
    let rows = try Row.fetchAll(
      db.cachedStatement(sql: "SELECT * FROM caseFeed WHERE messageRow = ? ORDER BY id"), arguments: [message.row])
    guard !rows.isEmpty, var next = try Int64.fetchOne(db.cachedStatement(sql: "SELECT max(id) FROM caseFeed")) else {
      return
    }
    try db.change(sql: "DELETE FROM caseFeed WHERE messageRow = ?", arguments: [message.row])
    for row in rows {
      next += 1
      try db.change(
        sql: """
          INSERT INTO caseFeed (id, newsId, participant, caseRow, messageRow, kind, detail, origin, at)
          VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)
          """,
        arguments: [
          next, row["newsId"], row["participant"], row["caseRow"], row["messageRow"], row["kind"], row["detail"],
          row["origin"], row["at"],
        ])
    }
  }

  private static func word(_ news: DeliveryNews, _ message: StoredMessage, in db: Database) throws -> String {
    switch news {
    case .accepted: return MessageStatus.accepted.rawValue
    case .failed:
      let found = try db.row(sql: "SELECT status FROM message WHERE id = ?", arguments: [message.row])
      return found?["status"] ?? MessageStatus.messageExchangeError.rawValue
    case .lateReceipt(let isAccepted): return isAccepted ? "LATE_ACCEPTED" : "LATE_REJECTED"
    }
  }

  /// The cases that the message belongs to by what has been told.
  private static func cases(of message: Int64, in db: Database) throws -> [Int64] {
    try Int64.fetchAll(
      db.cachedStatement(
        sql: """
          SELECT caseRow FROM caseFeed WHERE id IN (
            SELECT max(id) FROM caseFeed WHERE messageRow = ? AND kind IN ('linked', 'unlinked') GROUP BY caseRow)
          AND kind = 'linked' ORDER BY caseRow
          """), arguments: [message])
  }

  /// Whether what it answers belongs to the same case and went the other way.
  private static func answers(_ message: StoredMessage, _ row: Int64, in db: Database) throws -> Bool {
    guard let reference = message.refToMessageID else { return false }
    let answered = try Int64.fetchAll(
      db.cachedStatement(
        sql: """
          SELECT id FROM message WHERE messageId = ? COLLATE NOCASE AND participant = ? AND direction <> ?
          """), arguments: [reference.value, message.participant.comparable, message.direction.rawValue])
    return try answered.contains { try cases(of: $0, in: db).contains(row) }
  }

  private static func insert(
    _ kind: CaseNews.Kind, _ detail: String?, _ message: StoredMessage, _ row: Int64, _ origin: String, at now: Date,
    in db: Database
  ) throws {
    try db.change(
      sql: """
        INSERT OR IGNORE INTO caseFeed (newsId, participant, caseRow, messageRow, kind, detail, origin, at)
        VALUES (?, ?, ?, ?, ?, ?, ?, ?)
        """,
      arguments: [
        MessageID.new().value, message.participant.comparable, row, message.row, kind.rawValue, detail, origin,
        now.milliseconds,
      ])
  }
}
