import Foundation
import SDKRelay
import Synchronization
import Testbed
import XMLSecurity

@testable import StructuredBridge

/// A test core and what it takes to call it.
final class CoreKit: Sendable {
  let core: TestCore
  let settings: CoreSettings
  static let tenant = try! ParticipantID("0203:komvux.kommun.example.se")
  static let counterparty = try! ParticipantID("0203:arbetsformedlingen.example.se")
  static let keys = Result { try TestCoreKeys(organisation: TestCorePersons.municipality) }
  static let person = number(0)

  /// How long the clients waited between attempts.
  let pauses = Mutex<[Duration]>([])

  init(
    live: Bool = true, state: TestCoreState? = nil, _ change: (inout CoreSettings) -> Void = { _ in }
  ) async throws {
    core = try await TestCore(
      keys: Self.keys.get(), organisations: [TestCorePersons.municipality], live: live, slowness: .seconds(20),
      state: state)
    var settings = try Self.settings(core.url)
    settings.live.residentQuery = live
    settings.live.establishmentQuery = live
    change(&settings)
    self.settings = settings
  }

  static func settings(_ url: URL) throws -> CoreSettings {
    let keys = try keys.get()
    var settings = CoreSettings(
      url: url, counterparty: counterparty, identity: keys.client,
      authorities: try TLSTrust([keys.authority.identity.certificate]), clientID: TestCoreKeys.clientID,
      secret: CoreSecret(keys.secret)!, systemID: "sdk-relay", environment: "T2",
      tenants: [
        .init(participant: tenant, organisation: OrganisationNumber(TestCorePersons.municipality)!)
      ])
    settings.attempts = 1
    settings.pageSize = 2
    return settings
  }

  func client(now: @escaping @Sendable () -> Date = { .now }) throws -> CoreClient {
    try CoreClient(settings, now: now) { [self] time in pauses.withLock { $0.append(time) } }
  }

  static func number(_ place: Int) -> PersonIdentityNumber {
    guard let number = try? IdentityReading(TestCorePersons.numbers[place], at: .now).person else {
      preconditionFailure("a published number")
    }
    return number
  }

  /// What the call fails with; nil where it does not.
  static func problem(_ work: () async throws(CoreProblem) -> Void) async -> CoreProblem? {
    do throws(CoreProblem) {
      try await work()
      return nil
    } catch {
      return error
    }
  }

  /// What a client that meets this conduct says to the needs of a person.
  func problem(_ conducts: TestCoreConduct...) async throws -> CoreProblem? {
    let client = try client()
    for conduct in conducts { core.behave(conduct) }
    return await Self.problem { () throws(CoreProblem) in
      _ = try await client.needs(of: Self.person, for: Self.tenant, as: .system)
    }
  }

  static func events(_ facts: [StructuredFact]) -> [ObservedEvent] {
    facts.compactMap { if case .eventObserved(let event) = $0 { event } else { nil } }
  }
}

/// Whatever it prints, dumps or reflects holds none of these.
func holds(_ value: Any, _ secrets: [String]) -> Bool {
  var dumped = ""
  dump(value, to: &dumped)
  return secrets.contains { dumped.contains($0) || "\(value)".contains($0) || String(reflecting: value).contains($0) }
}
