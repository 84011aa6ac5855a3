import GRDB

/// How many messages there are, by direction and status: kept with each change, so that nobody has to count a million
/// rows to know. Triggers keep it, whoever writes the message.
///
/// `messageLate` finds the few that wait for a message receipt longer than an operator was told of. `probe` is one row
/// that is written to find out whether the database takes anything.
enum MessageCountTable {
  static let schema = """
    CREATE TABLE messageCount (
      direction TEXT NOT NULL,
      status TEXT NOT NULL,
      messages INTEGER NOT NULL,
      PRIMARY KEY (direction, status)
    ) STRICT, WITHOUT ROWID;
    INSERT INTO messageCount SELECT direction, status, count(*) FROM message GROUP BY direction, status;
    CREATE TRIGGER messageCountAdded AFTER INSERT ON message BEGIN
      INSERT INTO messageCount VALUES (new.direction, new.status, 1)
      ON CONFLICT (direction, status) DO UPDATE SET messages = messages + 1;
    END;
    CREATE TRIGGER messageCountRemoved AFTER DELETE ON message BEGIN
      UPDATE messageCount SET messages = messages - 1 WHERE direction = old.direction AND status = old.status;
    END;
    CREATE TRIGGER messageCountMoved AFTER UPDATE OF status ON message WHEN old.status IS NOT new.status BEGIN
      UPDATE messageCount SET messages = messages - 1 WHERE direction = old.direction AND status = old.status;
      INSERT INTO messageCount VALUES (new.direction, new.status, 1)
      ON CONFLICT (direction, status) DO UPDATE SET messages = messages + 1;
    END;
    CREATE INDEX messageLate ON message (id) WHERE hasAlarmed = 1 AND status = 'WAITING_FOR_RECEIPT';

    CREATE TABLE probe (id INTEGER PRIMARY KEY CHECK (id = 1), at INTEGER NOT NULL) STRICT;
    """

  static func all(in db: Database) throws -> [MessageCount] {
    try Row.fetchAll(db, sql: "SELECT direction, status, messages FROM messageCount ORDER BY direction, status")
      .compactMap { row in
        guard let direction = MessageDirection(rawValue: row["direction"]),
          let status = MessageStatus(rawValue: row["status"])
        else { return nil }
        return MessageCount(direction: direction, status: status, messages: row["messages"])
      }
  }

  static func late(in db: Database) throws -> Int {
    try Int.fetchOne(
      db, sql: "SELECT count(*) FROM message WHERE hasAlarmed = 1 AND status = 'WAITING_FOR_RECEIPT'") ?? 0
  }
}
