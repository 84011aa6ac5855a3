import Foundation
import SDKRelay
import Synchronization
import Testbed
import Testing

@testable import StructuredBridge

@Suite("A structured core that answers wrongly, slowly, with others' data or not at all")
struct CoreBadAnswerTests {
  @Test(
    "each misconduct is its own problem, and nothing is taken",
    arguments: [
      (TestCoreConduct.slow, CoreProblem.Kind.timeout), (.failing, .failing), (.busy, .busy),
      (.refusesCredentials, .credentials), (.forbids, .forbidden), (.missing, .notFound), (.conflicts, .conflict),
      (.refusesFields, .refused), (.wrongJSON, .contentType), (.webPage, .contentType), (.wrongForm, .answer),
      (.foreignData, .foreignData), (.otherPerson, .otherPerson), (.otherKind, .answer), (.contradicts, .answer),
      (.closesInTheMiddle, .connection), (.tooLarge, .tooLarge), (.deep, .contentType),
    ])
  func misconduct(_ conduct: TestCoreConduct, _ kind: CoreProblem.Kind) async throws {
    let kit = try await CoreKit { $0.answerTime = .milliseconds(300) }
    let problem = try #require(try await kit.problem(conduct))
    #expect(problem.kind == kind)
    #expect(problem.tracking != nil)
    let secrets = [kit.core.keys.secret] + TestCorePersons.numbers
    #expect(!holds(problem, secrets))
  }

  @Test("what does not fit is named by its field")
  func fieldNames() async throws {
    let kit = try await CoreKit()
    #expect(try await kit.problem(.wrongForm)?.fields.map(\.field) == ["handelser[0].tidpunkt"])
    #expect(try await kit.problem(.foreignData)?.fields.map(\.field) == ["handelser[0].organisationsnummer"])
    #expect(try await kit.problem(.otherPerson)?.fields.map(\.field) == ["handelser[0].personnummer"])
  }

  @Test("the counterpart's error form is told by fields and codes, without numbers, secret or sentences")
  func errorForm() async throws {
    let kit = try await CoreKit()
    let problem = try #require(try await kit.problem(.refusesFields))
    let form = try #require(problem.form)
    #expect(form.id != nil && form.system == "TESTBED" && form.code == "VALIDERING")
    #expect(form.entries.first?.field == "personnummer" && form.entries.first?.code == "F042")
    #expect(form.entries.first?.requirement == "7" && form.entries.first?.operation == "CREATE")
    // The second entry had nothing that may be shown.
    #expect(form.entries.last?.field == nil && form.entries.last?.code == nil)
    #expect("\(problem)".contains("personnummer: F042"))
  }

  @Test(
    "a page that comes twice over is taken once; unknown fields are tolerated",
    arguments: [
      TestCoreConduct.doubled, .addsFields,
    ])
  func tolerated(_ conduct: TestCoreConduct) async throws {
    let kit = try await CoreKit()
    kit.core.behave(conduct)
    let answer = try await kit.client().needs(of: CoreKit.person, for: CoreKit.tenant, as: .system)
    #expect(answer.value.count == 1)
    let again = try await kit.client().needs(of: CoreKit.person, for: CoreKit.tenant, as: .system)
    #expect(answer.value == again.value)
  }

  @Test(
    "a list that goes round in circles, or has more of nothing, is refused",
    arguments: [
      TestCoreConduct.circles, .emptyPages,
    ])
  func circles(_ conduct: TestCoreConduct) async throws {
    let kit = try await CoreKit()
    let client = try kit.client()
    let first = try await client.page(of: .needs, after: nil, of: CoreKit.tenant, as: .system).value
    kit.core.behave(conduct)
    let problem = await CoreKit.problem { () throws(CoreProblem) in
      _ = try await client.page(of: .needs, after: first.next, of: CoreKit.tenant, as: .system)
    }
    #expect(problem?.kind == .paging)
  }

  @Test("what fails for the moment is tried again with growing pauses, and a refusal is not")
  func retries() async throws {
    let kit = try await CoreKit { $0.attempts = 3 }
    kit.core.behave(.failing, .closesInTheMiddle, .good)
    _ = try await kit.client().ping(as: .system)
    #expect(kit.core.requests.count == 3)
    let pauses = kit.pauses.withLock { $0 }
    #expect(pauses.count == 2)
    #expect(pauses[0] >= .milliseconds(500) && pauses[0] <= .seconds(1))
    #expect(pauses[1] >= .seconds(1) && pauses[1] <= .seconds(2))
    #expect(Set(kit.core.requests.map { $0.header("AF-TrackingId") }).count == 1)
    _ = try await kit.problem(.refusesFields)
    #expect(kit.core.requests.count == 4)
  }

  @Test("Retry-After is what is waited for")
  func retryAfter() async throws {
    let kit = try await CoreKit { $0.attempts = 2 }
    kit.core.behave(.busy)
    _ = try await kit.client().ping(as: .system)
    #expect(kit.pauses.withLock { $0 } == [.seconds(1)])
  }

  @Test("nobody there is a problem of the connection")
  func nobody() async throws {
    let kit = try await CoreKit()
    try await kit.core.stop()
    #expect(try await kit.problem()?.kind == .connection)
  }

  @Test("after five failures it is left alone; after the pause one call tries, and up is told")
  func breaker() async throws {
    let kit = try await CoreKit()
    let clock = TestClock()
    let client = try kit.client { clock.now }
    func ping() async -> CoreProblem? {
      await CoreKit.problem { () throws(CoreProblem) in _ = try await client.ping(as: .system) }
    }
    #expect(client.availability == nil)
    #expect(await ping() == nil)
    #expect(client.availability?.state == .up)
    kit.core.behave(always: .failing)
    for _ in 0..<4 { #expect(await ping()?.kind == .failing) }
    #expect(client.availability?.state == .up)
    #expect(await ping()?.kind == .failing)
    #expect(client.availability?.state == .down && client.availability?.source == .core)
    #expect(await ping()?.kind == .pausing)
    #expect(kit.core.requests.count == 6)
    clock.advance(31)
    #expect(await ping()?.kind == .failing)
    clock.advance(31)
    #expect(await ping()?.kind == .pausing)
    kit.core.behave(always: .good)
    clock.advance(30)
    #expect(await ping() == nil)
    #expect(client.availability?.state == .up && client.pausedUntil == nil)
  }

  @Test("neither settings nor client show the secret")
  func secrecy() async throws {
    let kit = try await CoreKit()
    #expect(!holds(kit.settings, [kit.core.keys.secret]))
    #expect(!holds(CoreCall(.ping, .system), [kit.core.keys.secret]))
  }
}
