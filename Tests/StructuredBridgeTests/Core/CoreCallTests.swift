import Foundation
import GRDB
import Mailbox
import SDKRelay
import Testbed
import Testing

@testable import StructuredBridge

/// What somebody has the node tell the structured core, and ask it.
@Suite("Calls of the structured core for a person") struct CoreCallTests {
  private let core: CoreKit
  private let kit: BridgeKit
  private let drift = Principal.operator("drift")
  private let tenant = CoreKit.tenant
  private let person = CoreKit.person

  init() async throws {
    let core = try await CoreKit()
    self.core = core
    kit = try BridgeKit { settings, _, _ in (settings.core, settings.isInUse) = (core.settings, true) }
  }

  private func document(_ change: (inout [String: Any]) -> Void = { _ in }) throws -> [UInt8] {
    var fields: [String: Any] = [
      "id": "KOM-1-1", "event": "admission", "occurred": "2026-03-02T08:00:00.000Z", "person": person.whole,
      "course": ["name": "Svenska", "start": "2026-04-01", "extent": 50],
    ]
    change(&fields)
    return [UInt8](try JSONSerialization.data(withJSONObject: fields))
  }

  private func tell(_ bytes: [UInt8], by principal: Principal? = nil) async throws -> CoreReceipt? {
    try await kit.bridge.tell(CoreReportDocument(bytes), of: tenant, by: principal ?? drift)
  }

  private func trail(_ action: AuditAction) async throws -> [AuditEntry] {
    try await kit.bridge.mailbox.searchAudit(AuditFilter(), by: drift).filter { $0.action == action.rawValue }
  }

  private func events() async throws -> [CaseEvent] {
    let looks = try await kit.bridge.cases(of: tenant, for: CommandReader(drift, reason: "prov"))
    var events: [CaseEvent] = []
    for listed in looks {
      let look = try await kit.bridge.look(
        at: listed.record.id.value, of: tenant, whole: false, for: CommandReader(drift, reason: "prov"))
      events += look.first?.details?.events ?? []
    }
    return events
  }

  @Test("an event is told with what the register knows of its case, once, and stands in the register as an observation")
  func told() async throws {
    let need = ObservedEvent(
      tenant: tenant, counterparty: CoreKit.counterparty, person: person, kind: .needOfEducation,
      occurred: .now - 86_400, reference: "behov-1",
      caseReferences: [
        CaseReference(.system, of: .counterpart, "AF-77")!, CaseReference(.caseNumber, of: .own, "KOM-2026/12")!,
      ], source: .core)
    _ = try await kit.bridge.take([.eventObserved(need)])[0].get()
    let bytes = try document {
      $0["person"] = nil
      $0["case"] = "KOM-2026/12"
    }
    let receipt = try #require(try await tell(bytes))
    #expect(receipt.caseID == "AF-77")
    #expect(try await tell(bytes) == nil, "the register knows it")
    let sent = core.core.requests.filter { $0.operation == .admission }
    #expect(sent.count == 1)
    let body = core.core.told.first
    #expect(body?["personnummer"]?.string == person.whole && body?["arendenummer"]?.string == "AF-77")
    #expect(try await events().map(\.kind) == [.admission, .needOfEducation])
    let entry = try #require(try await trail(.tellCore).last)
    #expect(entry.object == "admission KOM-1-1" && entry.outcome == "done")
    #expect(!"\(entry)".contains(person.whole))
  }

  @Test("a report whose outcome nobody knows is told again as the same one, and taken once")
  func again() async throws {
    core.core.behave(.closesInTheMiddle)
    let problem = await #expect(throws: CoreProblem.self) { try await tell(document()) }
    #expect(problem?.isTransient == true)
    #expect(try await events().isEmpty)
    #expect(try await trail(.tellCore).map(\.outcome) == ["failed"])
    #expect(try await tell(document()) != nil)
    #expect(core.core.told.count == 1)
    #expect(try await events().map(\.kind) == [.admission])
  }

  @Test("nothing leaves of a document that does not fit, and the fields are named without what stands in them")
  func documents() async throws {
    let secret = "191212121212"
    let wrong: [(String, (inout [String: Any]) -> Void)] = [
      ("id", { $0["id"] = nil }), ("id", { $0["id"] = "om \(secret)" }), ("event", { $0["event"] = "needOfEducation" }),
      ("event", { $0["event"] = secret }), ("occurred", { $0["occurred"] = "igår" }),
      ("person", { $0["person"] = "19121212-1212" }), ("person", { $0["person"] = "191212121213" }),
      ("person", { $0["case"] = "KOM-1" }), ("person", { $0["person"] = nil }),
      ("course.extent", { $0["course"] = ["extent": 101] }), ("course.*", { $0["course"] = ["namn": secret] }),
      ("*", { $0["namn"] = secret }), ("case", { ($0["person"], $0["case"]) = (nil, "KOM-0") }),
    ]
    for (field, change) in wrong {
      let problem = await #expect(throws: CoreProblem.self, "\(field)") { try await tell(document(change)) }
      #expect(problem?.fields.map(\.field) == [field] && problem?.kind == .report, "\(field) \(problem as Any)")
      #expect("\(problem as Any)".contains(secret) == false)
    }
    for bytes in [[], Array("[]".utf8), Array("{".utf8), [UInt8](repeating: UInt8(ascii: "["), count: 99_999)] {
      await #expect(throws: CoreProblem.self) { try await tell(bytes) }
    }
    #expect(core.core.requests.isEmpty)
  }

  @Test("only those who administer the organisation have the core called, and a node without one calls nobody")
  func authority() async throws {
    for principal in [Principal.user(try UserID("u1")), .service] {
      await #expect(throws: AccessDenied.self) { try await tell(document(), by: principal) }
      await #expect(throws: AccessDenied.self) {
        try await kit.bridge.askNeeds(ofPerson: person.whole, of: tenant, by: principal)
      }
    }
    #expect(try await trail(.tellCore).allSatisfy { $0.outcome == "denied" })
    #expect(core.core.requests.isEmpty)
    let alone = try BridgeKit()
    let problem = await #expect(throws: CoreProblem.self) {
      try await alone.bridge.tell(CoreReportDocument(document()), of: tenant, by: drift)
    }
    #expect(problem?.kind == .tenant)
  }

  @Test("a person's needs are asked for into the register, with the class that they came in")
  func needs() async throws {
    core.core.behave(.classified)
    #expect(try await kit.bridge.askNeeds(ofPerson: person.whole, of: tenant, by: drift) == 1)
    #expect(try await events().map(\.confidentiality) == [3])
    #expect(try await kit.bridge.askNeeds(ofPerson: "KOM-0", of: tenant, by: drift) == nil)
    let entry = try #require(try await trail(.askCore).last)
    #expect(entry.object == "needs" && !"\(entry)".contains(person.whole))
    let id = try await kit.bridge.cases(of: tenant, for: CommandReader(drift)).first?.record.id.value
    let isClassified = try await kit.register { [tenant] register in
      try register.events(tenant).isClassified(ofCase: register.cases(tenant).rows(meantBy: id ?? "")[0])
    }
    #expect(isClassified)
  }

  @Test("the establishment question is asked where it is exchanged, and refused where it is not")
  func establishment() async throws {
    #expect(
      try await kit.bridge.askEstablishment(ofPerson: person.whole, of: tenant, by: drift)?.participates == true)
    let kit = try BridgeKit { [core] settings, _, _ in
      var quiet = core.settings
      quiet.live = LiveKinds()
      settings.core = quiet
    }
    let problem = await #expect(throws: CoreProblem.self) {
      try await kit.bridge.askEstablishment(ofPerson: person.whole, of: tenant, by: drift)
    }
    #expect(problem?.kind == .notLive)
  }
}
