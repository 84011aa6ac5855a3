import Foundation
import GRDB
import SDKRelay

/// How messages are handled inside the organisation; nothing of it is ever sent.
///
/// - `messageHandling`: who works at a message and whether it is done, from the first step on. `version` rises with each
///   step: whoever changes says which one was seen.
/// - `messageTag`: the message's tags now.
/// - `messageSeen`: when each user first had the message before them.
/// - `messageNote`: internal notes; never changed. `sealed` is the text, sealed with the message's key (HandlingNotes.swift).
/// - `handlingStep`: every step in order; never changed.
enum HandlingTable {
  static let schema = """
    CREATE TABLE messageHandling (
      messageRow INTEGER PRIMARY KEY REFERENCES message (id),
      version INTEGER NOT NULL,
      handler TEXT REFERENCES user (id),
      doneAt INTEGER
    ) STRICT;
    CREATE INDEX messageHandlingByHandler ON messageHandling (handler, messageRow) WHERE handler IS NOT NULL;

    CREATE TABLE messageTag (
      messageRow INTEGER NOT NULL REFERENCES message (id),
      tag TEXT NOT NULL COLLATE NOCASE,
      PRIMARY KEY (messageRow, tag)
    ) STRICT, WITHOUT ROWID;
    CREATE INDEX messageTagByTag ON messageTag (tag, messageRow);

    CREATE TABLE messageSeen (
      messageRow INTEGER NOT NULL REFERENCES message (id),
      user TEXT NOT NULL REFERENCES user (id),
      at INTEGER NOT NULL,
      PRIMARY KEY (messageRow, user)
    ) STRICT, WITHOUT ROWID;

    CREATE TABLE messageNote (
      id INTEGER PRIMARY KEY,
      messageRow INTEGER NOT NULL REFERENCES message (id),
      user TEXT NOT NULL REFERENCES user (id),
      at INTEGER NOT NULL,
      text TEXT NOT NULL
    ) STRICT;
    CREATE INDEX messageNoteByMessage ON messageNote (messageRow, id);

    CREATE TABLE handlingStep (
      id INTEGER PRIMARY KEY,
      messageRow INTEGER NOT NULL REFERENCES message (id),
      version INTEGER NOT NULL,
      at INTEGER NOT NULL,
      user TEXT NOT NULL REFERENCES user (id),
      step TEXT NOT NULL,
      object TEXT,
      UNIQUE (messageRow, version)
    ) STRICT;
    """

  static let sealedNotes = """
    ALTER TABLE messageNote ADD COLUMN sealed BLOB;
    CREATE INDEX messageNoteInPlain ON messageNote (id) WHERE sealed IS NULL;

    """

  static func state(of message: StoredMessage, in db: Database) throws -> HandlingState {
    var state = HandlingState()
    if let row = try db.row(
      sql: "SELECT version, handler, doneAt FROM messageHandling WHERE messageRow = ?", arguments: [message.row])
    {
      state.version = row["version"]
      state.handler = try (row["handler"] as String?).map { try UserID($0) }
      state.done = (row["doneAt"] as Int64?).map(Date.init(milliseconds:))
    }
    state.audience = try MessageRecordTable.audience(of: message.row, in: db).audience
    state.tags = Set(
      try String.fetchAll(
        db.cachedStatement(sql: "SELECT tag FROM messageTag WHERE messageRow = ?"), arguments: [message.row]))
    return state
  }

  /// Stores the step and the state it leads to.
  static func keep(
    _ step: HandlingStep, _ state: HandlingState, from former: HandlingState, of message: StoredMessage,
    by user: UserID,
    at now: Date, in db: Database
  ) throws {
    try db.change(
      sql: """
        INSERT INTO messageHandling (messageRow, version, handler, doneAt) VALUES (?, ?, ?, ?)
        ON CONFLICT (messageRow) DO UPDATE SET version = excluded.version, handler = excluded.handler,
          doneAt = excluded.doneAt
        """, arguments: [message.row, state.version, state.handler?.value, state.done?.milliseconds])
    for tag in state.tags.subtracting(former.tags) {
      try db.change(sql: "INSERT INTO messageTag (messageRow, tag) VALUES (?, ?)", arguments: [message.row, tag])
    }
    for tag in former.tags.subtracting(state.tags) {
      try db.change(sql: "DELETE FROM messageTag WHERE messageRow = ? AND tag = ?", arguments: [message.row, tag])
    }
    try db.change(
      sql: """
        INSERT INTO handlingStep (messageRow, version, at, user, step, object) VALUES (?, ?, ?, ?, ?, ?)
        """,
      arguments: [message.row, state.version, now.milliseconds, user.value, step.name, step.object])
  }

  /// The mailbox's default handler has a new message from its arrival on.
  static func assign(_ message: StoredMessage, to user: UserID, at now: Date, in db: Database) throws {
    try db.change(
      sql: "INSERT INTO messageHandling (messageRow, version, handler) VALUES (?, 1, ?)",
      arguments: [message.row, user.value])
    try db.change(
      sql: "INSERT INTO handlingStep (messageRow, version, at, user, step) VALUES (?, 1, ?, ?, 'assign')",
      arguments: [message.row, now.milliseconds, user.value])
  }

  static func see(_ message: StoredMessage, by user: UserID, at now: Date, in db: Database) throws {
    try db.change(
      sql: "INSERT OR IGNORE INTO messageSeen (messageRow, user, at) VALUES (?, ?, ?)",
      arguments: [message.row, user.value, now.milliseconds])
  }

  static func fetch(_ message: StoredMessage, in db: Database) throws -> Handling {
    func rows<Value>(_ sql: String, _ value: (Row) throws -> Value) throws -> [Value] {
      try Row.fetchAll(db.cachedStatement(sql: sql), arguments: [message.row]).map(value)
    }
    return Handling(
      state: try state(of: message, in: db),
      seen: try rows("SELECT user, at FROM messageSeen WHERE messageRow = ? ORDER BY at, user") {
        Handling.Sight(user: try UserID($0["user"]), time: Date(milliseconds: $0["at"]))
      },
      notes: try HandlingNotes.fetch(message, in: db),
      history: try rows("SELECT user, at, step, object FROM handlingStep WHERE messageRow = ? ORDER BY version") {
        Handling.Past(
          user: try UserID($0["user"]), time: Date(milliseconds: $0["at"]), step: $0["step"], object: $0["object"])
      }, failure: try FailedDeliveryTable.fetch(message, in: db))
  }
}
