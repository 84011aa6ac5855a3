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
    service = try kit.service()
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
}
