import Foundation
import GRDB
import SDKRelay

/// What the population register says of persons' protection.
///
/// - `personProtection`: the latest answer. No row: nobody has asked.
/// - `personProtectionChange`: each answer that differs from the one before it; never changed.
enum ProtectionTable {
  static let schema = """
    CREATE TABLE personProtection (
      personRow INTEGER PRIMARY KEY REFERENCES person (id),
      marks TEXT NOT NULL,
      source TEXT NOT NULL,
      checkedAt INTEGER NOT NULL
    ) STRICT;
    CREATE INDEX personProtectionByAge ON personProtection (checkedAt);

    CREATE TABLE personProtectionChange (
      id INTEGER PRIMARY KEY,
      personRow INTEGER NOT NULL REFERENCES person (id),
      marks TEXT NOT NULL,
      source TEXT NOT NULL,
      at INTEGER NOT NULL
    ) STRICT;
    CREATE INDEX personProtectionChangeByPerson ON personProtectionChange (personRow, id);

    """

  static func fetch(_ person: Int64, in db: Database) throws -> Protection? {
    let row = try db.row(
      sql: "SELECT marks, source, checkedAt FROM personProtection WHERE personRow = ?", arguments: [person])
    return try row.map(protection)
  }

  /// Keeps an answer, unless a later one is there.
  /// - Returns: whether the marks are others than before, or the first.
  static func keep(_ protection: Protection, of person: Int64, in db: Database) throws -> Bool {
    let former = try fetch(person, in: db)
    if let former, former.checked > protection.checked { return false }
    let marks = text(protection.marks)
    try db.change(
      sql: """
        INSERT OR REPLACE INTO personProtection (personRow, marks, source, checkedAt) VALUES (?, ?, ?, ?)
        """, arguments: [person, marks, protection.source.rawValue, protection.checked.milliseconds])
    guard former?.marks != protection.marks else { return false }
    try db.change(
      sql: "INSERT INTO personProtectionChange (personRow, marks, source, at) VALUES (?, ?, ?, ?)",
      arguments: [person, marks, protection.source.rawValue, protection.checked.milliseconds])
    return true
  }

  /// Whether any answer there has ever been had a mark, about the person or a row that was merged into theirs.
  static func hasHadMarks(_ person: Int64, in db: Database) throws -> Bool {
    try db.row(
      sql: """
        WITH RECURSIVE same (id) AS (
          SELECT ? UNION SELECT person.id FROM person JOIN same ON person.mergedInto = same.id)
        SELECT 1 FROM same JOIN personProtectionChange ON personRow = same.id WHERE marks <> '' LIMIT 1
        """, arguments: [person]) != nil
  }

  private static func text(_ marks: Set<ProtectionMark>) -> String {
    ProtectionMark.allCases.filter(marks.contains).map(\.rawValue).joined(separator: " ")
  }

  private static func protection(_ row: Row) throws -> Protection {
    let words = (row["marks"] as String).split(separator: " ")
    let marks = words.compactMap { ProtectionMark(rawValue: String($0)) }
    guard marks.count == words.count, let source = FactSource(rawValue: row["source"]) else {
      throw DatabaseError(message: "a person's protection holds a word this version does not know")
    }
    return Protection(Set(marks), source: source, checked: Date(milliseconds: row["checkedAt"]))
  }
}
