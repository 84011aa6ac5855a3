import GRDB
import SDKRelay

/// The bridge's tables, in the relay's database. One migration a subject; none is edited once released.
///
/// Times are whole milliseconds since 1970. Participants stand in lower case, as they compare. `participant` is the
/// organisation of this node whose row it is: what one organisation knows, no other one is asked about.
enum BridgeSchema {
  static let name = "bridge"

  static func register(in migrator: inout DatabaseMigrator) {
    for (name, sql) in migrations {
      migrator.registerMigration("\(Self.name) \(name)") { db in
        try db.execute(sql: sql)
        KillPoint.reached(.migrating)
      }
    }
  }

  // One entry a line.
  private static let migrations: [(name: String, sql: String)] = [
    (
      "1 register",
      PersonTable.schema + ProtectionTable.schema + CaseTable.schema + CaseEventTable.schema
        + AvailabilityTable.schema
    ),
    ("2 linking", LinkTable.schema),
    ("4 core", CoreTable.schema + FactKeyTable.schema),
    ("7 channel", ChannelChoiceTable.schema),
    ("6 feed", CaseFeedTable.schema + CaseHookTable.schema),
    ("5 loading", LoadingTable.schema),
    ("8 access lists", PersonTable.covered),
    ("9 proposals", LinkTable.expiring),
    ("10 classes of information", CaseEventTable.classified),
    ("11 asked", PersonTable.asked),
  ]
}

extension CaseRegister {
  /// All that taking rows into the register reads and writes.
  static let tables = [
    "roomKey", "person", "personIdentifier", "personProtection", "personProtectionChange", "caseRecord",
    "caseReference",
    "caseStep", "caseEvent", "caseLoading", "caseLoadingRefusal",
  ]
  /// What ties messages to it.
  static let linkTables = ["linkKey", "caseLink"]
}
