import Foundation
import GRDB
import SDKRelay

/// How far files of the first loading have come. The rows done and what came of them are of one transaction.
///
/// - `caseLoading`: a file, known by its digest. `place` is the digest of its path, so that a changed file is noticed.
/// - `caseLoadingRefusal`: its refused rows: where, and a code. Nothing of what they held.
struct LoadingTable {
  static let schema = """
    CREATE TABLE caseLoading (
      id INTEGER PRIMARY KEY,
      digest BLOB NOT NULL UNIQUE,
      place BLOB NOT NULL,
      rowsDone INTEGER NOT NULL,
      taken INTEGER NOT NULL,
      known INTEGER NOT NULL,
      refused INTEGER NOT NULL,
      startedAt INTEGER NOT NULL,
      endedAt INTEGER
    ) STRICT;
    CREATE INDEX caseLoadingByPlace ON caseLoading (place);
    CREATE TABLE caseLoadingRefusal (
      loading INTEGER NOT NULL REFERENCES caseLoading (id),
      rowNumber INTEGER NOT NULL,
      line INTEGER NOT NULL,
      columnName TEXT,
      code TEXT NOT NULL,
      sentence TEXT NOT NULL,
      PRIMARY KEY (loading, rowNumber)
    ) STRICT, WITHOUT ROWID;

    """

  let db: Database

  /// Where the file's loading is: a new one, an interrupted one to go on with, or an ended one, which begins anew.
  func begin(_ file: LoadingFile, at now: Date) throws -> LoadingState {
    let place = Data(file.place)
    if let row = try db.row(sql: "SELECT * FROM caseLoading WHERE digest = ?", arguments: [Data(file.digest)]) {
      let state = LoadingState(row)
      guard row["endedAt"] as Int64? != nil else { return state }
      try db.change(sql: "DELETE FROM caseLoadingRefusal WHERE loading = ?", arguments: [state.id])
      try db.change(
        sql: """
          UPDATE caseLoading SET rowsDone = 0, taken = 0, known = 0, refused = 0, startedAt = ?, endedAt = NULL
          WHERE id = ?
          """, arguments: [now.milliseconds, state.id])
      return LoadingState(id: state.id)
    }
    let other = try db.row(
      sql: "SELECT 1 FROM caseLoading WHERE place = ? AND endedAt IS NULL", arguments: [place])
    try db.change(
      sql: """
        INSERT INTO caseLoading (digest, place, rowsDone, taken, known, refused, startedAt) VALUES (?, ?, 0, 0, 0, 0, ?)
        """, arguments: [Data(file.digest), place, now.milliseconds])
    return LoadingState(id: db.lastInsertedRowID, hasChanged: other != nil)
  }

  func advance(_ state: LoadingState) throws {
    try db.change(
      sql: "UPDATE caseLoading SET rowsDone = ?, taken = ?, known = ?, refused = ? WHERE id = ?",
      arguments: [state.rows, state.taken, state.known, state.refused, state.id])
  }

  func end(_ id: Int64, at now: Date) throws {
    try db.change(sql: "UPDATE caseLoading SET endedAt = ? WHERE id = ?", arguments: [now.milliseconds, id])
  }

  func refuse(_ raw: RawRow, _ problem: RowProblem, _ id: Int64) throws {
    try db.change(
      sql: """
        INSERT INTO caseLoadingRefusal (loading, rowNumber, line, columnName, code, sentence) VALUES (?, ?, ?, ?, ?, ?)
        """,
      arguments: [id, raw.number, raw.line, problem.column?.rawValue, problem.code, problem.sentence])
  }

  /// Hands out the refused rows in their order, one at a time.
  func refusals(_ id: Int64, _ tell: (RowRefusal) throws -> Void) throws {
    let rows = try Row.fetchCursor(
      db, sql: "SELECT * FROM caseLoadingRefusal WHERE loading = ? ORDER BY rowNumber", arguments: [id])
    while let row = try rows.next() {
      try tell(
        RowRefusal(
          row: row["rowNumber"], line: row["line"], column: row["columnName"], code: row["code"],
          sentence: row["sentence"]))
    }
  }
}

/// How far a loading has come.
struct LoadingState: Sendable {
  let id: Int64
  var rows = 0
  var taken = 0
  var known = 0
  var refused = 0
  /// Whether another file at the same place was begun, and never ended.
  var hasChanged = false

  init(id: Int64, hasChanged: Bool = false) {
    self.id = id
    self.hasChanged = hasChanged
  }

  init(_ row: Row) {
    id = row["id"]
    (rows, taken, known, refused) = (row["rowsDone"], row["taken"], row["known"], row["refused"])
  }
}
