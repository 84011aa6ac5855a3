import GRDB

/// Files of messages in which malware was found. Nothing reads them but whoever goes to the folder by hand; they stay
/// until an operator dismisses the incident.
enum QuarantineTable {
  static func add(_ file: String, of reception: Reception, in db: Database) throws {
    try db.change(
      sql: "INSERT INTO quarantinedFile (participant, file, receptionRow) VALUES (?, ?, ?)",
      arguments: [reception.participant.comparable, file, reception.row])
  }

  /// Gives up the files of a message that was rejected; the janitor removes them. False for any other reception.
  static func clear(_ reception: Reception, in db: Database) throws -> Bool {
    guard reception.state == ReceptionState.rejected.rawValue else { return false }
    try db.change(sql: "DELETE FROM quarantinedFile WHERE receptionRow = ?", arguments: [reception.row])
    return true
  }
}
