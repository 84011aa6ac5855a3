import Foundation
import GRDB
import Testing

@testable import Mailbox
@testable import SDKRelay

@Suite struct RegisterTests {
  private let now = MessageKit.now

  private func facts(_ dnr: String = "KOM-2026/12") throws -> RegisterFacts {
    try RegisterFacts(date: now, dnr: dnr, counterparty: "Motparten", matter: "Fråga")
  }

  private func line(_ kit: MessageKit, _ message: StoredMessage, _ user: Principal) async throws -> RegisterLine {
    var query = RegisterQuery()
    query.message = message.id
    return try #require(try await kit.service.register(query, for: user, at: now).first)
  }

  @Test("the four facts are prefilled: our own dnr is proposed, the other side's never") func proposal() async throws {
    let kit = try MessageKit()
    let user = try await kit.user("u1", [.role(.registrar)])
    let received = try await kit.put { $0.reference = "Af-2026/0012 3456" }
    let sent = try await kit.put { ($0.reference, $0.direction) = ("KOM-2026/12", .outgoing) }
    let theirs = try await line(kit, received, user)
    #expect(theirs.entry.state == .unregistered)
    #expect((theirs.proposal.dnr, theirs.proposal.theirDnr) == (nil, "Af-2026/0012 3456"))
    #expect(theirs.proposal.counterparty == "Motparten, Registratorn")
    #expect((theirs.proposal.matter, theirs.proposal.date) == ("Fråga om antagning", now))
    #expect(throws: RegisterProblem.needsDnr) { try theirs.proposal.facts() }
    #expect(try await line(kit, sent, user).proposal.facts().dnr == "KOM-2026/12")
    // What is registered in the conversation is proposed for what comes later in it.
    try await kit.service.register(received.id, .register(facts("KOM-2026/13")), version: 0, by: user, at: now)
    let later = try await kit.put { $0.conversation = received.conversationID }
    #expect(try await line(kit, later, user).proposal.dnr == "KOM-2026/13")
    let hostile = try await kit.put { $0.subject = "a\u{202E}b\nc" }
    #expect(try await line(kit, hostile, user).proposal.matter == "a b c")
  }

  @Test("unregistered, registered, cullable and back: each with its version, reasons where something is taken back")
  func steps() async throws {
    let kit = try RetentionKit()
    let user = try await kit.kit.user("u1", [.role(.registrar)])
    try kit.write(RetentionKit.rule())
    let message = try await kit.kit.put()
    let service = kit.kit.service
    func take(_ step: RegisterStep, _ version: Int, _ reason: String? = nil) async throws -> RegisterEntry {
      try await service.register(message.id, step, version: version, by: user, reason: reason, at: now)
    }
    let note = try SecrecyNote(provisions: ["26 kap. 1 § OSL"], date: Day(containing: now), by: "u1", note: "se akten")
    let registered = try await take(.register(facts("  KOM-2026/12 "), note), 0)
    #expect((registered.facts?.dnr, registered.secrecy, registered.version) == ("KOM-2026/12", note, 1))
    await #expect(throws: RegisterProblem.stale(seen: 0, now: 1)) { try await take(.cullable(rule: "ringa"), 0) }
    await #expect(throws: RegisterProblem.isRegistered) { try await take(.cullable(rule: "ringa"), 1) }
    await #expect(throws: RegisterProblem.needsReason) { try await take(.register(facts("KOM-2026/99")), 1) }
    await #expect(throws: RegisterProblem.needsReason) { try await take(.withdraw, 1, " ") }
    await #expect(throws: RegisterProblem.unchanged) { try await take(.register(facts(), note), 1, "samma") }
    #expect(try await take(.withdraw, 1, "fel ärende").state == .unregistered)
    await #expect(throws: RegisterProblem.unknownRule("annan")) { try await take(.cullable(rule: "annan"), 2) }
    #expect(try await take(.cullable(rule: "ringa"), 2).state == .cullable(rule: "ringa"))
    #expect(try await take(.register(facts()), 3).facts?.matter == "Fråga")
    let history = try await service.relay.read {
      try String.fetchAll($0, sql: "SELECT step || coalesce(' ' || reason, '') FROM registerStep ORDER BY version")
    }
    #expect(history == ["register", "withdraw fel ärende", "cullable", "register"])
    let trail = try await service.searchAudit(AuditFilter(), by: .operator("drift"), at: now)
    #expect(trail.filter { $0.action.hasPrefix("register.") && $0.outcome == "done" }.count == 4)
  }

  @Test(
    "W11: counterparty, matter and note of secrecy lie sealed, and stay when the message has been culled; former ones are sealed"
  )
  func sealed() async throws {
    let kit = try MessageKit()
    let user = try await kit.user("u1", [.role(.registrar)])
    let message = try await kit.put()
    let note = try SecrecyNote(provisions: ["26 kap. 1 §"], date: Day(containing: now), by: "zzu1", note: "zzakten")
    let facts = try RegisterFacts(date: now, dnr: "KOM-2026/12", counterparty: "zzpart", matter: "zzärende")
    try await kit.service.register(message.id, .register(facts, note), version: 0, by: user, at: now)
    func plain() throws -> String {
      try kit.service.relay.read { db in
        try Row.fetchAll(db, sql: "SELECT * FROM registerEntry").map { "\($0)" }.joined()
      }
    }
    #expect(try !plain().contains("zz"))
    try await kit.service.relay.write { db in
      try MessageKeyTable.destroy(message.row, in: db)
    }
    let culled = try await line(kit, message, user)
    #expect((culled.entry.facts, culled.entry.secrecy) == (facts, note))
    // As a former version left it.
    try await kit.service.relay.write { db in
      try db.execute(sql: "UPDATE registerEntry SET sealed = NULL, counterparty = 'zzpart', matter = 'zzärende'")
    }
    #expect(try await line(kit, message, user).entry.facts == facts)
    await kit.service.upkeep()
    #expect(try !plain().contains("zz"))
    #expect(try await line(kit, message, user).entry.facts == facts)
  }

  @Test("SDK-MK-03: of a message under secrecy the matter is kept from the public, and identity numbers stand nowhere")
  func secret() async throws {
    let kit = try MessageKit()
    let user = try await kit.user("u1", [.role(.registrar)])
    let message = try await kit.put { ($0.isConfidential, $0.subject) = (true, "Om 19121212-1212") }
    let proposal = try await line(kit, message, user).proposal
    #expect(proposal.matter == "Om [number]")
    let facts = try proposal.facts(dnr: "KOM-2026/12")
    #expect(facts.isMatterSecret)
    #expect(try !proposal.facts(dnr: "1", isMatterSecret: false).isMatterSecret)
    try await kit.service.register(message.id, .register(facts), version: 0, by: user, at: now)
    #expect(try await line(kit, message, user).publicFacts?.matter == nil)
    for matter in ["Om 191212121212", "121212\u{2011}1212", "1912-12-12-1212", "19121212\u{A0}1212"] {
      let wrong = try RegisterFacts(date: now, dnr: "KOM-2026/12", counterparty: "M", matter: matter)
      await #expect(throws: RegisterProblem.identityNumber) {
        try await kit.service.register(message.id, .register(wrong), version: 1, by: user, reason: "r", at: now)
      }
    }
  }

  @Test("facts and notes of secrecy have their forms", arguments: ["", " ", "a\nb", String(repeating: "a", count: 65)])
  func forms(_ text: String) {
    #expect(throws: RegisterProblem.self) {
      try RegisterFacts(
        date: now, dnr: text.replacing("\n", with: "\u{7}"), counterparty: "a", matter: "b")
    }
    #expect(throws: RegisterProblem.secrecy) {
      try SecrecyNote(provisions: text.count > 64 ? [] : [text], date: Day(containing: now), by: "u1")
    }
  }

  @Test("W4 who may not register cannot, and what one may not see is not there") func access() async throws {
    let kit = try MessageKit()
    let message = try await kit.put()
    let guarded = try await kit.put()
    try await kit.protect(guarded)
    for (role, may) in [
      (Role.caseworker, true), (.registrar, true), (.mailboxAdministrator, false), (.systemAdministrator, false),
      (.auditor, false),
    ] {
      let user = try await kit.user("\(role)", [.role(role)])
      let version = try await kit.service.relay.read { try RegisterTable.entry(of: message, in: $0).version }
      let step = RegisterStep.register(try facts("KOM-2026/\(role)"))
      if may {
        try await kit.service.register(message.id, step, version: version, by: user, reason: "r", at: now)
      } else {
        await #expect(throws: MessageProblem.notFound) {
          try await kit.service.register(message.id, step, version: version, by: user, reason: "r", at: now)
        }
      }
      await #expect(throws: MessageProblem.notFound) {
        try await kit.service.register(guarded.id, step, version: 0, by: user, at: now)
      }
      let seen = try await kit.service.register(RegisterQuery(), for: user, at: now).map(\.number)
      #expect(seen == (role.permissions.contains(.list) ? [message.row] : []), "\(role)")
    }
    let special = try await kit.user("s", [.role(.registrar), .protectedPersons])
    #expect(try await kit.service.register(RegisterQuery(), for: special, at: now).count == 2)
    // What is registered of a protected person's message is shown to the public without counterparty and matter.
    try await kit.service.register(guarded.id, .register(facts("KOM-2026/3")), version: 0, by: special, at: now)
    let shown = try await line(kit, guarded, special).publicFacts
    #expect(shown == PublicRegisterFacts(date: now, dnr: "KOM-2026/3", counterparty: nil, matter: nil))
    for principal in [Principal.operator("drift"), .service] {
      #expect(try await kit.service.register(RegisterQuery(), for: principal, at: now).isEmpty)
      await #expect(throws: MessageProblem.notFound) {
        try await kit.service.register(message.id, .withdraw, version: 2, by: principal, reason: "r", at: now)
      }
    }
  }

  @Test("the register is listed by dnr, counterparty, state and period, by pages") func listing() async throws {
    let kit = try MessageKit()
    let user = try await kit.user("u1", [.role(.registrar)])
    var rows: [Int64] = []
    for number in 0..<6 {
      let message = try await kit.put {
        $0.stored = now + Double(number) * 60
        if number == 5 { $0.counterparty = AccessKit.stranger }
      }
      rows.append(message.row)
      if number < 3 {
        let facts = try RegisterFacts(
          date: message.stored, dnr: "KOM-2026/\(number / 2)", counterparty: "M", matter: "m")
        try await kit.service.register(message.id, .register(facts), version: 0, by: user, at: now)
      }
    }
    func list(_ change: (inout RegisterQuery) -> Void) async throws -> [Int64] {
      var query = RegisterQuery()
      change(&query)
      return try await kit.service.register(query, for: user, at: now).map(\.number)
    }
    #expect(try await list { _ in } == rows.reversed())
    #expect(try await list { $0.dnr = "kom-2026/0" } == [rows[1], rows[0]])
    #expect(try await list { $0.dnr = "' OR 1" } == [])
    #expect(try await list { $0.state = .unregistered } == [rows[5], rows[4], rows[3]])
    #expect(try await list { $0.state = .culled } == [])
    #expect(try await list { $0.counterparty = AccessKit.stranger } == [rows[5]])
    #expect(try await list { ($0.from, $0.until) = (now + 60, now + 180) } == [rows[2], rows[1]])
    #expect(try await list { ($0.limit, $0.before) = (2, rows[4]) } == [rows[3], rows[2]])
  }

  @Test("the figure counts what is unregistered, and what has been for more than a working day") func figure()
    async throws
  {
    let kit = try MessageKit()
    let user = try await kit.user("u1", [.role(.registrar)])
    let special = try await kit.user("u2", [.role(.registrar), .protectedPersons])
    func time(_ text: String) throws -> Date { try Date(text, strategy: .iso8601) }
    // Maundy Thursday, and the Wednesday before: Good Friday to Easter Monday are free.
    let wednesday = try await kit.put { $0.stored = Date(timeIntervalSince1970: 1_775_034_000) }
    #expect(Day(containing: wednesday.stored).description == "2026-04-01")
    _ = try await kit.put { $0.stored = Date(timeIntervalSince1970: 1_775_120_400) }
    let guarded = try await kit.put { $0.stored = Date(timeIntervalSince1970: 1_775_034_000) }
    try await kit.protect(guarded)
    func figure(_ text: String, _ user: Principal) throws -> [Int] {
      let figure = try kit.service.unregistered(for: user, at: time(text))
        .first { $0.mailbox == MessageKit.mailbox }
      return try [#require(figure).unregistered, #require(figure).overdue]
    }
    let grants = "UPDATE accessGrant SET startsAt = 0"
    try await kit.service.relay.write { try $0.execute(sql: grants) }
    #expect(try figure("2026-04-02T21:00:00Z", user) == [2, 0])
    #expect(try figure("2026-04-03T08:00:00Z", user) == [2, 1])
    #expect(try figure("2026-04-07T08:00:00Z", user) == [2, 1])
    #expect(try figure("2026-04-07T22:30:00Z", user) == [2, 2])
    #expect(try figure("2026-04-03T08:00:00Z", special) == [3, 2])
    try await kit.service.register(wednesday.id, .register(facts()), version: 0, by: user, at: now)
    #expect(try figure("2026-04-07T08:00:00Z", user) == [1, 0])
    #expect(try kit.service.unregistered(for: .operator("drift"), at: now).isEmpty)
  }
}
