import Foundation
import GRDB
import SDKRelay

/// The settings of the node's own mailboxes, from the first change on; `settings` is JSON with times in whole milliseconds.
/// `version` rises with each change.
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
        INSERT INTO mailboxSettings (participant, mailbox, version, changedAt, changedBy, settings)
        VALUES (?, ?, ?, ?, ?, ?)
        ON CONFLICT (participant, mailbox) DO UPDATE SET version = excluded.version, changedAt = excluded.changedAt,
          changedBy = excluded.changedBy, settings = excluded.settings
        """,
      arguments: [
        mailbox.organisation.comparable, mailbox.mailbox.value, mailbox.version, now.milliseconds, principal,
        String(decoding: try encoder.encode(mailbox.settings), as: UTF8.self),
      ])
  }

  private static let columns = "participant, mailbox, version, changedAt, changedBy, settings"
}

extension ConfiguredMailbox {
  init(_ row: Row) throws {
    let decoder = JSONDecoder()
    decoder.dateDecodingStrategy = .custom { Date(milliseconds: try Int64(from: $0)) }
    self.init(
      organisation: try ParticipantID(row["participant"]), mailbox: try FunctionalAddress(row["mailbox"]),
      version: row["version"], changed: Date(milliseconds: row["changedAt"]), changedBy: row["changedBy"],
      settings: try decoder.decode(MailboxSettings.self, from: Data((row["settings"] as String).utf8)))
  }

  var id: MailboxID { MailboxID(organisation, mailbox) }
}
