import Foundation
import GRDB
import SDKRelay

/// Cases and what they are known by.
///
/// - `caseRecord`: a case: one person, one counterparty.
/// - `caseReference`: own and the counterpart's references. `issuedTo` is the organisation that an opaque one was given to.
/// - `caseStep`: what happened to a case; never changed.
struct CaseTable {
  static let schema = """
    CREATE TABLE caseRecord (
      id INTEGER PRIMARY KEY,
      caseId TEXT NOT NULL UNIQUE,
      participant TEXT NOT NULL,
      counterparty TEXT NOT NULL,
      personRow INTEGER NOT NULL REFERENCES person (id),
      mailbox TEXT,
      openedAt INTEGER NOT NULL,
      closedAt INTEGER,
      createdAt INTEGER NOT NULL
    ) STRICT;
    CREATE INDEX caseRecordByPerson ON caseRecord (personRow, counterparty);

    CREATE TABLE caseReference (
      caseRow INTEGER NOT NULL REFERENCES caseRecord (id),
      participant TEXT NOT NULL,
      kind TEXT NOT NULL,
      owner TEXT NOT NULL,
      comparable TEXT NOT NULL,
      value TEXT NOT NULL,
      issuedTo TEXT,
      addedAt INTEGER NOT NULL,
      PRIMARY KEY (caseRow, kind, owner, comparable)
    ) STRICT, WITHOUT ROWID;
    CREATE INDEX caseReferenceByValue ON caseReference (participant, comparable, kind, owner);
    CREATE UNIQUE INDEX caseReferenceOpaque ON caseReference (comparable) WHERE kind = 'opaque';

    CREATE TABLE caseStep (
      id INTEGER PRIMARY KEY,
      caseRow INTEGER NOT NULL REFERENCES caseRecord (id),
      at INTEGER NOT NULL,
      step TEXT NOT NULL,
      object TEXT
    ) STRICT;
    CREATE INDEX caseStepByCase ON caseStep (caseRow, id);
    CREATE TRIGGER caseStepKept BEFORE UPDATE ON caseStep BEGIN SELECT raise(ABORT, 'history is kept'); END;
    CREATE TRIGGER caseStepStays BEFORE DELETE ON caseStep BEGIN SELECT raise(ABORT, 'history is kept'); END;

    """

  let tenant: ParticipantID
  let db: Database

  /// Opens a case.
  func insert(
    of person: Int64, with counterparty: ParticipantID, mailbox: FunctionalAddress? = nil, opened: Date, at now: Date
  ) throws -> Int64 {
    try db.change(
      sql: """
        INSERT INTO caseRecord (caseId, participant, counterparty, personRow, mailbox, openedAt, createdAt)
        VALUES (?, ?, ?, ?, ?, ?, ?)
        """,
      arguments: [
        CaseID.new().value, tenant.comparable, counterparty.comparable, person, mailbox?.value, opened.milliseconds,
        now.milliseconds,
      ])
    let row = db.lastInsertedRowID
    try step("open", of: row, at: now)
    return row
  }

  /// - Returns: whether it was new to the case.
  @discardableResult
  func add(_ reference: CaseReference, to row: Int64, issuedTo: ParticipantID? = nil, at now: Date) throws -> Bool {
    try db.change(
      sql: """
        INSERT OR IGNORE INTO caseReference (caseRow, participant, kind, owner, comparable, value, issuedTo, addedAt)
        VALUES (?, ?, ?, ?, ?, ?, ?, ?)
        """,
      arguments: [
        row, tenant.comparable, reference.kind.rawValue, reference.owner.rawValue, reference.comparable,
        reference.value, issuedTo?.comparable, now.milliseconds,
      ])
    return db.changesCount == 1
  }

  /// - Returns: false where it had been closed before.
  func close(_ row: Int64, at closed: Date, recorded now: Date) throws -> Bool {
    try db.change(
      sql: "UPDATE caseRecord SET closedAt = ? WHERE id = ? AND closedAt IS NULL",
      arguments: [closed.milliseconds, row])
    guard db.changesCount == 1 else { return false }
    try step("close", of: row, at: now)
    return true
  }

  func step(_ step: String, _ object: String? = nil, of row: Int64, at now: Date) throws {
    try db.change(
      sql: "INSERT INTO caseStep (caseRow, at, step, object) VALUES (?, ?, ?, ?)",
      arguments: [row, now.milliseconds, step, object])
  }

  // MARK: Finding

  /// The cases known by the reference.
  /// - Parameter owner: nil for either side's.
  func rows(_ kind: CaseReference.Kind, _ comparable: String, of owner: CaseReference.Owner? = nil) throws -> [Int64] {
    try Int64.fetchAll(
      db.cachedStatement(
        sql: """
          SELECT DISTINCT caseRow FROM caseReference
          WHERE participant = ?1 AND comparable = ?2 AND kind = ?3 AND (?4 IS NULL OR owner = ?4) ORDER BY caseRow
          """), arguments: [tenant.comparable, comparable, kind.rawValue, owner?.rawValue])
  }

  func rows(_ reference: CaseReference) throws -> [Int64] {
    try rows(reference.kind, reference.comparable, of: reference.owner)
  }

  /// The person's cases, merged rows included, oldest first.
  func rows(ofPerson row: Int64, isOpen: Bool? = nil, with counterparty: ParticipantID? = nil) throws -> [Int64] {
    try Int64.fetchAll(
      db.cachedStatement(
        sql: """
          WITH RECURSIVE same (id) AS (
            SELECT ?1 UNION SELECT person.id FROM person JOIN same ON person.mergedInto = same.id)
          SELECT caseRecord.id FROM same JOIN caseRecord ON personRow = same.id
          WHERE (?2 IS NULL OR (closedAt IS NULL) = ?2) AND (?3 IS NULL OR counterparty = ?3) ORDER BY caseRecord.id
          """), arguments: [row, isOpen, counterparty?.comparable])
  }

  func row(of id: CaseID) throws -> Int64? {
    let found = try db.row(
      sql: "SELECT id FROM caseRecord WHERE caseId = ? AND participant = ?",
      arguments: [id.value, tenant.comparable])
    return found?["id"]
  }

  /// The cases that somebody means by the text: the id of a case, or any reference.
  func rows(meantBy text: String) throws -> [Int64] {
    if let id = CaseID(text), let row = try row(of: id) { return [row] }
    var found: Set<Int64> = []
    for kind in CaseReference.Kind.allCases {
      guard let reference = CaseReference(kind, of: .own, text) else { continue }
      found.formUnion(try rows(kind, reference.comparable))
    }
    return found.sorted()
  }

  /// The row of the person whose case it is, after mergers.
  func person(of row: Int64) throws -> Int64 {
    guard let found = try db.row(sql: "SELECT personRow FROM caseRecord WHERE id = ?", arguments: [row]) else {
      throw DatabaseError(message: "no such case")
    }
    var person: Int64 = found["personRow"]
    while let next = try db.row(sql: "SELECT mergedInto FROM person WHERE id = ?", arguments: [person]),
      let target = next["mergedInto"] as Int64?
    { person = target }
    return person
  }

  func id(of row: Int64) throws -> CaseID {
    guard let id = CaseID(try start(row)["caseId"]) else { throw DatabaseError(message: "no such case") }
    return id
  }

  /// The counterparty in the form that compares.
  func counterparty(of row: Int64) throws -> String { try start(row)["counterparty"] }

  /// When it was opened, in milliseconds.
  func opened(_ row: Int64) throws -> Int64 { try start(row)["openedAt"] }

  private func start(_ row: Int64) throws -> Row {
    let found = try db.row(sql: "SELECT caseId, counterparty, openedAt FROM caseRecord WHERE id = ?", arguments: [row])
    guard let found else { throw DatabaseError(message: "no such case") }
    return found
  }

  func fetch(_ row: Int64) throws -> CaseRecord {
    let found = try db.row(
      sql: "SELECT * FROM caseRecord WHERE id = ? AND participant = ?", arguments: [row, tenant.comparable])
    guard let found, let id = CaseID(found["caseId"]) else { throw DatabaseError(message: "no such case") }
    let owner = try db.row(sql: "SELECT personId FROM person WHERE id = ?", arguments: [person(of: row)])
    guard let owner, let person = PersonID(owner["personId"]) else { throw DatabaseError(message: "no such person") }
    return CaseRecord(
      id: id, tenant: tenant, counterparty: try ParticipantID(found["counterparty"]), person: person,
      mailbox: try (found["mailbox"] as String?).map { try FunctionalAddress($0) },
      opened: Date(milliseconds: found["openedAt"]),
      closed: (found["closedAt"] as Int64?).map(Date.init(milliseconds:)), references: try references(of: row))
  }

  private func references(of row: Int64) throws -> [CaseReference] {
    try Row.fetchAll(
      db.cachedStatement(
        sql: "SELECT kind, owner, value FROM caseReference WHERE caseRow = ? ORDER BY owner DESC, addedAt, value"),
      arguments: [row]
    ).map { row in
      guard let kind = CaseReference.Kind(rawValue: row["kind"]),
        let owner = CaseReference.Owner(rawValue: row["owner"]),
        let reference = CaseReference(kind, of: owner, row["value"])
      else { throw DatabaseError(message: "a case's reference holds what this version does not know") }
      return reference
    }
  }

  func steps(of row: Int64) throws -> [CaseStep] {
    try Row.fetchAll(
      db.cachedStatement(sql: "SELECT at, step, object FROM caseStep WHERE caseRow = ? ORDER BY id"), arguments: [row]
    ).map { CaseStep(time: Date(milliseconds: $0["at"]), step: $0["step"], object: $0["object"]) }
  }
}
