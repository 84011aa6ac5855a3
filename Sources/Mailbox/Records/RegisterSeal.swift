import Foundation
import GRDB
import SDKRelay
import XMLSecurity

/// What of a register entry may be personal: sealed together, with the register's own key, since the register stays when its
/// message has been culled.
struct SealedFacts: Codable {
  var counterparty: String?
  var matter: String?
  /// The note of secrecy, as JSON.
  var secrecy: String?

  static let schema = "ALTER TABLE registerEntry ADD COLUMN sealed BLOB;\n"
  /// The register's key as a column, once a statement.
  static let key = RoomKey.column(use)
  private static let use = "register"

  func sealed(for row: Int64, in db: Database) throws -> Data? {
    guard counterparty != nil || matter != nil || secrecy != nil else { return nil }
    let bytes = [UInt8](try JSONEncoder.stable().encode(self))
    return Data(try RoomKey.open(Self.use, in: db).seal(bytes, binding: Self.binding(row)))
  }

  /// - Parameter state: that of the register's key. Where it cannot be had the facts say so.
  init(_ sealed: Data, for row: Int64, _ state: KeyState) {
    guard let key = state.key else {
      self.init(without: state.problem ?? .destroyed)
      return
    }
    guard let opened = try? key.open([UInt8](sealed), binding: Self.binding(row)),
      let facts = try? JSONDecoder().decode(Self.self, from: Data(opened))
    else {
      self.init(without: .damaged)
      return
    }
    self = facts
  }

  private init(without problem: ContentProblem) {
    (counterparty, matter) = ("[\(problem)]", "[\(problem)]")
  }

  init(counterparty: String?, matter: String?, secrecy: String?) {
    (self.counterparty, self.matter, self.secrecy) = (counterparty, matter, secrecy)
  }

  /// Seals entries that a former version stored in plain.
  /// - Returns: whether there may be more.
  static func sealOlder(_ count: Int, in db: Database) throws -> Bool {
    let rows = try Row.fetchAll(
      db,
      sql: """
        SELECT messageRow, counterparty, matter, secrecy FROM registerEntry
        WHERE coalesce(counterparty, matter, secrecy) IS NOT NULL LIMIT ?
        """, arguments: [count])
    for row in rows {
      let facts = SealedFacts(counterparty: row["counterparty"], matter: row["matter"], secrecy: row["secrecy"])
      try db.change(
        sql: """
          UPDATE registerEntry SET sealed = ?, counterparty = NULL, matter = NULL, secrecy = NULL WHERE messageRow = ?
          """, arguments: [facts.sealed(for: row["messageRow"], in: db), row["messageRow"]])
    }
    return rows.count == count
  }

  private static func binding(_ row: Int64) -> [UInt8] { Array("sdk-relay register entry 1\n\(row)".utf8) }
}
