import Foundation
import GRDB
import Mailbox
import SDKRelay

/// What ties messages to cases.
///
/// - `caseLink`: a message and a case. A message belongs to at most one (`linked`), and may be `proposed` for others. Rows stay:
///   `rejected`, `undone`, with who, when and why.
/// - `messageExamination`: what became of each message that was looked at, with its version, which rises with every change.
/// - `linkKey`: what a message may be found by later.
/// - `linkStep`: every step in order; never changed.
enum LinkTable {
  static let schema = """
    CREATE TABLE caseLink (
      id INTEGER PRIMARY KEY,
      messageRow INTEGER NOT NULL REFERENCES message (id),
      caseRow INTEGER NOT NULL REFERENCES caseRecord (id),
      state TEXT NOT NULL CHECK (state IN ('proposed', 'linked', 'rejected', 'undone')),
      step INTEGER NOT NULL,
      reason TEXT NOT NULL,
      at INTEGER NOT NULL
    ) STRICT;
    CREATE UNIQUE INDEX caseLinkOfMessage ON caseLink (messageRow) WHERE state = 'linked';
    CREATE UNIQUE INDEX caseLinkOnce ON caseLink (messageRow, caseRow) WHERE state IN ('proposed', 'linked');
    CREATE INDEX caseLinkByCase ON caseLink (caseRow, messageRow);

    CREATE TABLE messageExamination (
      messageRow INTEGER PRIMARY KEY REFERENCES message (id),
      participant TEXT NOT NULL,
      outcome TEXT NOT NULL,
      step INTEGER NOT NULL,
      reason TEXT NOT NULL,
      flags TEXT NOT NULL,
      version INTEGER NOT NULL,
      at INTEGER NOT NULL
    ) STRICT;
    CREATE INDEX messageExaminationOpen ON messageExamination (participant, messageRow)
      WHERE outcome IN ('proposed', 'choose', 'held', 'quarantined', 'later');

    CREATE TABLE linkKey (
      participant TEXT NOT NULL,
      key TEXT NOT NULL,
      messageRow INTEGER NOT NULL REFERENCES message (id),
      PRIMARY KEY (participant, key, messageRow)
    ) STRICT, WITHOUT ROWID;
    CREATE INDEX linkKeyByMessage ON linkKey (messageRow);

    CREATE TABLE linkStep (
      id INTEGER PRIMARY KEY,
      messageRow INTEGER NOT NULL REFERENCES message (id),
      at INTEGER NOT NULL,
      by TEXT NOT NULL,
      step TEXT NOT NULL,
      caseRow INTEGER,
      reason TEXT
    ) STRICT;
    CREATE INDEX linkStepByMessage ON linkStep (messageRow, id);
    CREATE TRIGGER linkStepKept BEFORE UPDATE ON linkStep BEGIN SELECT raise(ABORT, 'history is kept'); END;
    CREATE TRIGGER linkStepStays BEFORE DELETE ON linkStep BEGIN SELECT raise(ABORT, 'history is kept'); END;

    """

  static let expiring =
    "CREATE INDEX messageExaminationProposed ON messageExamination (at) WHERE outcome = 'proposed';"

  /// The reason of a choice that had been a proposal.
  static let expired = "expiredProposal"

  /// The case that the message belongs to, with its link.
  static func link(of message: Int64, in db: Database) throws -> (id: Int64, caseRow: Int64, step: Int, reason: String)?
  {
    let row = try db.row(
      sql: "SELECT id, caseRow, step, reason FROM caseLink WHERE messageRow = ? AND state = 'linked'",
      arguments: [message])
    return row.map { ($0["id"], $0["caseRow"], $0["step"], $0["reason"]) }
  }

  static func insert(
    _ message: Int64, _ caseRow: Int64, isLinked: Bool, step: Int, reason: String, at now: Date, in db: Database
  ) throws -> Int64 {
    try db.change(
      sql: "DELETE FROM caseLink WHERE messageRow = ? AND caseRow = ? AND state = 'proposed'",
      arguments: [message, caseRow])
    try db.change(
      sql: "INSERT INTO caseLink (messageRow, caseRow, state, step, reason, at) VALUES (?, ?, ?, ?, ?, ?)",
      arguments: [message, caseRow, isLinked ? "linked" : "proposed", step, reason, now.milliseconds])
    return db.lastInsertedRowID
  }

  /// Proposals of the message that nobody has answered end as rejected; those for the case become part of its link.
  static func endProposals(of message: Int64, in db: Database) throws {
    try db.change(
      sql: "UPDATE caseLink SET state = 'rejected' WHERE messageRow = ? AND state = 'proposed'", arguments: [message])
  }

  static func proposals(of message: Int64, in db: Database) throws -> [Int64] {
    try Int64.fetchAll(
      db.cachedStatement(
        sql: "SELECT caseRow FROM caseLink WHERE messageRow = ? AND state = 'proposed' ORDER BY id"),
      arguments: [message])
  }

  static func keep(
    _ outcome: String, step: Int, reason: String, flags: Set<String> = [], of message: StoredMessage, at now: Date,
    in db: Database
  ) throws {
    try db.change(
      sql: """
        INSERT INTO messageExamination (messageRow, participant, outcome, step, reason, flags, version, at)
        VALUES (?, ?, ?, ?, ?, ?, 1, ?)
        ON CONFLICT (messageRow) DO UPDATE SET outcome = excluded.outcome, step = excluded.step,
          reason = excluded.reason, flags = excluded.flags, version = version + 1, at = excluded.at
        """,
      arguments: [
        message.row, message.participant.comparable, outcome, step, reason, flags.sorted().joined(separator: " "),
        now.milliseconds,
      ])
  }

  /// - Returns: nil for a message that was never looked at.
  static func examination(
    of message: Int64, in db: Database
  ) throws -> (outcome: String, step: Int, reason: String, flags: String, version: Int)? {
    let row = try db.row(
      sql: "SELECT outcome, step, reason, flags, version FROM messageExamination WHERE messageRow = ?",
      arguments: [message])
    return row.map { ($0["outcome"], $0["step"], $0["reason"], $0["flags"], $0["version"]) }
  }

  static func note(
    _ step: String, _ caseRow: Int64?, by: String, reason: String?, of message: Int64, at now: Date, in db: Database
  ) throws {
    try db.change(
      sql: "INSERT INTO linkStep (messageRow, at, by, step, caseRow, reason) VALUES (?, ?, ?, ?, ?, ?)",
      arguments: [message, now.milliseconds, by, step, caseRow, reason])
  }

  static func keep(_ keys: Set<LinkKey>, of message: StoredMessage, in db: Database) throws {
    for key in keys {
      try db.change(
        sql: "INSERT OR IGNORE INTO linkKey (participant, key, messageRow) VALUES (?, ?, ?)",
        arguments: [message.participant.comparable, key.value, message.row])
    }
  }

  /// Messages of the organisation that have one of the keys.
  /// - Parameter limit: at most so many for each.
  static func messages(
    of tenant: ParticipantID, with keys: Set<LinkKey>, limit: Int = .max, in db: Database
  ) throws -> Set<Int64> {
    var found: Set<Int64> = []
    for key in keys {
      found.formUnion(
        try Int64.fetchAll(
          db.cachedStatement(sql: "SELECT messageRow FROM linkKey WHERE participant = ? AND key = ? LIMIT ?"),
          arguments: [tenant.comparable, key.value, limit]))
    }
    return found
  }
}
