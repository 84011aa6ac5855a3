import Foundation
import GRDB
import Mailbox
import SDKRelay
import XMLSecurity

/// Persons and their numbers.
///
/// - `person`: one row a person and organisation. `mergedInto` is the row whose person it turned out to be: rows are never
///   thrown together, and everything asks for the last one. `changePendingSince`: a number change is under way.
/// - `personIdentifier`: the numbers. `hash` is what they are found by; `sealed` the number itself, bound to the person's
///   pseudonym. A number that persons are matched by belongs to one of them.
struct PersonTable {
  static let schema = """
    CREATE TABLE person (
      id INTEGER PRIMARY KEY,
      personId TEXT NOT NULL UNIQUE,
      participant TEXT NOT NULL,
      mergedInto INTEGER REFERENCES person (id),
      changePendingSince INTEGER,
      createdAt INTEGER NOT NULL
    ) STRICT;
    CREATE INDEX personByMerger ON person (mergedInto) WHERE mergedInto IS NOT NULL;

    CREATE TABLE personIdentifier (
      id INTEGER PRIMARY KEY,
      personRow INTEGER NOT NULL REFERENCES person (id),
      participant TEXT NOT NULL,
      kind TEXT NOT NULL,
      hash BLOB,
      sealed BLOB NOT NULL,
      source TEXT NOT NULL,
      firstSeenAt INTEGER NOT NULL,
      endedAt INTEGER
    ) STRICT;
    CREATE UNIQUE INDEX personIdentifierByHash ON personIdentifier (participant, hash)
      WHERE kind IN ('personnummer', 'samordningsnummer');
    CREATE INDEX personIdentifierByPerson ON personIdentifier (personRow);

    """

  let tenant: ParticipantID
  let vault: IdentityVault
  let db: Database

  init(_ tenant: ParticipantID, _ key: BridgeKey, in db: Database) {
    self.tenant = tenant
    vault = key.vault(of: tenant)
    self.db = db
  }

  /// The row of the person with the number, whether they still have it or not; nil also for numbers that nobody is matched
  /// by.
  func row(of number: PersonIdentityNumber) throws -> Int64? {
    guard number.isMatchKey, let hash = vault.index(number) else { return nil }
    let found = try db.row(
      sql: """
        SELECT personRow FROM personIdentifier
        WHERE participant = ? AND hash = ? AND kind IN ('personnummer', 'samordningsnummer')
        """, arguments: [tenant.comparable, Data(hash)])
    return try found.map { try last($0["personRow"]) }
  }

  /// The row with the pseudonym.
  func row(of id: PersonID) throws -> Int64? {
    let found = try db.row(
      sql: "SELECT id FROM person WHERE personId = ? AND participant = ?", arguments: [id.value, tenant.comparable])
    return try found.map { try last($0["id"]) }
  }

  /// The row that the person's row was merged into, or itself.
  func last(_ row: Int64) throws -> Int64 {
    var row = row
    // Each merger leads to a row that had not been merged, so that there is no circle.
    while let next = try db.row(sql: "SELECT mergedInto FROM person WHERE id = ?", arguments: [row]),
      let target = next["mergedInto"] as Int64?
    { row = target }
    return row
  }

  /// The person's row, made where there is none with the number.
  func row(making number: PersonIdentityNumber, source: FactSource, at now: Date) throws -> Int64 {
    if let row = try row(of: number) { return row }
    let id = PersonID.new()
    try db.change(
      sql: "INSERT INTO person (personId, participant, createdAt) VALUES (?, ?, ?)",
      arguments: [id.value, tenant.comparable, now.milliseconds])
    let row = db.lastInsertedRowID
    try add(number, to: row, id, source: source, at: now)
    return row
  }

  func add(_ number: PersonIdentityNumber, to row: Int64, source: FactSource, at now: Date) throws {
    try add(number, to: row, id(of: row), source: source, at: now)
  }

  private func add(
    _ number: PersonIdentityNumber, to row: Int64, _ id: PersonID, source: FactSource, at now: Date
  ) throws {
    try db.change(
      sql: """
        INSERT INTO personIdentifier (personRow, participant, kind, hash, sealed, source, firstSeenAt)
        VALUES (?, ?, ?, ?, ?, ?, ?)
        """,
      arguments: [
        row, tenant.comparable, number.kind.rawValue, vault.index(number).map { Data($0) },
        Data(try vault.seal(number, at: id.value)), source.rawValue, now.milliseconds,
      ])
  }

  /// Another number has taken this one's place. It still finds the person.
  func end(_ number: PersonIdentityNumber, at now: Date) throws {
    guard let hash = vault.index(number) else { return }
    try db.change(
      sql: "UPDATE personIdentifier SET endedAt = ? WHERE participant = ? AND hash = ? AND endedAt IS NULL",
      arguments: [now.milliseconds, tenant.comparable, Data(hash)])
  }

  /// Whether another number has been asked for and has not come.
  func isChanging(_ row: Int64) throws -> Bool {
    try db.row(sql: "SELECT 1 FROM person WHERE id = ? AND changePendingSince IS NOT NULL", arguments: [last(row)])
      != nil
  }

  func setChangePending(_ since: Date?, of row: Int64) throws {
    try db.change(
      sql: "UPDATE person SET changePendingSince = ? WHERE id = ?", arguments: [since?.milliseconds, row])
  }

  /// What persons got later: their access list, and whether what is about them stands covered.
  static let covered = """
    ALTER TABLE person ADD COLUMN accessList INTEGER REFERENCES accessList (id);
    ALTER TABLE person ADD COLUMN isCovered INTEGER NOT NULL DEFAULT 1;
    UPDATE person SET isCovered = 0 WHERE id IN (SELECT personRow FROM personProtection WHERE marks = '');

    """

  static let asked = "ALTER TABLE person ADD COLUMN askedAt INTEGER;"

  static func accessList(of row: Int64, in db: Database) throws -> Int64? {
    try db.row(sql: "SELECT accessList FROM person WHERE id = ?", arguments: [row])?["accessList"]
  }

  static func setAccessList(_ list: Int64?, of row: Int64, in db: Database) throws {
    try db.change(sql: "UPDATE person SET accessList = ? WHERE id = ?", arguments: [list, row])
  }

  static func isCovered(_ row: Int64, in db: Database) throws -> Bool {
    try db.row(sql: "SELECT isCovered FROM person WHERE id = ?", arguments: [row])?["isCovered"] ?? true
  }

  func setCovered(_ isCovered: Bool, _ row: Int64) throws {
    try db.change(sql: "UPDATE person SET isCovered = ? WHERE id = ?", arguments: [isCovered, row])
  }

  /// The one row turned out to be the same person as the other. The access list of one becomes that of both.
  func merge(_ row: Int64, into other: Int64) throws {
    precondition(row != other, "a person is not merged into themselves")
    let lists = try [row, other].compactMap { try Self.accessList(of: $0, in: db) }.map(Audience.accessList)
    if case .accessList(let list) = try AccessListTable.combined(Set(lists), of: tenant, in: db) {
      try Self.setAccessList(list, of: other, in: db)
    }
    try db.change(sql: "UPDATE person SET mergedInto = ? WHERE id = ?", arguments: [other, row])
  }

  func id(of row: Int64) throws -> PersonID {
    let found = try db.row(sql: "SELECT personId FROM person WHERE id = ?", arguments: [row])
    guard let found, let id = PersonID(found["personId"]) else { throw DatabaseError(message: "no such person") }
    return id
  }

  /// The person with everything that is known of them, merged rows included.
  func fetch(_ row: Int64) throws -> PersonRecord {
    let row = try last(row)
    guard let found = try db.row(sql: "SELECT * FROM person WHERE id = ?", arguments: [row]) else {
      throw DatabaseError(message: "no such person")
    }
    let identifiers = try Row.fetchAll(
      db.cachedStatement(
        sql: """
          WITH RECURSIVE same (id) AS (
            SELECT ? UNION SELECT person.id FROM person JOIN same ON person.mergedInto = same.id)
          SELECT personIdentifier.*, person.personId FROM same JOIN personIdentifier ON personRow = same.id
          JOIN person ON person.id = same.id ORDER BY personIdentifier.endedAt IS NULL, personIdentifier.id
          """), arguments: [row]
    ).map(identifier)
    return PersonRecord(
      id: try id(of: row), tenant: tenant, identifiers: identifiers,
      changePending: (found["changePendingSince"] as Int64?).map(Date.init(milliseconds:)),
      protection: try ProtectionTable.fetch(row, in: db))
  }

  private func identifier(_ row: Row) throws -> PersonRecord.Identifier {
    PersonRecord.Identifier(
      number: try vault.open([UInt8](row["sealed"] as Data), at: row["personId"]),
      source: FactSource(rawValue: row["source"]) ?? .manual, firstSeen: Date(milliseconds: row["firstSeenAt"]),
      ended: (row["endedAt"] as Int64?).map(Date.init(milliseconds:)))
  }
}
