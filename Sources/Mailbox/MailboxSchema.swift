import GRDB
import SDKRelay

/// The service's tables, in the relay's database. One migration a subject; none is edited once released.
///
/// Times are whole milliseconds since 1970. Participants stand in lower case and mailbox addresses as written,
/// as each compares.
enum MailboxSchema {
  static func register(in migrator: inout DatabaseMigrator) {
    for (name, sql) in migrations {
      migrator.registerMigration("mailbox \(name)") { db in
        try db.execute(sql: sql)
        KillPoint.reached(.migrating)
      }
    }
  }

  // One entry a line.
  private static let migrations: [(name: String, sql: String)] = [
    ("1 access", AccessSchema.first),
    ("2 agreement", AgreementTable.schema),
    ("3 audit", AuditSchema.first),
    ("4 message", MessageRecordTable.schema),
    ("5 conversation", ConversationTable.schema),
    ("6 handling", HandlingTable.schema),
    ("7 search", SearchIndex.schema),
    ("8 sealed notes and words", HandlingTable.sealedNotes + SearchIndex.blind),
    ("10 register", RegisterTable.schema),
    ("11 retention", RetentionTable.schema),
    ("13 office", MailboxSettingsTable.schema),
    ("14 notification", NotificationTable.schema),
    ("15 failed delivery", FailedDeliveryTable.schema),
    ("16 draft", DraftTable.schema),
    ("17 user secret", UserSecretTable.schema),
    ("18 sealed register and settings", RoomKey.schema + SealedFacts.schema + MailboxSettingsTable.sealed),
    ("19 notification of links", NotificationTable.linkUndone),
    (
      "20 access lists",
      AccessListTable.schema + MessageRecordTable.cause + OpeningTable.schema + NotificationTable.glassBroken
    ),
  ]
}
