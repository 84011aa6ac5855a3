import Foundation
import GRDB
import Mailbox
import SDKRelay
import Testing

@testable import StructuredBridge

@Suite("The case register")
struct CaseRegisterTests {
  private static let dnr = CaseReference(.caseNumber, of: .counterpart, "Af-2026/0000 3075")!
  private static let system = CaseReference(.system, of: .own, "ARENDE-17")!

  @Test("an event opens a case, and the same event again is the same")
  func idempotent() async throws {
    let kit = try BridgeKit()
    let event = kit.event(.needOfEducation, "e1", known: [Self.dnr])
    let id = try await kit.observe(event)
    #expect(try await kit.take(.eventObserved(event)) == .known(id))
    let stored = try await kit.register { register in
      let row = try #require(try register.cases(event.tenant).row(of: id))
      return (try register.cases(event.tenant).fetch(row), try register.events(event.tenant).fetch(ofCase: row))
    }
    #expect(stored.0.references == [Self.dnr] && stored.0.isOpen)
    #expect(stored.1.map(\.reference) == ["e1"])
  }

  @Test("what is observed out of order is taken, told of, and belongs to the same case")
  func outOfOrder() async throws {
    let kit = try BridgeKit()
    let decision = try await kit.observe(kit.event(.decision))
    let need = try await kit.observe(kit.event(.needOfEducation, days: -30))
    #expect(decision == need)
    let tenant = kit.tenant
    let events = try await kit.register { register in
      try register.events(tenant).fetch(ofCase: #require(try register.cases(tenant).row(of: decision)))
    }
    #expect(events.map(\.kind) == [.needOfEducation, .decision])
    #expect(events[0].remarks == [.late(.decision)] && events[1].remarks == [.before(.admission)])
  }

  @Test("a result closes the case, and a new need of education opens another")
  func closing() async throws {
    let kit = try BridgeKit()
    let first = try await kit.observe(kit.event(.needOfEducation))
    #expect(try await kit.observe(kit.event(.result, days: -5)) == first)
    #expect(try await kit.observe(kit.event(.needOfEducation, days: -1)) != first)
  }

  @Test("a reference of another person's case is refused, and nothing of the event stays")
  func otherPerson() async throws {
    let kit = try BridgeKit()
    try await kit.observe(kit.event(.needOfEducation, known: [Self.system]))
    let wrong = kit.event(.decision, of: BridgeKit.person(1), known: [Self.system])
    #expect(try await kit.refusal(.eventObserved(wrong)) == .otherPerson)
    let tenant = kit.tenant
    #expect(try await kit.register { try $0.persons(tenant).row(of: BridgeKit.person(1)) } == nil)
  }

  @Test("the same id with other content is a contradiction")
  func contradiction() async throws {
    let kit = try BridgeKit()
    try await kit.observe(kit.event(.needOfEducation, "e1"))
    #expect(try await kit.refusal(.eventObserved(kit.event(.decision, "e1"))) == .contradiction)
    #expect(
      try await kit.refusal(.eventObserved(kit.event(.needOfEducation, of: BridgeKit.person(1), "e1")))
        == .contradiction)
  }

  @Test("another node's organisation, the future and test numbers in production are refused")
  func refused() async throws {
    let kit = try BridgeKit()
    var foreign = kit.event(.decision)
    foreign.tenant = BridgeKit.stranger
    #expect(try await kit.refusal(.eventObserved(foreign)) == .foreignTenant)
    #expect(try await kit.refusal(.eventObserved(kit.event(.decision, days: 1))) == .future)
    #expect(try await kit.refusal(.eventObserved(kit.event(.decision, ""))) == .form)
    let production = try BridgeKit { settings, _, _ in settings.federation = .sdk }
    #expect(try await production.refusal(.eventObserved(production.event(.decision))) == .testNumber)
  }

  @Test("a person keeps their cases under a new number, and both numbers find them")
  func newNumber() async throws {
    let kit = try BridgeKit()
    let (former, current) = (BridgeKit.person(), BridgeKit.person(1))
    let id = try await kit.observe(kit.event(.needOfEducation))
    func change(_ state: IdentifierChange.State, _ number: PersonIdentityNumber?) -> StructuredFact {
      .identifierChanged(
        IdentifierChange(
          tenant: kit.tenant, former: former, current: number, state: state, occurred: BridgeKit.now, source: .feed))
    }
    try await kit.take(change(.pending, nil))
    #expect(try await kit.take(change(.pending, nil)) == .known(nil))
    try await kit.take(change(.done, current))
    #expect(try await kit.take(change(.done, current)) == .known(nil))
    #expect(try await kit.observe(kit.event(.decision, of: current)) == id)
    #expect(try await kit.observe(kit.event(.change, of: former)) == id)
  }

  @Test("two records become one person only where the register says so and neither may be protected")
  func merged() async throws {
    let kit = try BridgeKit()
    let (former, current) = (BridgeKit.person(), BridgeKit.person(1))
    let first = try await kit.observe(kit.event(.needOfEducation))
    try await kit.observe(kit.event(.needOfEducation, of: current))
    let change = StructuredFact.identifierChanged(
      IdentifierChange(
        tenant: kit.tenant, former: former, current: current, state: .done, occurred: BridgeKit.now, source: .feed))
    #expect(try await kit.refusal(change) == .notMerged)
    try await kit.clear(former)
    try await kit.say([.secrecyMark], of: current)
    #expect(try await kit.refusal(change) == .notMerged)
    try await kit.say([], of: current, at: BridgeKit.now + 1)
    try await kit.take(change)
    let tenant = kit.tenant
    let cases = try await kit.register { register in
      try register.cases(tenant).rows(ofPerson: #require(try register.persons(tenant).row(of: former)))
    }
    #expect(cases.count == 2)
    #expect(try await kit.register { try $0.cases(tenant).row(of: first) } == cases[0])
  }

  @Test("numbers lie sealed in the database, and history cannot be changed")
  func sealed() async throws {
    let kit = try BridgeKit()
    try await kit.observe(kit.event(.needOfEducation))
    let number = BridgeKit.person().whole
    let dump = try await kit.register { register in
      try String.fetchAll(
        register.db,
        sql: "SELECT hex(sealed) || hex(hash) FROM personIdentifier UNION ALL SELECT hex(summary) FROM caseEvent")
    }
    #expect(!dump.joined().contains(number.utf8.map { String($0, radix: 16) }.joined().uppercased()))
    await #expect(throws: (any Error).self) {
      try await kit.register { try $0.db.execute(sql: "DELETE FROM caseEvent") }
    }
    await #expect(throws: (any Error).self) {
      try await kit.register { try $0.db.execute(sql: "UPDATE caseStep SET step = 'x'") }
    }
  }

  @Test(
    "protection: unknown, stale and future answers count as protected; a later answer stands",
    arguments: [
      (nil as Double?, "unknown"), (0, "unprotected"), (-3_600, "unprotected"), (-86_401, "stale"),
      (299, "unprotected"),
      (301, "stale"),
    ])
  func standing(age: Double?, word: String) {
    let protection = age.map { Protection([], source: .core, checked: BridgeKit.now + $0) }
    #expect(ProtectionStanding(protection, at: BridgeKit.now, limit: .seconds(86_400)).word == word)
  }

  @Test("case numbers are found however they are written, everything else as it stands")
  func comparable() {
    #expect(CaseReference(.caseNumber, of: .own, "AF-2026/00003075")?.comparable == Self.dnr.comparable)
    #expect(CaseReference(.system, of: .own, "arende-17")?.comparable != Self.system.comparable)
    #expect(CaseReference(.system, of: .own, " ") == nil)
    #expect(CaseReference(.system, of: .own, "a\u{202E}b") == nil)
    #expect(CaseReference.issued().value.count == 32)
  }
}
