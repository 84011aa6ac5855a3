import Foundation
import GRDB
import Logging
import Mailbox
public import SDKRelay
import XMLSecurity

/// A case system's webhook: where an organisation's news is posted besides being there to be fetched.
public struct CaseHook: Hashable, Sendable {
  public let tenant: ParticipantID
  let address: WebhookAddress
  let host: WebhookHost

  init(tenant: ParticipantID, address: WebhookAddress, host: WebhookHost) {
    self.tenant = tenant
    self.address = address
    self.host = host
  }

  init(_ section: SettingsSection) throws(SettingsProblem) {
    try section.allow("organisation", "url", "secret", "trust", "totalTime")
    tenant = try section.value("organisation", expected: "a participant id such as 0203:kommun.example.se") {
      try? ParticipantID($0)
    }
    address = try section.value("url", expected: "an https address without user and query") { WebhookAddress($0) }
    host = try WebhookHost(of: address, section)
  }

  // Where it leads says which it is.
  public static func == (left: Self, right: Self) -> Bool {
    left.tenant == right.tenant && left.address == right.address
  }

  public func hash(into hasher: inout Hasher) {
    hasher.combine(tenant)
    hasher.combine(address)
  }
}

/// How far each webhook has been told, and what is in the way.
enum CaseHookTable {
  static let schema = """
    CREATE TABLE caseHook (
      participant TEXT NOT NULL,
      address TEXT NOT NULL,
      number INTEGER NOT NULL,
      attempts INTEGER NOT NULL DEFAULT 0,
      nextAt INTEGER,
      failingSince INTEGER,
      PRIMARY KEY (participant, address)
    ) STRICT, WITHOUT ROWID;

    """

  struct State {
    var number: Int64 = 0
    var attempts = 0
    var next: Date?
    var failingSince: Date?
  }

  /// - Returns: nil for a webhook that is new: what was before it is there to be fetched.
  static func fetch(_ hook: CaseHook, in db: Database) throws -> State? {
    let row = try db.row(
      sql: "SELECT * FROM caseHook WHERE participant = ? AND address = ?",
      arguments: [hook.tenant.comparable, hook.address.description])
    return row.map { row in
      State(
        number: row["number"], attempts: row["attempts"], next: (row["nextAt"] as Int64?).map(Date.init(milliseconds:)),
        failingSince: (row["failingSince"] as Int64?).map(Date.init(milliseconds:)))
    }
  }

  static func keep(_ state: State, of hook: CaseHook, in db: Database) throws {
    try db.change(
      sql: """
        INSERT OR REPLACE INTO caseHook (participant, address, number, attempts, nextAt, failingSince)
        VALUES (?, ?, ?, ?, ?, ?)
        """,
      arguments: [
        hook.tenant.comparable, hook.address.description, state.number, state.attempts, state.next?.milliseconds,
        state.failingSince?.milliseconds,
      ])
  }
}
