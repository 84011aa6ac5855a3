import Foundation
import GRDB
import SDKRelay
import XMLSecurity

/// Plans of what to cull, and the log of what was.
///
/// - `retentionPlan`: planner and approver are different persons. `digest` is the SHA-256 over the rows as planned.
/// - `retentionPlanRow`: a message with the rule that lets it go; `outcome` is null until the run has dealt with it, which
///   is committed together with what was done to the message.
/// - `cullingLog`: what was culled (gallringslogg). SQLite refuses to change or remove a line.
enum RetentionTable {
  static let schema = """
    CREATE TABLE retentionPlan (
      id INTEGER PRIMARY KEY AUTOINCREMENT,
      participant TEXT NOT NULL,
      planner TEXT NOT NULL REFERENCES user (id),
      madeAt INTEGER NOT NULL,
      lapsesAt INTEGER NOT NULL,
      digest BLOB NOT NULL,
      approver TEXT REFERENCES user (id),
      approvedAt INTEGER,
      startedAt INTEGER,
      endedAt INTEGER,
      CHECK (approver IS NULL OR approver <> planner),
      CHECK ((approver IS NULL) = (approvedAt IS NULL)),
      CHECK (startedAt IS NULL OR approvedAt IS NOT NULL)
    ) STRICT;

    CREATE TABLE retentionPlanRow (
      plan INTEGER NOT NULL REFERENCES retentionPlan (id),
      messageRow INTEGER NOT NULL REFERENCES message (id),
      rule TEXT NOT NULL,
      ruleSha256 BLOB NOT NULL,
      decision TEXT NOT NULL,
      kind TEXT NOT NULL,
      keptUntil TEXT NOT NULL,
      messageSha256 BLOB NOT NULL,
      outcome TEXT,
      PRIMARY KEY (plan, messageRow)
    ) STRICT, WITHOUT ROWID;
    CREATE INDEX retentionPlanRowByMessage ON retentionPlanRow (messageRow);

    CREATE TABLE cullingLog (
      id INTEGER PRIMARY KEY AUTOINCREMENT,
      at INTEGER NOT NULL,
      messageRow INTEGER NOT NULL UNIQUE REFERENCES message (id),
      participant TEXT NOT NULL,
      mailbox TEXT NOT NULL,
      messageId TEXT NOT NULL COLLATE NOCASE,
      direction TEXT NOT NULL,
      rule TEXT NOT NULL,
      decision TEXT NOT NULL,
      kind TEXT NOT NULL,
      plan INTEGER NOT NULL REFERENCES retentionPlan (id),
      planner TEXT NOT NULL REFERENCES user (id),
      approver TEXT NOT NULL REFERENCES user (id),
      contentSha256 BLOB NOT NULL
    ) STRICT;
    CREATE TRIGGER cullingLogUpdate BEFORE UPDATE ON cullingLog
      BEGIN SELECT RAISE(ABORT, 'the log of what was culled is never changed'); END;
    CREATE TRIGGER cullingLogDelete BEFORE DELETE ON cullingLog
      BEGIN SELECT RAISE(ABORT, 'the log of what was culled is never shortened'); END;

    \(LegalHoldTable.schema)
    """

  // MARK: Plans

  static func insert(
    _ rows: [PlannedRow], for organisation: ParticipantID, by planner: UserID, lapses: Date, at now: Date,
    in db: Database
  ) throws -> Int64 {
    try db.change(
      sql: "INSERT INTO retentionPlan (participant, planner, madeAt, lapsesAt, digest) VALUES (?, ?, ?, ?, ?)",
      arguments: [
        organisation.comparable, planner.value, now.milliseconds, lapses.milliseconds,
        Data(PlannedRow.digest(of: rows)),
      ])
    let number = db.lastInsertedRowID
    for row in rows {
      try db.change(
        sql: """
          INSERT INTO retentionPlanRow (plan, messageRow, rule, ruleSha256, decision, kind, keptUntil, messageSha256)
          VALUES (?, ?, ?, ?, ?, ?, ?, ?)
          """,
        arguments: [
          number, row.messageRow, row.rule, Data(row.ruleSha256), row.decision, row.kind, row.keptUntil,
          Data(row.messageSha256),
        ])
    }
    return number
  }

  /// The number of a plan of the same rows that can still be approved.
  static func waiting(
    _ rows: [PlannedRow], of organisation: ParticipantID, at now: Date, in db: Database
  ) throws -> Int64? {
    try db.row(
      sql: "SELECT id FROM retentionPlan WHERE participant = ? AND digest = ? AND approvedAt IS NULL AND lapsesAt > ?",
      arguments: [organisation.comparable, Data(PlannedRow.digest(of: rows)), now.milliseconds]
    ).map { $0[0] }
  }

  static func fetch(_ number: Int64, in db: Database) throws -> RetentionPlan? {
    try db.row(sql: "\(plans) WHERE id = ?", arguments: [number]).map(RetentionPlan.init)
  }

  static func all(in db: Database) throws -> [RetentionPlan] {
    try Row.fetchAll(db, sql: "\(plans) ORDER BY id DESC").map(RetentionPlan.init)
  }

  private static let plans = """
    SELECT id, participant, planner, madeAt, lapsesAt, digest, approver, approvedAt, startedAt, endedAt,
      (SELECT count(*) FROM retentionPlanRow WHERE plan = retentionPlan.id) AS rowCount,
      (SELECT count(*) FROM retentionPlanRow WHERE plan = retentionPlan.id AND outcome = 'culled') AS culledCount,
      (SELECT count(*) FROM retentionPlanRow WHERE plan = retentionPlan.id AND outcome <> 'culled') AS leftCount
    FROM retentionPlan
    """

  static func approve(_ number: Int64, by approver: UserID, at now: Date, in db: Database) throws {
    try db.change(
      sql: "UPDATE retentionPlan SET approver = ?, approvedAt = ? WHERE id = ? AND approver IS NULL",
      arguments: [approver.value, now.milliseconds, number])
  }

  static func start(_ number: Int64, at now: Date, in db: Database) throws {
    try db.change(
      sql: "UPDATE retentionPlan SET startedAt = coalesce(startedAt, ?) WHERE id = ?",
      arguments: [now.milliseconds, number])
  }

  static func end(_ number: Int64, at now: Date, in db: Database) throws {
    try db.change(
      sql: "UPDATE retentionPlan SET endedAt = coalesce(endedAt, ?) WHERE id = ?",
      arguments: [now.milliseconds, number])
  }

  // MARK: Rows

  /// All rows as planned, in their order.
  static func planned(_ plan: Int64, in db: Database) throws -> [PlannedRow] {
    try Row.fetchAll(db, sql: "\(rows) WHERE plan = ? ORDER BY messageRow", arguments: [plan]).map(PlannedRow.init)
  }

  /// The next rows that the run has not dealt with.
  static func waiting(_ plan: Int64, _ limit: Int, in db: Database) throws -> [PlannedRow] {
    try Row.fetchAll(
      db.cachedStatement(sql: "\(rows) WHERE plan = ? AND outcome IS NULL ORDER BY messageRow LIMIT ?"),
      arguments: [plan, limit]
    ).map(PlannedRow.init)
  }

  private static let rows = """
    SELECT messageRow, rule, ruleSha256, decision, kind, keptUntil, messageSha256 FROM retentionPlanRow
    """

  static func settle(
    _ row: PlannedRow, of plan: Int64, _ outcome: RetentionPlanRow.Outcome, in db: Database
  ) throws {
    try db.change(
      sql: "UPDATE retentionPlanRow SET outcome = ? WHERE plan = ? AND messageRow = ?",
      arguments: [outcome.word, plan, row.messageRow])
  }

  /// Rows for people, in their order; those of the plan after the message with this number.
  static func shown(
    _ plan: Int64, after message: Int64, limit: Int, in db: Database
  ) throws -> [RetentionPlanRow] {
    try Row.fetchAll(
      db,
      sql: """
        SELECT messageRow, messageId, message.participant, message.mailbox, direction, storedAt, dnr,
          retentionPlanRow.rule AS planRule, decision, kind, keptUntil, outcome
        FROM retentionPlanRow JOIN message ON message.id = messageRow JOIN registerEntry USING (messageRow)
        WHERE plan = ? AND messageRow > ? ORDER BY messageRow LIMIT ?
        """, arguments: [plan, message, limit]
    ).map(RetentionPlanRow.init)
  }

  /// Whether the plan has a row that the principal may have nothing to do with.
  static func isBeyond(
    _ plan: Int64, _ principal: Principal, _ permissions: [Permission], at now: Date, in db: Database
  ) throws -> Bool {
    let filters = permissions.map { AccessFilter(messages: principal, $0, at: now) }
    return try db.row(
      sql: """
        SELECT 1 FROM retentionPlanRow JOIN message ON message.id = retentionPlanRow.messageRow
          JOIN messageRecord ON messageRecord.messageRow = message.id
        WHERE plan = ? AND NOT (\(filters.map(\.sql).joined(separator: " OR "))) LIMIT 1
        """, arguments: filters.reduce([plan]) { $0 + $1.arguments }) != nil
  }
}

/// A row of a plan as its digest covers it.
struct PlannedRow: Hashable, Sendable {
  let messageRow: Int64
  let rule: String
  let ruleSha256: [UInt8]
  let decision: String
  let kind: String
  /// A ``Day``.
  let keptUntil: String
  let messageSha256: [UInt8]

  static func digest(of rows: [PlannedRow]) -> [UInt8] {
    let fields = rows.flatMap { row in
      [
        "\(row.messageRow)", row.rule, Hexadecimal.encode(row.ruleSha256), row.decision, row.kind, row.keptUntil,
        Hexadecimal.encode(row.messageSha256),
      ]
    }
    return XMLSecurity.digest(.sha256, of: fields.flatMap { Array("\($0.utf8.count):\($0)\n".utf8) })
  }
}

extension PlannedRow {
  fileprivate init(_ row: Row) {
    self.init(
      messageRow: row["messageRow"], rule: row["rule"], ruleSha256: [UInt8](row["ruleSha256"] as Data),
      decision: row["decision"], kind: row["kind"], keptUntil: row["keptUntil"],
      messageSha256: [UInt8](row["messageSha256"] as Data))
  }
}

extension RetentionPlan {
  fileprivate init(_ row: Row) throws {
    func time(_ column: String) -> Date? { (row[column] as Int64?).map(Date.init(milliseconds:)) }
    self.init(
      number: row["id"], organisation: try ParticipantID(row["participant"]), planner: try UserID(row["planner"]),
      made: Date(milliseconds: row["madeAt"]), lapses: Date(milliseconds: row["lapsesAt"]),
      digest: Hexadecimal.encode([UInt8](row["digest"] as Data)), rows: row["rowCount"],
      approver: try (row["approver"] as String?).map { try UserID($0) }, approved: time("approvedAt"),
      started: time("startedAt"), ended: time("endedAt"), culled: row["culledCount"],
      left: row["leftCount"])
  }
}

extension RetentionPlanRow {
  fileprivate init(_ row: Row) throws {
    guard let id = MessageID(row["messageId"]), let direction = MessageDirection(rawValue: row["direction"]),
      let day = Day(row["keptUntil"])
    else { throw DatabaseError(message: "a plan's row holds a word this version does not know") }
    self.init(
      message: row["messageRow"], messageID: id,
      mailbox: MailboxID(try ParticipantID(row["participant"]), try FunctionalAddress(row["mailbox"])),
      direction: direction, stored: Date(milliseconds: row["storedAt"]), dnr: row["dnr"], rule: row["planRule"],
      decision: row["decision"], kind: row["kind"], keptUntil: day,
      outcome: (row["outcome"] as String?).flatMap(Outcome.init(word:)))
  }
}

extension RetentionPlanRow.Outcome {
  /// As stored and shown.
  public var word: String {
    switch self {
    case .culled: "culled"
    case .left(let obstacle): obstacle.rawValue
    }
  }

  fileprivate init?(word: String) {
    if word == "culled" {
      self = .culled
    } else {
      guard let obstacle = RetentionObstacle(rawValue: word) else { return nil }
      self = .left(obstacle)
    }
  }
}
