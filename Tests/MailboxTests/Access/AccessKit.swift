import Foundation
import GRDB

@testable import Mailbox
@testable import SDKRelay

/// A database in memory with the relay's and the service's tables, and two organisations.
struct AccessKit {
  let database: DatabaseQueue
  static let now = Date(milliseconds: 1_780_000_000_000)
  static let day: TimeInterval = 86_400

  static let organisation = try! ParticipantID("0203:komvux.kommun.example.se")
  static let stranger = try! ParticipantID("0203:annan.example.se")
  static let mailbox = MailboxID(organisation, try! FunctionalAddress("sdk:antagning"))
  static let neighbour = MailboxID(organisation, try! FunctionalAddress("sdk:studievagledning"))
  static let user = try! UserID("u1")
  static let client = try! ClientID("case-system")

  init() throws {
    var configuration = Configuration()
    configuration.foreignKeysEnabled = true
    database = try DatabaseQueue(configuration: configuration)
    try StoreSchema.migrator(MailboxInbox()).migrate(database)
  }

  func addUser(_ id: UserID = user, of participant: ParticipantID = organisation) throws {
    let user = User(id: id, name: "Handläggare", participant: participant, created: Self.now, ended: nil)
    try database.write { try UserTable.add(user, in: $0) }
  }

  func addClient(_ scopes: Set<ClientScope>) throws {
    let client = Client(
      id: Self.client, name: "Ärendesystem", participant: Self.organisation, scopes: scopes,
      credential: ClientCredential.newSecret().credential, created: Self.now, revoked: nil)
    try database.write { try ClientTable.add(client, in: $0) }
  }

  @discardableResult
  func grant(
    _ kind: Grant.Kind, to holder: Grant.Holder = .user(user), in mailbox: MailboxID? = mailbox,
    from start: Date = now - day, until end: Date? = nil
  ) throws -> Grant {
    try database.write { db in
      try GrantTable.add(
        NewGrant(
          holder: holder, kind: kind, participant: mailbox?.participant ?? Self.organisation,
          mailbox: mailbox?.address, start: start, end: end),
        in: db)
    }
  }

  func allows(
    _ permission: Permission, _ mailbox: MailboxID = mailbox, isProtected: Bool = false,
    by principal: Principal = .user(user), at now: Date = now
  ) throws -> Bool {
    try database.read {
      try Access.allows(
        principal, permission, mailbox, for: isProtected ? .protectedPersons : .mailbox, at: now, in: $0)
    }
  }
}
