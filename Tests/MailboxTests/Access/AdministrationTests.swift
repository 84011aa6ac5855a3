import Foundation
import GRDB
import Logging
import Testing

@testable import Mailbox
@testable import SDKRelay

/// Users, clients and grants as the service changes them.
@Suite struct AdministrationTests {
  private let kit = AdministrationKit()
  private let service: MailboxService
  private let root = Principal.operator("root")

  init() async throws {
    service = try kit.service(agreements: OfficeKit.agreement())
    for name in ["worker", "chief", "admin", "auditor"] {
      _ = try await service.addUser(UserID(name), name: name, of: AccessKit.organisation, by: root)
    }
    _ = try await service.grant(.role(.mailboxAdministrator), to: kit.user("chief"), in: AccessKit.mailbox, by: root)
    _ = try await service.grant(.role(.systemAdministrator), to: kit.user("admin"), by: root)
    _ = try await service.grant(.role(.auditor), to: kit.user("auditor"), by: root)
  }

  @Test("W12 every change has its entry, and the trail is whole")
  func entries() async throws {
    let grant = try await service.grant(.role(.caseworker), to: kit.user("worker"), in: AccessKit.mailbox, by: root)
    try await service.endGrant(grant.number, reason: "slutat", by: root)
    try await service.endUser(UserID("worker"), by: root)
    let client = try ClientID("case-system")
    let credential = ClientCredential.newSecret().credential
    _ = try await service.addClient(
      client, name: "Ärendesystem", of: AccessKit.organisation, scopes: [.getMessage], credential: credential, by: root)
    try await service.revokeClient(client, by: root)
    let actions = try await service.searchAudit(AuditFilter(), by: root).reversed().map(\.action)
    #expect(
      actions == [String](repeating: "user.add", count: 4) + [String](repeating: "grant.add", count: 3)
        + ["grant.add", "grant.end", "user.end", "client.add", "client.revoke"])
    #expect(try service.verifyAudit().isWhole)
    #expect(try service.users(for: root).first { $0.id.value == "worker" }?.ended != nil)
  }

  @Test("W4 a change that is denied leaves an entry that says so, and nothing else")
  func denied() async throws {
    let stranger = Principal.user(try UserID("worker"))
    await #expect(throws: AccessDenied.self) {
      try await service.grant(.role(.caseworker), to: kit.user("chief"), in: AccessKit.mailbox, by: stranger)
    }
    let last = try #require(try await service.searchAudit(AuditFilter(), by: .user(UserID("auditor"))).first)
    #expect(last.outcome == "denied" && last.principal == "worker" && last.action == "grant.add")
    #expect(try service.grants(for: root).count == 3)
    #expect(try service.grants(for: stranger).isEmpty && service.users(for: stranger).isEmpty)
  }

  @Test("W4 a system administrator cannot let themselves in to messages")
  func oneself() async throws {
    let admin = Principal.user(try UserID("admin"))
    await #expect(throws: AccessProblem.toOneself) {
      try await service.grant(.role(.caseworker), to: kit.user("admin"), in: AccessKit.mailbox, by: admin)
    }
    _ = try await service.grant(.role(.caseworker), to: kit.user("worker"), in: AccessKit.mailbox, by: admin)
  }

  @Test("W4 a mailbox's administrator gives caseworkers' grants there, and no other")
  func members() async throws {
    let chief = Principal.user(try UserID("chief"))
    for kind in [Grant.Kind.role(.caseworker), .protectedPersons] {
      let grant = try await service.grant(kind, to: kit.user("worker"), in: AccessKit.mailbox, by: chief)
      await #expect(throws: AccessDenied.self) {
        try await service.grant(kind, to: kit.user("worker"), in: AccessKit.neighbour, by: chief)
      }
      try await service.endGrant(grant.number, by: chief)
    }
    for role in Role.allCases where role != .caseworker {
      await #expect(throws: AccessDenied.self) {
        try await service.grant(.role(role), to: kit.user("worker"), in: AccessKit.mailbox, by: chief)
      }
    }
    await #expect(throws: AccessDenied.self) { try await service.endGrant(2, by: chief) }
  }

  @Test("grants that make no sense are refused")
  func refused() async throws {
    let elsewhere = MailboxID(AccessKit.stranger, AccessKit.mailbox.address)
    await #expect(throws: AccessProblem.otherOrganisation) {
      try await service.grant(.role(.caseworker), to: kit.user("worker"), in: elsewhere, by: root)
    }
    await #expect(throws: AccessProblem.needsMailbox) {
      try await service.grant(.role(.registrar), to: kit.user("worker"), by: root)
    }
    await #expect(throws: AccessProblem.notForUsers) {
      try await service.grant(.acting, to: kit.user("worker"), in: AccessKit.mailbox, by: root)
    }
    await #expect(throws: AccessProblem.endsBeforeItBegins) {
      try await service.grant(
        .role(.caseworker), to: kit.user("worker"), in: AccessKit.mailbox, from: .now, until: .distantPast, by: root)
    }
    await #expect(throws: AccessProblem.exists("the user worker")) {
      try await service.addUser(UserID("Worker"), name: "W", of: AccessKit.organisation, by: root)
    }
    await #expect(throws: AccessProblem.name) {
      try await service.addUser(UserID("x"), name: "19121212-1212", of: AccessKit.organisation, by: root)
    }
  }

  @Test("W4 an organisation that the node does not serve, and a mailbox that no agreement has, are refused by name")
  func unknown() async throws {
    let nowhere = MailboxID(AccessKit.organisation, try FunctionalAddress("sdk:ingen"))
    let error = await #expect(throws: AccessProblem.self) {
      try await service.grant(.role(.caseworker), to: kit.user("worker"), in: nowhere, by: root)
    }
    let known = ["sdk:antagning", "sdk:rektor", "sdk:studievagledning"].map { "\(AccessKit.organisation)/\($0)" }
    #expect(
      "\(try #require(error))"
        == "no agreement or directory has the mailbox \(nowhere): there are \(known.joined(separator: ", "))")
    await #expect(throws: AccessDenied.self, "whoever may give none there is told nothing") {
      try await service.grant(
        .role(.caseworker), to: kit.user("chief"), in: nowhere, by: .user(UserID("worker")))
    }
    let stranger = AccessProblem.unknownOrganisation(AccessKit.stranger.value, known: [AccessKit.organisation.value])
    await #expect(throws: stranger) {
      try await service.addUser(UserID("x"), name: "X", of: AccessKit.stranger, by: root)
    }
    await #expect(throws: stranger) {
      try await service.addClient(
        ClientID("x"), name: "X", of: AccessKit.stranger, scopes: [.getMessage],
        credential: ClientCredential.newSecret().credential, by: root)
    }
    #expect(try service.grants(for: root).count == 3)
  }

  @Test("a grant that is there is not given twice, and what has ended is not ended again")
  func twice() async throws {
    func give(_ from: Date? = nil, until end: Date? = nil, at now: Date = .now) async throws -> Int64 {
      try await service.grant(
        .role(.caseworker), to: kit.user("worker"), in: AccessKit.mailbox, from: from, until: end, by: root, at: now
      ).number
    }
    let (now, day) = (Date(), AccessKit.day)
    let short = try await give(until: now + day, at: now)
    await #expect(throws: AccessProblem.self) { try await give(until: now + day / 2, at: now) }
    let long = try await give(at: now)
    let error = await #expect(throws: AccessProblem.self) { try await give(at: now) }
    #expect("\(try #require(error))" == "the grant \(long), which gives the same, is there already")
    for number in [short, long] { try await service.endGrant(number, by: root, at: now + 1) }
    await #expect(throws: AccessProblem.hasEnded("the grant \(long)")) {
      try await service.endGrant(long, by: root, at: now + 2)
    }
    _ = try await give(at: now + 3)
    try await service.endUser(UserID("worker"), by: root)
    await #expect(throws: AccessProblem.hasEnded("the access of worker")) {
      try await service.endUser(UserID("worker"), by: root)
    }
  }

  @Test("W4 nobody takes the last system administrator from an organisation without saying so")
  func last() async throws {
    let admin = Principal.user(try UserID("admin"))
    await #expect(throws: AccessProblem.lastAdministrator) { try await service.endGrant(2, by: admin) }
    await #expect(throws: AccessProblem.lastAdministrator) { try await service.endGrant(2, by: root) }
    await #expect(throws: AccessProblem.lastAdministrator) { try await service.endUser(UserID("admin"), by: root) }
    let role = Grant.Kind.role(.systemAdministrator)
    _ = try await service.grant(role, to: kit.user("worker"), from: .now + AccessKit.day, by: root)
    await #expect(throws: AccessProblem.lastAdministrator, "one to come is nobody yet") {
      try await service.endGrant(2, by: root)
    }
    let second = try await service.grant(role, to: kit.user("chief"), by: root)
    try await service.endGrant(2, by: admin)
    await #expect(throws: AccessProblem.lastAdministrator) { try await service.endGrant(second.number, by: root) }
    try await service.endUser(UserID("chief"), isLastMeant: true, by: root)
    try await service.endUser(UserID("admin"), by: root)
  }
}
