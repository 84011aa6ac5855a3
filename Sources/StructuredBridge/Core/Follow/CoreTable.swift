import Foundation
import GRDB
import Mailbox
import SDKRelay

/// How far each list of the structured core has been followed for each organisation, and what is in the way.
enum CoreTable {
  /// Columns: `cursor` the counterpart's, null before the first page; `endedAt` where a list is done for good;
  /// `failingSince` when the first failure on end that operators were told of was.
  static let schema = """
    CREATE TABLE coreCursor (
      participant TEXT NOT NULL,
      list TEXT NOT NULL,
      cursor TEXT,
      movedAt INTEGER,
      endedAt INTEGER,
      failingSince INTEGER,
      PRIMARY KEY (participant, list)
    ) STRICT, WITHOUT ROWID;

    """

  struct State: Hashable, Sendable {
    var cursor: CoreCursor?
    var moved: Date?
    var ended: Date?
    var failingSince: Date?
  }

  static func fetch(_ list: CoreList, of tenant: ParticipantID, in db: Database) throws -> State {
    let row = try db.row(
      sql: "SELECT * FROM coreCursor WHERE participant = ? AND list = ?", arguments: [tenant.comparable, list.rawValue])
    guard let row else { return State() }
    func time(_ column: String) -> Date? { (row[column] as Int64?).map(Date.init(milliseconds:)) }
    return State(
      cursor: (row["cursor"] as String?).flatMap(CoreCursor.init), moved: time("movedAt"), ended: time("endedAt"),
      failingSince: time("failingSince"))
  }

  static func keep(_ state: State, _ list: CoreList, of tenant: ParticipantID, in db: Database) throws {
    try db.change(
      sql: """
        INSERT OR REPLACE INTO coreCursor (participant, list, cursor, movedAt, endedAt, failingSince)
        VALUES (?, ?, ?, ?, ?, ?)
        """,
      arguments: [
        tenant.comparable, list.rawValue, state.cursor?.value, state.moved?.milliseconds, state.ended?.milliseconds,
        state.failingSince?.milliseconds,
      ])
  }
}
