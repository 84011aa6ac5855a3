import Foundation
import GRDB
import Testing

@testable import Mailbox
@testable import SDKRelay
import XMLSecurity

@Suite struct RetentionTests {
  private let now = RetentionKit.now
  private let later = RetentionKit.later

  private func prepared() async throws -> RetentionKit {
    let kit = try RetentionKit()
    try kit.write(RetentionKit.rule())
    try await kit.persons()
    return kit
  }

  @Test("without a rule nothing goes, and with one nothing that is unregistered and unmarked") func nothing()
    async throws
  {
    let kit = try RetentionKit()
    try await kit.persons()
    let message = try await kit.kit.put()
    await #expect(throws: RetentionProblem.noRules) { try await kit.plan(at: now + 4_000 * AccessKit.day) }
    try kit.write(RetentionKit.rule())
    await #expect(throws: RetentionProblem.nothingDue(staying: [:])) { try await kit.plan() }
    #expect(try kit.stored(message).subject == "Fråga om antagning")
    try kit.write("id: trasig", as: "b.yaml")
    await #expect(throws: RetentionRuleProblems.self) { try await kit.plan() }
  }

  @Test("a plan that is made again is the one that waits for approval, until that is given") func repeated()
    async throws
  {
    let kit = try await prepared()
    _ = try await kit.cullable()
    let first = try await kit.plan()
    let second = try await kit.plan()
    #expect(!first.isRepeated && second.isRepeated && second.plan == first.plan && second.rows == first.rows)
    _ = try await kit.cullable()
    let third = try await kit.plan()
    #expect(!third.isRepeated && third.rows.count == 2)
    _ = try await kit.service.approveRetention(
      third.plan.number, digest: third.plan.digest, by: kit.approver, at: later)
    #expect(try await !kit.plan().isRepeated)
  }

  @Test("planned, approved by another person, run: content goes, and what was is told") func whole() async throws {
    let kit = try await prepared()
    let message = try await kit.cullable { ($0.text, $0.reference) = ("Sällsyntord", "KOM-2026/12") }
    let kept = try await kit.kit.put { $0.text = "Sällsyntord" }
    let worker = try await kit.kit.user("u1")
    try await kit.service.note("Anteckning", on: message.id, by: worker, at: now)
    try await kit.service.handle(message.id, .tag("etikett"), version: 0, by: worker, at: now)
    await #expect(throws: RetentionProblem.nothingDue(staying: [:])) { try await kit.plan(at: now + AccessKit.day) }
    let made = try await kit.plan()
    #expect(made.rows.map(\.messageID) == [message.id])
    #expect(made.rows.first?.decision == "VUX 2026/1")
    await #expect(throws: RetentionProblem.notApproved) { try await kit.run(made.plan) }
    #expect(try kit.stored(message).content.texts == ["Sällsyntord"], "a plan culls nothing")
    let plan = try await kit.service.approveRetention(
      made.plan.number, digest: String(made.plan.digest.prefix(12)), by: kit.approver, at: later)
    let done = try await kit.run(plan)
    #expect((done.culled, done.left) == (1, 0))
    try await expectCulled(message, kept, kit, worker)
    let log = try kit.service.cullingLog(for: .operator("drift"), at: later)
    #expect(
      log.map { "\($0.rule) \($0.decision) \($0.planner) \($0.approver)" } == ["ringa VUX 2026/1 planner approver"])
    #expect(log.first?.content == Hexadecimal.encode(ContentDigest.make(of: message.content)))
    for sql in ["DELETE FROM cullingLog", "UPDATE cullingLog SET rule = 'x'"] {
      await #expect(throws: DatabaseError.self) { try await kit.service.relay.write { try $0.execute(sql: sql) } }
    }
    #expect(try await kit.run(plan) == done, "what has been run is only told about")
    let trail = try await kit.service.searchAudit(AuditFilter(), by: .operator("drift"), at: later)
    #expect(trail.filter { $0.action == "message.cull" }.map(\.messageID) == [message.id.comparable])
    #expect(!"\(trail)".contains("Sällsynt"))
    let events = try kit.service.relay.events(of: message).map(\.text)
    #expect(events.filter { $0 == "culled under the rule ringa" }.count == 1)
  }

  /// In lists, search, conversations, interface, register and handling.
  private func expectCulled(
    _ message: StoredMessage, _ kept: StoredMessage, _ kit: RetentionKit, _ worker: Principal
  ) async throws {
    let left = try kit.stored(message)
    #expect(left.content.culled == StoredContent.Culled(rule: "ringa", time: later))
    #expect((left.subject, left.content.texts, left.content.references.isEmpty) == ("", [], true))
    #expect(try await kit.kit.find("sällsyntord", worker) == [kept.row])
    #expect(try await kit.kit.find(nil, worker) == [kept.row, message.row])
    #expect(try kit.service.unhandled(for: worker, at: now)[MessageKit.mailbox] == 1)
    let key = ConversationKey(message.conversationID, with: MessageKit.counterparty, in: MessageKit.mailbox)
    let thread = try await kit.service.conversation(key, by: worker, at: now)
    #expect(thread.entries.map(\.message.content.culled?.rule) == ["ringa"])
    let handling = try await kit.service.handling(of: message.id, by: worker, at: now)
    #expect(handling.notes.isEmpty && handling.state.tags.isEmpty)
    #expect(handling.history.map(\.object) == [nil])
    var query = RegisterQuery()
    query.state = .culled
    let line = try #require(try await kit.service.register(query, for: worker, at: now).first)
    #expect((line.number, line.entry.culled?.rule) == (message.row, "ringa"))
    #expect(line.entry.state == .cullable(rule: "ringa"))
    let taken = try kit.service.relay.read {
      try String.fetchOne($0, sql: "SELECT takenBy FROM messageRecord WHERE messageRow = ?", arguments: [message.row])
    }
    #expect(taken == "service sdkrelay")
    let client = try await kit.kit.client([.getMessage, .getMessageByFilter])
    #expect(try kit.service.messages(MessageQuery(), for: client, at: now).map(\.row) == [kept.row])
    await #expect(throws: MessageProblem.notFound) { try await kit.service.open(message.id, by: client, at: now) }
    #expect(try await kit.service.open(message.id, by: worker, at: now).content.culled?.rule == "ringa")
    // Marks may still be set: the index is not told of words that it has no longer.
    try await kit.kit.user("s", [.role(.caseworker), .protectedPersons])
    let version = try kit.service.relay.read { try HandlingTable.state(of: left, in: $0).version }
    try await kit.service.handle(message.id, .protect, version: version, by: .user(UserID("s")), at: now)
    try await kit.service.relay.write {
      try $0.execute(sql: "INSERT INTO messageSearch (messageSearch) VALUES ('integrity-check')")
    }
    let (words, tokens) = try kit.service.relay.read { db in
      (
        try String.fetchAll(db, sql: "SELECT word FROM searchWord"),
        SearchTokens(try #require(try SearchKey.open(in: db)).key)
      )
    }
    #expect(words.contains(tokens.word("sällsyntord")) && !words.contains(tokens.word("etikett")))
  }

  @Test("the register's facts stay when the message goes") func registered() async throws {
    let kit = try RetentionKit()
    try kit.write(RetentionKit.rule(messages: "  state: registered", trigger: "registered"))
    try await kit.persons()
    let message = try await kit.kit.put()
    let facts = try RegisterFacts(date: now, dnr: "KOM-2026/12", counterparty: "M", matter: "Ärendet")
    try await kit.service.register(message.id, .register(facts), version: 0, by: kit.planner, at: now)
    _ = try await kit.run(kit.approved())
    var query = RegisterQuery()
    query.dnr = "KOM-2026/12"
    let line = try #require(try await kit.service.register(query, for: kit.planner, at: now).first)
    #expect(line.entry.facts == facts && line.entry.culled != nil)
    let corrected = try RegisterFacts(date: now, dnr: "KOM-2026/13", counterparty: "M", matter: "Ärendet")
    try await kit.service.register(
      message.id, .register(corrected), version: 1, by: kit.planner, reason: "skrivfel", at: now)
    await #expect(throws: RegisterProblem.isCulled) {
      try await kit.service.register(message.id, .withdraw, version: 2, by: kit.planner, reason: "r", at: now)
    }
  }

  @Test("only what is handed over and verified goes by that trigger") func handedOver() async throws {
    let kit = try RetentionKit()
    try kit.write(RetentionKit.rule(messages: "  state: handedOver", trigger: "handedOver"))
    try await kit.persons()
    let (handed, registered) = (try await kit.kit.put(), try await kit.kit.put())
    let facts = try RegisterFacts(date: now, dnr: "KOM-2026/12", counterparty: "M", matter: "Ärendet")
    try await kit.service.register(registered.id, .register(facts), version: 0, by: kit.planner, at: now)
    let receipt = HandOverReceipt(
      system: "ärenden", dnr: "KOM-2026/13", content: Hexadecimal.encode(ContentDigest.make(of: handed.content)),
      files: [])
    try await kit.service.handOver(handed.id, receipt: receipt, by: kit.planner, at: now)
    #expect(try await kit.plan().rows.map(\.messageID) == [handed.id])
  }

  @Test("the planner does not approve, nor does anybody without the right, nor the operator, nor other rows")
  func secondPerson() async throws {
    let kit = try await prepared()
    let message = try await kit.cullable()
    let plan = try await kit.plan().plan
    func approve(_ principal: Principal, _ digest: String? = nil, at time: Date? = nil) async throws {
      _ = try await kit.service.approveRetention(
        plan.number, digest: digest ?? plan.digest, by: principal, at: time ?? later)
    }
    await #expect(throws: RetentionProblem.samePerson) { try await approve(kit.planner) }
    for principal in [Principal.operator("drift"), .service] {
      await #expect(throws: RetentionProblem.usersOnly) { try await approve(principal) }
      await #expect(throws: RetentionProblem.usersOnly) {
        try await kit.service.planRetention(by: principal, at: later)
      }
    }
    for (name, role, mailbox) in [
      ("a", Role.caseworker, MessageKit.mailbox), ("b", .auditor, MessageKit.mailbox),
      ("c", .systemAdministrator, MessageKit.mailbox), ("d", .registrar, MessageKit.neighbour),
    ] {
      let user = try await kit.kit.user(name, [.role(role)], in: mailbox)
      await #expect(throws: RetentionProblem.notFound) { try await approve(user) }
      await #expect(throws: RetentionProblem.notFound) {
        try await kit.service.runRetention(plan.number, by: user, at: later)
      }
    }
    for digest in ["", String(plan.digest.prefix(11)), String(repeating: "0", count: 64)] {
      await #expect(throws: RetentionProblem.otherRows) { try await approve(kit.approver, digest) }
    }
    await #expect(throws: RetentionProblem.lapsed) {
      try await approve(kit.approver, at: later + 30 * AccessKit.day)
    }
    try await approve(kit.approver)
    await #expect(throws: RetentionProblem.isApproved) { try await approve(kit.approver) }
    await #expect(throws: RetentionProblem.lapsed) { try await kit.run(plan, at: later + 30 * AccessKit.day) }
    // Somebody who adds a row behind the service's back gets nothing culled.
    let other = try await kit.kit.put()
    try await kit.service.relay.write {
      try $0.execute(
        sql: """
          INSERT INTO retentionPlanRow SELECT plan, ?, rule, ruleSha256, decision, kind, keptUntil, messageSha256, NULL
          FROM retentionPlanRow
          """, arguments: [other.row])
    }
    await #expect(throws: RetentionProblem.otherRows) { try await kit.run(plan) }
    #expect(try kit.stored(message).content.culled == nil && kit.stored(other).content.culled == nil)
    await #expect(throws: DatabaseError.self, "the table itself refuses one person for both") {
      try await kit.service.relay.write { try $0.execute(sql: "UPDATE retentionPlan SET approver = planner") }
    }
  }

  /// What happens between approval and run.
  enum Meanwhile: CaseIterable {
    case nothing, heldMessage, heldConversation, heldDnr, liftedHold, tagged, noted, reopened, registered, protected
    case ruleChanged, ruleGone, plannerRevoked, approverLeft, conversationUnderWay, claimed
  }

  @Test("what has changed since the approval is left, and told", arguments: Meanwhile.allCases)
  func meanwhile(_ event: Meanwhile) async throws {
    let kit = try await prepared()
    let message = try await kit.cullable { ($0.reference, $0.direction) = ("KOM-2026/12", .incoming) }
    let worker = try await kit.kit.user("u1", [.role(.caseworker), .role(.registrar), .protectedPersons])
    let plan = try await kit.approved()
    try await happen(event, message, kit, worker)
    let done = try await kit.run(plan)
    let expected: RetentionPlanRow.Outcome =
      switch event {
      case .nothing, .liftedHold: .culled
      case .heldMessage, .heldConversation, .heldDnr: .left(.held)
      case .tagged, .noted, .reopened, .registered: .left(.changed)
      case .protected, .plannerRevoked, .approverLeft: .left(.notGranted)
      case .ruleChanged, .ruleGone: .left(.ruleChanged)
      case .conversationUnderWay: .left(.conversationUnderWay)
      case .claimed: .left(.claimed)
      }
    #expect(try await kit.outcomes(plan) == [expected])
    #expect((done.culled, done.left) == (expected == .culled ? (1, 0) : (0, 1)))
    #expect((try kit.stored(message).content.culled != nil) == (expected == .culled))
    #expect(try kit.service.cullingLog(for: .operator("drift"), at: later).count == done.culled)
  }

  private func happen(
    _ event: Meanwhile, _ message: StoredMessage, _ kit: RetentionKit, _ worker: Principal
  ) async throws {
    let service = kit.service
    func hold(_ target: LegalHold.Target) async throws -> LegalHold {
      try await service.hold(target, in: MessageKit.mailbox, reason: "tillsyn", by: worker, at: now)
    }
    func handle(_ step: HandlingStep, _ version: Int = 0) async throws {
      try await service.handle(message.id, step, version: version, by: worker, at: now)
    }
    switch event {
    case .nothing: break
    case .heldMessage: _ = try await hold(.message(message.id))
    case .heldConversation:
      _ = try await hold(.conversation(message.conversationID, counterparty: MessageKit.counterparty))
    case .heldDnr: _ = try await hold(.dnr("kom-2026/12"))
    case .liftedHold:
      let hold = try await hold(.message(message.id))
      try await service.liftHold(hold.number, reason: "avslutad", by: worker, at: now)
    case .tagged: try await handle(.tag("x"))
    case .noted: try await service.note("x", on: message.id, by: worker, at: now)
    case .reopened:
      try await handle(.done)
      try await handle(.reopen, 1)
    case .registered:
      let facts = try RegisterFacts(date: now, dnr: "1", counterparty: "M", matter: "m")
      try await service.register(message.id, .register(facts), version: 1, by: worker, at: now)
    case .protected: try await handle(.protect)
    case .ruleChanged: try kit.write(RetentionKit.rule(decision: "VUX 2026/2"))
    case .ruleGone: try FileManager.default.removeItem(at: kit.rules.appending(path: "ringa.yaml"))
    case .plannerRevoked:
      try await service.relay.write {
        try $0.execute(
          sql: "UPDATE accessGrant SET endsAt = ? WHERE user = 'planner'", arguments: [self.now.milliseconds])
      }
    case .approverLeft: try await service.endUser(UserID("approver"), by: .operator("drift"), at: now)
    case .conversationUnderWay:
      try await kit.kit.put {
        ($0.conversation, $0.direction, $0.status) = (message.conversationID, .outgoing, .waitingForReceipt)
      }
    case .claimed: try await handle(.claim)
    }
  }

  @Test("W4 a protected person's message is planned and approved by those only who have the grant")
  func protected() async throws {
    let kit = try await prepared()
    let open = try await kit.cullable()
    let guarded = try await kit.cullable()
    try await kit.kit.protect(guarded)
    #expect(try await kit.plan().rows.map(\.messageID) == [open.id])
    try await kit.kit.user("planner", [.protectedPersons])
    let both = try await kit.plan()
    #expect(both.rows.count == 2)
    await #expect(throws: RetentionProblem.notFound) {
      try await kit.service.approveRetention(both.plan.number, digest: both.plan.digest, by: kit.approver, at: later)
    }
    #expect(try kit.service.retentionPlans(for: kit.approver, at: later).map(\.rows) == [1])
    try await kit.kit.user("approver", [.protectedPersons])
    let plan = try await kit.service.approveRetention(
      both.plan.number, digest: both.plan.digest, by: kit.approver, at: later)
    #expect(try await kit.run(plan).culled == 2)
    #expect(try kit.service.cullingLog(for: .user(UserID("planner")), at: later).count == 2)
    let plain = try await kit.kit.user("plain", [.role(.registrar)])
    #expect(try kit.service.cullingLog(for: plain, at: later).map(\.messageID) == [open.id])
  }

  @Test("more than a batch is culled whole, a second plan for the same finds nothing to do") func batches()
    async throws
  {
    let kit = try await prepared()
    for _ in 0..<23 { try await kit.cullable() }
    let made = try await kit.service.planRetention(limit: 22, by: kit.planner, at: later)
    #expect(made.rows.count == 22 && made.isCut)
    let (first, second) = (try await kit.approved(), try await kit.approved())
    #expect(try await kit.run(first).culled == 23)
    let done = try await kit.run(second)
    #expect((done.culled, done.left) == (0, 23))
    #expect(try await Set(kit.outcomes(second)) == [.left(.culled)])
    #expect(try kit.service.cullingLog(for: .operator("drift"), limit: 100, at: later).count == 23)
    #expect(try kit.service.cullingLog(for: .operator("drift"), before: 4, at: later).map(\.number) == [3, 2, 1])
  }

  @Test("a hold needs a registrar and a reason, and shows to those only who may see what it is on") func holds()
    async throws
  {
    let kit = try await prepared()
    let message = try await kit.kit.put()
    try await kit.kit.protect(message)
    let special = try await kit.kit.user("s", [.role(.registrar), .protectedPersons])
    for role in Role.allCases where role != .registrar {
      let user = try await kit.kit.user("\(role)", [.role(role)])
      await #expect(throws: AccessDenied.self) {
        try await kit.service.hold(.dnr("1"), in: MessageKit.mailbox, reason: "r", by: user, at: now)
      }
    }
    await #expect(throws: MessageProblem.notFound) {
      try await kit.service.hold(.message(message.id), in: MessageKit.mailbox, reason: "r", by: kit.planner, at: now)
    }
    for reason in ["", " ", "a\nb"] {
      await #expect(throws: HoldProblem.needsReason) {
        try await kit.service.hold(.dnr("1"), in: MessageKit.mailbox, reason: reason, by: special, at: now)
      }
    }
    let hold = try await kit.service.hold(
      .message(message.id), in: MessageKit.mailbox, reason: "gäller 19121212-1212", by: special, at: now)
    #expect(!hold.reason.contains("1212"))
    #expect(try kit.service.holds(for: kit.planner, at: now).isEmpty)
    #expect(try kit.service.holds(for: special, at: now) == [hold])
    await #expect(throws: HoldProblem.notFound) {
      try await kit.service.liftHold(hold.number, reason: "r", by: kit.planner, at: now)
    }
    try await kit.service.liftHold(hold.number, reason: "r", by: special, at: now)
    await #expect(throws: HoldProblem.isLifted) {
      try await kit.service.liftHold(hold.number, reason: "r", by: special, at: now)
    }
    #expect(try kit.service.holds(for: special, includingLifted: true, at: now).map(\.liftedBy) == [UserID("s")])
  }
}
