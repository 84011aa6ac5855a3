import Foundation
import Mailbox
import SDKRelay
import Testing

@testable import StructuredBridge

@Suite("The first loading")
struct CaseLoadingTests {
  private let kit: LoadingKit

  init() throws { kit = try LoadingKit() }

  @Test("rows become cases with persons, references, events and protection, and the same file again gives nothing new")
  func idempotent() async throws {
    let rows = [
      kit.row(0, events: "needOfEducation 2026-09-01 e1|admission 2026-09-10 e2"),
      kit.row(1, closed: "2026-10-01", protection: "secrecyMark,2026-11-20"),
    ]
    #expect(try await kit.load(kit.file(rows)).counts == [2, 0, 0])
    #expect(try await kit.load(kit.file(rows)).counts == [0, 2, 0])
    #expect(try await kit.counts("caseRecord", "caseEvent", "person") == [2, 2, 2])
    #expect(try await kit.count("personProtection") == 1)
    #expect(try await kit.count("caseRecord WHERE closedAt IS NOT NULL") == 1)
    let told = try await kit.count("auditEntry WHERE action = 'cases.load'")
    #expect(told == 4)
  }

  @Test("a doubled row counts as known, and a row without reference is found by person and day")
  func doubled() async throws {
    let row = kit.row(0, dnr: "")
    #expect(try await kit.load(kit.file([row, row, kit.row(1), kit.row(1)])).counts == [2, 2, 0])
  }

  @Test("rows that contradict one another are refused with their reason, and nothing of them stays")
  func contradictions() async throws {
    let result = try await kit.load(
      kit.file([
        kit.row(0, events: "needOfEducation 2026-09-01 e1"),
        kit.row(1, dnr: "kom-2026/0"),
        kit.row(2, opened: "2026-09-02", closed: "2026-09-01"),
        kit.row(0, events: "needOfEducation 2026-09-05 e1"),
        kit.row(0, events: "result 2026-09-01 e1"),
        kit.row(0, counterparty: BridgeKit.stranger.value),
      ]))
    #expect(
      result.codes == [
        "otherPerson", "closedBeforeOpened", "contradiction", "contradiction", "otherCounterparty",
      ])
    #expect(result.refusals.map(\.row) == [2, 3, 4, 5, 6] && result.refusals.map(\.line) == [3, 4, 5, 6, 7])
    #expect(try await kit.counts("person", "caseEvent") == [1, 1])
    #expect(try await kit.count("caseRecord WHERE closedAt IS NOT NULL") == 0)
  }

  @Test("a dry run refuses the same rows and stores nothing")
  func dryRun() async throws {
    let file = kit.file([kit.row(0), kit.row(1, dnr: "KOM-2026/0"), kit.row(0)])
    let dry = try await kit.load(file, dry: true)
    #expect(dry.counts == [1, 1, 1] && dry.summary.dryRun)
    for table in ["caseRecord", "person", "caseLoading", "caseLoadingRefusal"] {
      #expect(try await kit.count(table) == 0, "\(table)")
    }
    #expect(try await kit.load(file).refusals == dry.refusals)
  }

  @Test("an interrupted loading goes on where it was, with the report of the whole file")
  func resumed() async throws {
    let rows = (0..<2_500).map { kit.row($0 % 7, opened: $0 == 10 ? "igår" : "2026-09-01", dnr: "D-\($0)") }
    await #expect(throws: LoadingProblem.interrupted(rows: 1_000)) {
      _ = try await kit.load(kit.file(rows), stopAfter: 1)
    }
    #expect(try await kit.count("caseRecord") == 999)
    let rest = try await kit.load(kit.file(rows))
    #expect(rest.summary.resumedAfter == 1_000 && rest.counts == [2_499, 0, 1] && rest.refusals.map(\.row) == [11])
    #expect(try await kit.count("caseRecord") == 2_499)
  }

  @Test("a file that changed since its loading was interrupted is told of and loaded from its beginning")
  func changed() async throws {
    let rows = (0..<1_500).map { kit.row($0 % 7, dnr: "D-\($0)") }
    _ = try? await kit.load(kit.file(rows), stopAfter: 1)
    let other = try await kit.load(kit.file(rows + [kit.row(8)]))
    #expect(other.summary.fileChanged && other.summary.resumedAfter == 0 && other.counts == [501, 1_000, 0])
  }

  @Test("test numbers are refused in production, and nobody else's organisation is loaded")
  func foreign() async throws {
    let production = try LoadingKit { settings, _, _ in settings.federation = .sdk }
    #expect(try await production.load(production.file([production.row()])).codes == ["testNumber"])
    let row = kit.row().replacing(kit.kit.tenant.value, with: BridgeKit.stranger.value)
    #expect(try await kit.load(kit.file([row])).codes == ["foreignTenant"])
  }

  @Test("of a protected or unknown person a case shows time and state alone, unless there is a reason")
  func look() async throws {
    _ = try await kit.load(
      kit.file([
        kit.row(0, protection: "none,2026-11-25"), kit.row(1), kit.row(2, protection: "secrecyMark,2026-11-25"),
      ]))
    let (bridge, tenant) = (kit.kit.bridge, kit.kit.tenant)
    func look(_ reference: String, _ reason: String? = nil) async throws -> [CaseLook] {
      try await bridge.look(
        at: reference, of: tenant, whole: false, for: CommandReader(.operator("test"), reason: reason),
        at: BridgeKit.now)
    }
    #expect(try await look("kom-2026/0").first?.details?.numbers == [BridgeKit.person(0)])
    for reference in ["KOM-2026/1", "KOM-2026/2"] {
      let masked = try await look(reference)
      #expect(masked.count == 1 && masked.first?.details == nil)
      #expect(try await look(reference, "rättelse").first?.details != nil)
    }
    #expect(try await look("KOM-2026/9").isEmpty)
    #expect(try await kit.count("auditEntry WHERE action = 'case.show'") == 6)
  }
}
