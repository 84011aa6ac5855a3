import Foundation
import GRDB
import SDKRelay
import XMLSecurity

/// Internal notes, each sealed with its message's key.
enum HandlingNotes {
  /// - Throws: `ContentProblem` where the message's key cannot be had.
  static func add(_ text: String, to message: StoredMessage, by user: UserID, at now: Date, in db: Database) throws {
    if let problem = message.contentProblem { throw problem }
    let seal = try message.noteSeal(in: db)
    try db.change(
      sql: "INSERT INTO messageNote (messageRow, user, at, text, sealed) VALUES (?, ?, ?, '', ?)",
      arguments: [
        message.row, user.value, now.milliseconds, seal.seal(Array(text.utf8), as: kind(user.value, now.milliseconds)),
      ])
  }

  /// The message's notes in their order. One that cannot be opened says so.
  static func fetch(_ message: StoredMessage, in db: Database) throws -> [Handling.Note] {
    let state = try MessageKeyTable.state(ofMessage: message.row, in: db)
    return try Row.fetchAll(
      db.cachedStatement(sql: "SELECT user, at, text, sealed FROM messageNote WHERE messageRow = ? ORDER BY id"),
      arguments: [message.row]
    ).map { row in
      Handling.Note(
        user: try UserID(row["user"]), time: Date(milliseconds: row["at"]), text: text(row, of: message, state))
    }
  }

  /// Seals notes that a former version stored in plain.
  /// - Parameter last: the number of the last note that was looked at.
  /// - Returns: that of the last one now; nil when there are no more.
  static func sealOlder(after last: Int64, _ count: Int, in db: Database) throws -> Int64? {
    let rows = try Row.fetchAll(
      db,
      sql: """
        SELECT id, messageRow, user, at, text FROM messageNote WHERE sealed IS NULL AND id > ? ORDER BY id LIMIT ?
        """, arguments: [last, count])
    for row in rows {
      let message = try Row.fetchOne(
        db, sql: "SELECT \(StoredMessage.columns) FROM message WHERE id = ?", arguments: [row["messageRow"]])
      // Where the message's key is out of reach the note stays as it is.
      guard let seal = message.flatMap({ try? StoredMessage($0).noteSeal(in: db) }) else { continue }
      let bytes = Array((row["text"] as String).utf8)
      try db.change(
        sql: "UPDATE messageNote SET text = '', sealed = ? WHERE id = ?",
        arguments: [seal.seal(bytes, as: kind(row["user"], row["at"])), row["id"]])
    }
    return rows.last?["id"]
  }

  private static func text(_ row: Row, of message: StoredMessage, _ state: KeyState) -> String {
    guard let sealed = row["sealed"] as Data? else { return row["text"] }
    guard let key = state.key else { return "[\(state.problem ?? .destroyed)]" }
    let seal = ContentSeal(key, of: message.participant, message.direction, message.id)
    do throws(ContentProblem) {
      return String(decoding: try seal.open(sealed, as: kind(row["user"], row["at"])), as: UTF8.self)
    } catch {
      return "[\(error)]"
    }
  }

  private static func kind(_ user: String, _ at: Int64) -> String { "note by \(user) at \(at)" }
}

extension StoredMessage {
  /// What the message's notes are sealed with. A message that a former version stored gets its key.
  fileprivate func noteSeal(in db: Database) throws -> ContentSeal {
    ContentSeal(try MessageKeyTable.key(making: self, in: db), of: participant, direction, id)
  }
}
