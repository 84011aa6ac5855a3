import Foundation
import GRDB
import Testing

@testable import Mailbox
@testable import SDKRelay

@Suite("Messages that arrive under a mailbox's settings") struct ArrivalTests {
  private let now = OfficeKit.now

  private func forward(_ kit: OfficeKit, from start: Date? = nil, until end: Date? = nil) async throws {
    try await kit.configure { [now] in
      $0.forwarding = .init(to: OfficeKit.neighbour.address, from: start ?? now, until: end)
    }
  }

  @Test("W4 a forwarded message belongs to those of the other mailbox alone, and keeps its address")
  func forwarding() async throws {
    let kit = try await OfficeKit()
    let here = try await kit.messages.user("u1")
    let there = try await kit.messages.user("u2", in: OfficeKit.neighbour)
    let before = try await kit.messages.deliver()
    try await forward(kit, until: now + 60)
    let message = try await kit.messages.deliver { $0.subject = "Omdirigerat ärende" }
    #expect(message.ownMailbox == OfficeKit.neighbour.address)
    #expect(message.recipient.mailbox == OfficeKit.mailbox.address)
    #expect(before.ownMailbox == OfficeKit.mailbox.address)
    #expect(try await kit.messages.find("omdirigerat", there) == [message.row])
    #expect(try await kit.messages.find("omdirigerat", here) == [])
    #expect(try await kit.messages.find(nil, there) == [message.row])
    #expect(try await kit.messages.find(nil, here) == [before.row])
    #expect(try kit.service.unhandled(for: there, at: now) == [OfficeKit.neighbour: 1])
    await #expect(throws: MessageProblem.notFound) { try await kit.service.open(message.id, by: here, at: now) }
    try await kit.service.handle(message.id, .claim, version: 0, by: there, at: now)
    let after = try await kit.messages.deliver { $0.stored = now + 60 }
    #expect(after.ownMailbox == OfficeKit.mailbox.address)
    let entry = try kit.service.relay.read { db in
      try String.fetchAll(db, sql: "SELECT object FROM auditEntry WHERE action = 'message.forward'")
    }
    #expect(entry == ["to sdk:studievagledning by version 1"])
  }

  @Test("forwarding has one step and no circle, in whichever order it is asked for") func chains() async throws {
    let kit = try await OfficeKit()
    try await forward(kit)
    func back(_ target: MailboxID) async throws {
      try await kit.configure(OfficeKit.neighbour) { [now] in $0.forwarding = .init(to: target.address, from: now) }
    }
    for target in [OfficeKit.mailbox, OfficeKit.outside] {
      await #expect(throws: MailboxProblem.self) { try await back(target) }
    }
    // Once it is over, the other way is free.
    try await kit.configure { $0.forwarding = nil }
    try await back(OfficeKit.mailbox)
    await #expect(throws: MailboxProblem.refused(.forwarding, "sdk:studievagledning is forwarded itself")) {
      try await forward(kit)
    }
    // Rows that say otherwise are no circle either.
    try await kit.service.relay.write { [now] db in
      let present = try MailboxSettingsTable.fetch(OfficeKit.neighbour, in: db)
      let circle = ConfiguredMailbox(
        organisation: AccessKit.organisation, mailbox: AccessKit.mailbox.address, version: 9, changed: now,
        changedBy: "test",
        settings: {
          var settings = present.settings
          settings.forwarding?.to = OfficeKit.neighbour.address
          return settings
        }())
      try MailboxSettingsTable.keep(circle, at: now, by: "test", in: db)
    }
    #expect(try await kit.messages.deliver().ownMailbox == OfficeKit.neighbour.address)
  }

  @Test("W4 whoever forwards administers both mailboxes") func bothEnds() async throws {
    let kit = try await OfficeKit()
    let one = try await kit.messages.user("one", [.role(.mailboxAdministrator)])
    await #expect(throws: MailboxProblem.self) {
      try await kit.configure(by: one) { [now] in $0.forwarding = .init(to: OfficeKit.neighbour.address, from: now) }
    }
  }

  @Test("a mailbox stands in only for what the agreement lets it handle, with the sentence") func agreed() async throws
  {
    let kinds = try await OfficeKit(agreement: OfficeKit.agreement(neighbourKinds: "[other]"))
    let missing =
      "by the agreement ab (version 1) sdk:studievagledning does not write to sdk:registrator about application"
    await #expect(throws: MailboxProblem.refused(.forwarding, missing)) { try await forward(kinds) }
    let open = try await OfficeKit(agreement: OfficeKit.agreement(neighbourProtected: false))
    let unprotected =
      "by the agreement ab (version 1) sdk:studievagledning takes no messages on protected persons, and sdk:antagning does"
    await #expect(throws: MailboxProblem.refused(.forwarding, unprotected)) { try await forward(open) }
  }

  @Test("what the agreement no longer allows stays where it came") func agreementEnds() async throws {
    let kit = try await OfficeKit()
    try await forward(kit)
    try kit.messages.agree(OfficeKit.agreement(neighbourProtected: false))
    _ = try #require(kit.service.agreements?.look(now: .now + .seconds(9)))
    #expect(try await kit.messages.deliver().ownMailbox == OfficeKit.mailbox.address)
  }

  @Test("the default handler has each message from its arrival on, for as long as the grant lasts")
  func defaultHandler() async throws {
    let kit = try await OfficeKit()
    let user = try await kit.messages.user("u1", until: now + 60)
    try await kit.configure { $0.defaultHandler = "u1" }
    let message = try await kit.messages.deliver()
    let handling = try await kit.service.handling(of: message.id, by: user, at: now)
    #expect(try handling.state.handler == UserID("u1") && handling.state.version == 1)
    #expect(handling.history.map(\.step) == ["assign"])
    try await kit.service.handle(message.id, .release, version: 1, by: user, at: now)
    let later = try await kit.messages.deliver { $0.stored = now + 60 }
    #expect(try await kit.service.handling(of: later.id, by: kit.head, at: now + 60).state.handler == nil)
    // A part that has become wrong by itself does not keep the others as they are.
    #expect(try await kit.configure(at: now + 60) { $0.name = "Intaget" }.version == 2)
  }
}
