import Foundation
import GRDB
import Testing

@testable import Mailbox
@testable import SDKRelay
@testable import StructuredBridge

/// What people decide about links.
@Suite("Decisions about links") struct LinkDecisionTests {
  private static let dnr = Draft.Reference(root: "dnr", value: LinkKit.dnr.value)

  @Test("a proposal is confirmed or rejected by whoever may work at the message, by the version that was seen")
  func confirm() async throws {
    let kit = try LinkKit()
    let id = try await kit.open()
    let bridge = kit.kit.bridge
    let message = try await kit.deliver { $0.refer(BridgeKit.person()) }
    try await kit.user("u1", [.role(.caseworker), .protectedPersons])
    let user = Principal.user(try UserID("u1"))
    let reader = try await kit.user("u2", [.role(.registrar)])
    let outside = Principal.user(try UserID("nobody"))
    #expect(try await bridge.links(for: user, at: LinkKit.now).map(\.message) == [message.id])
    #expect(try await bridge.links(for: outside, at: LinkKit.now).isEmpty)
    for principal in [reader, outside] {
      await #expect(throws: MessageProblem.notFound) {
        try await bridge.confirmLink(of: message.id, version: 1, by: principal, at: LinkKit.now)
      }
    }
    await #expect(throws: LinkProblem.stale(seen: 0, now: 1)) {
      try await bridge.confirmLink(of: message.id, version: 0, by: user, at: LinkKit.now)
    }
    await #expect(throws: LinkProblem.noCase) {
      try await bridge.confirmLink(of: message.id, to: "KOM-2026/99", version: 1, by: user, at: LinkKit.now)
    }
    let link = try await bridge.confirmLink(
      of: message.id, version: 1, by: user, through: .operator("drift"), at: LinkKit.now)
    let trail = try await bridge.mailbox.searchAudit(AuditFilter(), by: .operator("drift"), at: LinkKit.now)
    #expect(trail.contains { $0.action == "link.confirm" && $0.object == "case \(id), as user u1" })
    #expect(link.state == .linked && link.cases.map(\.id) == [id] && link.step == 0)
    await #expect(throws: LinkProblem.isLinked) {
      try await bridge.confirmLink(of: message.id, version: 2, by: user, at: LinkKit.now)
    }
    let second = try await kit.deliver { $0.refer(BridgeKit.person()) }
    try await bridge.rejectLink(of: second.id, version: 1, reason: "annat", by: user, at: LinkKit.now)
    #expect(try await kit.outcome(second) == "rejected 0 person 0")
    // What somebody has decided no fact changes.
    try await kit.kit.observe(kit.kit.event(.application, days: -2))
    #expect(try await kit.outcome(second) == "rejected 0 person 0")
  }

  @Test("a wrong link is undone with its history, an event and a notice, and the conversation moves with it")
  func undo() async throws {
    let kit = try LinkKit()
    try await kit.open(known: [LinkKit.dnr])
    let right = try await kit.open(BridgeKit.person(1))
    let bridge = kit.kit.bridge
    let user = try await kit.user("u1", [.role(.caseworker), .role(.mailboxAdministrator)])
    let first = try await kit.deliver { $0.references = [Self.dnr] }
    let follow = try await kit.deliver { ($0.answers, $0.conversation) = (first.id, first.conversationID) }
    let apart = try await kit.deliver { $0.references = [Self.dnr] }
    await #expect(throws: LinkProblem.needsReason) {
      try await bridge.undoLink(of: first.id, version: 1, reason: " ", by: user, at: LinkKit.now)
    }
    let link = try await bridge.undoLink(
      of: first.id, to: right.value, version: 1, reason: "fel person", by: user, at: LinkKit.now)
    #expect(link.cases.map(\.id) == [right])
    #expect(try await kit.caseOf(follow) == right)
    #expect(try await kit.outcome(apart) == "linked 4 caseNumber 1")
    let (steps, events) = try await bridge.mailbox.relay.write { db in
      (
        try String.fetchAll(
          db, sql: "SELECT step || ' ' || by || ' ' || reason FROM linkStep WHERE messageRow = ?",
          arguments: [first.row]),
        try String.fetchAll(db, sql: "SELECT text FROM event WHERE text LIKE '%undone%'")
      )
    }
    #expect(steps == ["link rule caseNumber", "undo user u1 fel person", "link user u1 fel person"])
    #expect(events.count == 1)
    let news = try bridge.caseNews(after: 0, limit: 100, of: kit.kit.tenant).news
    #expect(news.filter { $0.kind == .unlinked }.count == 2)
    let trail = try await bridge.mailbox.searchAudit(AuditFilter(), by: .operator("drift"), at: LinkKit.now)
    #expect(trail.contains { $0.action == "link.undo" && $0.outcome == "done" && $0.reason == "fel person" })
  }

  @Test("of many who confirm and undo at once exactly one of each wins, and one link stands")
  func concurrent() async throws {
    let kit = try LinkKit()
    try await kit.open()
    let bridge = kit.kit.bridge
    let user = try await kit.user("u1", [.role(.caseworker)])
    let message = try await kit.deliver { $0.refer(BridgeKit.person()) }
    func race(_ work: @escaping @Sendable () async throws -> Void) async -> Int {
      await withTaskGroup(of: Bool.self) { group in
        for _ in 0..<8 { group.addTask { (try? await work()) != nil } }
        return await group.reduce(0) { $0 + ($1 ? 1 : 0) }
      }
    }
    #expect(await race { try await bridge.confirmLink(of: message.id, version: 1, by: user, at: LinkKit.now) } == 1)
    #expect(
      await race {
        try await bridge.undoLink(of: message.id, version: 2, reason: "fel", by: user, at: LinkKit.now)
      } == 1)
    #expect(try await kit.outcome(message) == "undone 0 person 0")
  }

  @Test("a message that came twice is looked at once, and no row of a case's history can be changed")
  func idempotent() async throws {
    let kit = try LinkKit()
    try await kit.open(known: [LinkKit.dnr])
    let message = try await kit.deliver { $0.references = [Self.dnr] }
    try await kit.kit.register { try Linking(register: $0).examine(message) }
    let counts = try await kit.kit.bridge.mailbox.relay.write { db in
      try ["caseLink", "messageExamination", "linkStep"].map {
        try Int.fetchOne(db, sql: "SELECT count(*) FROM \($0)") ?? 0
      }
    }
    #expect(counts == [1, 1, 1])
    for sql in ["DELETE FROM linkStep", "UPDATE linkStep SET by = 'x'"] {
      await #expect(throws: (any Error).self) {
        try await kit.kit.bridge.mailbox.relay.write { try $0.execute(sql: sql) }
      }
    }
  }

  @Test(
    "a proposal that nobody answers in its time is no longer taken by a mere yes, and not proposed again for the same reasons"
  )
  func expiry() async throws {
    let kit = try LinkKit()
    let id = try await kit.open()
    let user = try await kit.user("u1")
    let message = try await kit.deliver { $0.refer(BridgeKit.person()) }
    let bridge = kit.kit.bridge
    let limit: TimeInterval = 30 * BridgeKit.day
    #expect(try await !bridge.expireNextProposals(at: LinkKit.now + limit))
    #expect(try await kit.outcome(message) == "proposed 5 personNumber 1")
    #expect(try await !bridge.expireNextProposals(at: LinkKit.now + limit + 1))
    #expect(try await kit.outcome(message) == "choose 6 expiredProposal 1")
    #expect(try await bridge.links(for: user, at: LinkKit.now).map(\.message) == [message.id], "it still waits")
    try await kit.kit.clear(at: LinkKit.now + 1)
    #expect(try await kit.outcome(message) == "choose 6 expiredProposal 1")
    let version = try await bridge.link(of: message.id, for: user, at: LinkKit.now).version
    await #expect(throws: LinkProblem.expired) {
      try await bridge.confirmLink(of: message.id, version: version, by: user, at: LinkKit.now)
    }
    let link = try await bridge.confirmLink(
      of: message.id, to: id.value, version: version, by: user, at: LinkKit.now)
    #expect(link.state == .linked)
    let steps = try await bridge.mailbox.relay.write { db in
      try String.fetchAll(db, sql: "SELECT step FROM linkStep ORDER BY id")
    }
    #expect(steps == ["proposed", "expire", "link"])
  }

  @Test("what the register learns makes a new proposal of one that had expired")
  func anew() async throws {
    let kit = try LinkKit()
    try await kit.open()
    let message = try await kit.deliver { $0.refer(BridgeKit.person()) }
    _ = try await kit.kit.bridge.expireNextProposals(at: LinkKit.now + 31 * BridgeKit.day)
    try await kit.kit.observe(kit.kit.event(.result, days: -2))
    #expect(try await kit.outcome(message) == "choose 6 closedCase 1")
    let next = try await kit.kit.observe(kit.kit.event(.needOfEducation, days: -1))
    #expect(try await kit.outcome(message) == "proposed 5 personNumber 1")
    let proposed = try await kit.kit.bridge.mailbox.relay.write { try MessageLink(message, in: $0).cases.map(\.id) }
    #expect(proposed == [next])
  }
}
