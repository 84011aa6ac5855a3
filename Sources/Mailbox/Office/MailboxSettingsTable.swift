import Foundation
import GRDB
import SDKRelay
import XMLSecurity

/// The settings of the node's own mailboxes, from the first change on: JSON with times in whole milliseconds, sealed with the
/// settings' key in `sealed`; a former version stored it in plain as `settings`. `version` rises with each change.
enum MailboxSettingsTable {
  static let schema = """
    CREATE TABLE mailboxSettings (
      participant TEXT NOT NULL,
      mailbox TEXT NOT NULL,
      version INTEGER NOT NULL,
      changedAt INTEGER NOT NULL,
      changedBy TEXT NOT NULL,
      settings TEXT NOT NULL,
      PRIMARY KEY (participant, mailbox)
    ) STRICT, WITHOUT ROWID;
    """

  static let sealed = "ALTER TABLE mailboxSettings ADD COLUMN sealed BLOB;\n"
  private static let use = "mailbox settings"

  /// As they stand; version 0 where nothing has been decided.
  static func fetch(_ mailbox: MailboxID, in db: Database) throws -> ConfiguredMailbox {
    try stored(mailbox, in: db)
      ?? ConfiguredMailbox(
        organisation: mailbox.participant, mailbox: mailbox.address, version: 0, changed: nil, changedBy: nil,
        settings: MailboxSettings())
  }

  static func stored(_ mailbox: MailboxID, in db: Database) throws -> ConfiguredMailbox? {
    try db.row(
      sql: "SELECT \(columns) FROM mailboxSettings WHERE participant = ? AND mailbox = ?",
      arguments: [mailbox.participant.comparable, mailbox.address.value]
    ).map(ConfiguredMailbox.init)
  }

  /// Of every mailbox of the organisation for which something has been decided.
  static func all(of participant: ParticipantID, in db: Database) throws -> [ConfiguredMailbox] {
    try Row.fetchAll(
      db, sql: "SELECT \(columns) FROM mailboxSettings WHERE participant = ? ORDER BY mailbox",
      arguments: [participant.comparable]
    ).map(ConfiguredMailbox.init)
  }

  static func keep(_ mailbox: ConfiguredMailbox, at now: Date, by principal: String, in db: Database) throws {
    let encoder = JSONEncoder.stable()
    encoder.dateEncodingStrategy = .custom { date, encoder in try date.milliseconds.encode(to: encoder) }
    try db.change(
      sql: """
        INSERT INTO mailboxSettings (participant, mailbox, version, changedAt, changedBy, settings, sealed)
        VALUES (?, ?, ?, ?, ?, '', ?)
        ON CONFLICT (participant, mailbox) DO UPDATE SET version = excluded.version, changedAt = excluded.changedAt,
          changedBy = excluded.changedBy, settings = '', sealed = excluded.sealed
        """,
      arguments: [
        mailbox.organisation.comparable, mailbox.mailbox.value, mailbox.version, now.milliseconds, principal,
        try seal([UInt8](encoder.encode(mailbox.settings)), of: mailbox.id, in: db),
      ])
  }

  /// Seals what a former version stored in plain.
  static func sealOlder(in db: Database) throws {
    for row in try Row.fetchAll(
      db, sql: "SELECT participant, mailbox, settings FROM mailboxSettings WHERE sealed IS NULL")
    {
      let mailbox = MailboxID(try ParticipantID(row["participant"]), try FunctionalAddress(row["mailbox"]))
      try db.change(
        sql: "UPDATE mailboxSettings SET settings = '', sealed = ? WHERE participant = ? AND mailbox = ?",
        arguments: [
          try seal(Array((row["settings"] as String).utf8), of: mailbox, in: db), mailbox.participant.comparable,
          mailbox.address.value,
        ])
    }
  }

  private static func seal(_ json: [UInt8], of mailbox: MailboxID, in db: Database) throws -> Data {
    Data(try RoomKey.open(use, in: db).seal(json, binding: binding(mailbox)))
  }

  /// - Throws: ``ContentProblem``: a mailbox whose settings cannot be had is not taken for one without any.
  fileprivate static func json(_ row: Row, of mailbox: MailboxID) throws -> Data {
    guard let sealed = row["sealed"] as Data? else { return Data((row["settings"] as String).utf8) }
    let state = KeyState(row, column: "settingsKey")
    guard let key = state.key else { throw state.problem ?? ContentProblem.destroyed }
    guard let json = try? key.open([UInt8](sealed), binding: binding(mailbox)) else { throw ContentProblem.damaged }
    return Data(json)
  }

  private static func binding(_ mailbox: MailboxID) -> [UInt8] {
    Array("sdk-relay mailbox settings 1\n\(mailbox.participant.comparable)\n\(mailbox.address.value)".utf8)
  }

  private static let columns = """
    participant, mailbox, version, changedAt, changedBy, settings, sealed, \(RoomKey.column(use)) AS settingsKey
    """
}

extension ConfiguredMailbox {
  init(_ row: Row) throws {
    let decoder = JSONDecoder()
    decoder.dateDecodingStrategy = .custom { Date(milliseconds: try Int64(from: $0)) }
    let id = MailboxID(try ParticipantID(row["participant"]), try FunctionalAddress(row["mailbox"]))
    self.init(
      organisation: id.participant, mailbox: id.address, version: row["version"],
      changed: Date(milliseconds: row["changedAt"]), changedBy: row["changedBy"],
      settings: try decoder.decode(MailboxSettings.self, from: MailboxSettingsTable.json(row, of: id)))
  }

  var id: MailboxID { MailboxID(organisation, mailbox) }
}
