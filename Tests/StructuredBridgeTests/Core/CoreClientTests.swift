import Foundation
import SDKRelay
import Testbed
import Testing
import XMLSecurity

@testable import StructuredBridge

@Suite("The structured core's client")
struct CoreClientTests {
  @Test("a ping tells version and time, and the head's tracking id is the call's")
  func ping() async throws {
    let kit = try await CoreKit()
    let answer = try await kit.client().ping(as: .system)
    #expect(answer.value.version == "1.0 (testbed)")
    #expect(abs(answer.value.time.timeIntervalSinceNow) < 60)
    #expect(kit.core.requests[0].header("AF-TrackingId") == answer.head.tracking.uuidString.lowercased())
    #expect(answer.head.responseTime == 1)
  }

  @Test("credentials, system, user and environment go in headers, and no number in an address")
  func headers() async throws {
    let kit = try await CoreKit()
    let user = try #require(CoreUser(signature: "abcde"))
    let answer = try await kit.client().needs(of: CoreKit.person, for: CoreKit.tenant, as: user)
    let request = try #require(kit.core.requests.first)
    #expect(request.header("client_id") == TestCoreKeys.clientID)
    #expect(request.header("client_secret") == kit.core.keys.secret)
    #expect(request.header("AF-SystemId") == "sdk-relay")
    #expect(request.header("AF-EndUserId") == "abcde")
    #expect(request.header("PISA_ID") == "abcde")
    #expect(request.header("AF-Environment") == "T2")
    #expect(request.query.isEmpty)
    let events = CoreKit.events(answer.value)
    #expect(events.count == 1)
    #expect(events[0].kind == .needOfEducation && events[0].person == CoreKit.person && events[0].source == .core)
    #expect(events[0].tenant == CoreKit.tenant && events[0].counterparty == CoreKit.counterparty)
    #expect(events[0].summary["courseCode"] == "SVASVA01")
    #expect(events[0].caseReferences.map(\.kind) == [.system])
  }

  @Test("a list is fetched page by page, to its end, and goes on from there")
  func pages() async throws {
    let kit = try await CoreKit()
    let client = try kit.client()
    var (cursor, ids, count): (CoreCursor?, [String], Int) = (nil, [], 0)
    while true {
      let page = try await client.page(of: .needs, after: cursor, of: CoreKit.tenant, as: .system).value
      ids += CoreKit.events(page.facts).map(\.reference)
      (cursor, count) = (page.next, count + 1)
      if !page.hasMore { break }
    }
    #expect(count == 3 && ids.count == 5 && Set(ids).count == 5)
    let rest = try await client.page(of: .needs, after: cursor, of: CoreKit.tenant, as: .system).value
    #expect(rest.facts.isEmpty && !rest.hasMore)
    let first = try await client.page(of: .firstLoading, after: nil, of: CoreKit.tenant, as: .system).value
    #expect(CoreKit.events(first.facts).map(\.kind) == [.application, .application])
  }

  @Test(
    "every report of the municipality is told, once for its id, and is a fact",
    arguments: [
      EventKind.application, .admission, .interruption, .change, .result,
    ])
  func reports(_ kind: EventKind) async throws {
    let kit = try await CoreKit()
    let client = try kit.client()
    var report = try CoreReport(kind, id: "arende-1:\(kind.rawValue)", person: CoreKit.person, occurred: someNow)
    report.caseNumber = "Af-2026/0000 3075"
    report.course = CoreCourse()
    report.course?.code = "SVASVA01"
    let first = try await client.tell(report, of: CoreKit.tenant, as: .system)
    let second = try await client.tell(report, of: CoreKit.tenant, as: .system)
    #expect(first.value == second.value && kit.core.told.count == 1)
    #expect(kit.core.requests[0].header("Idempotency-Key") == report.id)
    #expect(CoreKit.events([first.value.fact]).first?.kind == kind)
    report.course?.code = "MATMAT01"
    let other = report
    let problem = await CoreKit.problem { () throws(CoreProblem) in
      _ = try await client.tell(other, of: CoreKit.tenant, as: .system)
    }
    #expect(problem?.kind == .conflict && problem?.form?.entries.first?.field == "unikt_id")
  }

  @Test(
    "the counterpart's events are not the municipality's to tell",
    arguments: [
      EventKind.needOfEducation, .decision, .residentQuery, .establishmentQuery,
    ])
  func foreignReports(_ kind: EventKind) throws {
    #expect(throws: CoreProblem.self) {
      try CoreReport(kind, id: "1", person: CoreKit.person, occurred: someNow)
    }
  }

  @Test(
    "an id with a number of a person in it, or with other characters, is no report's",
    arguments: [
      "", "191212121212", "a b", "å", String(repeating: "a", count: 129),
    ])
  func reportIDs(_ id: String) throws {
    #expect(throws: CoreProblem.self) {
      try CoreReport(.result, id: id, person: CoreKit.person, occurred: someNow)
    }
  }

  @Test("an admission is followed by the decision, which the list of decisions has")
  func decisions() async throws {
    let kit = try await CoreKit()
    let client = try kit.client()
    var report = try CoreReport(.admission, id: "a-1", person: CoreKit.person, occurred: someNow)
    report.ownReference = "K-17"
    _ = try await client.tell(report, of: CoreKit.tenant, as: .system)
    let page = try await client.page(of: .decisions, after: nil, of: CoreKit.tenant, as: .system).value
    let event = try #require(CoreKit.events(page.facts).first)
    #expect(event.kind == .decision)
    #expect(event.caseReferences.contains { $0.owner == .own && $0.value == "K-17" })
  }

  @Test("tables 2 and 3 are refused without a call while they are off, and answered once on")
  func live() async throws {
    let off = try await CoreKit { $0.live = LiveKinds() }
    let client = try off.client()
    let list = await CoreKit.problem { () throws(CoreProblem) in
      _ = try await client.page(of: .residents, after: nil, of: CoreKit.tenant, as: .system)
    }
    let question = await CoreKit.problem { () throws(CoreProblem) in
      _ = try await client.establishment(of: CoreKit.person, for: CoreKit.tenant, as: .system)
    }
    #expect(list?.kind == .notLive && question?.kind == .notLive && off.core.requests.isEmpty)
    let on = try await CoreKit()
    let answer = try await on.client().establishment(of: CoreKit.person, for: CoreKit.tenant, as: .system)
    #expect(answer.value.participates)
    #expect(CoreKit.events([answer.value.fact]).first?.kind == .establishmentQuery)
    _ = try await on.client().page(of: .residents, after: nil, of: CoreKit.tenant, as: .system)
  }

  @Test("an organisation that the settings do not name is not asked for")
  func tenants() async throws {
    let kit = try await CoreKit()
    let client = try kit.client()
    let problem = await CoreKit.problem { () throws(CoreProblem) in
      _ = try await client.page(of: .needs, after: nil, of: CoreKit.counterparty, as: .system)
    }
    #expect(problem?.kind == .tenant && kit.core.requests.isEmpty)
  }

  @Test("the class of the information stands in the answer's head")
  func classes() async throws {
    let kit = try await CoreKit()
    kit.core.behave(.classified)
    let answer = try await kit.client().needs(of: CoreKit.person, for: CoreKit.tenant, as: .system)
    #expect(answer.head.confidentiality == 3)
    let plain = try await kit.client().needs(of: CoreKit.person, for: CoreKit.tenant, as: .system)
    #expect(plain.head.confidentiality != 3)
  }

  @Test(
    "a signature is letters and digits, and no number of a person",
    arguments: [
      ("ab", true), ("abc12", true), ("a", false), ("191212121212", false), ("a b", false), ("é1", false),
    ])
  func signatures(_ text: String, _ isOne: Bool) {
    #expect((CoreUser(signature: text) != nil) == isOne)
  }

  @Test("whoever trusts another authority, or shows no certificate of this one, gets no connection")
  func strangers() async throws {
    let kit = try await CoreKit()
    let other = try TestCoreKeys(organisation: TestCorePersons.municipality)
    var distrusting = kit.settings
    distrusting.authorities = try TLSTrust([other.authority.identity.certificate])
    var unknown = kit.settings
    unknown.identity = other.client
    for settings in [distrusting, unknown] {
      let client = try CoreClient(settings)
      let problem = await CoreKit.problem { () throws(CoreProblem) in _ = try await client.ping(as: .system) }
      #expect(problem?.kind == .tls || problem?.kind == .connection)
    }
    #expect(kit.core.requests.isEmpty)
  }
}
