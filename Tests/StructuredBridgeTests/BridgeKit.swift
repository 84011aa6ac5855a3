import Foundation
import GRDB
import Logging
import Mailbox
import Synchronization
import Testbed

@testable import SDKRelay
@testable import StructuredBridge

/// A node of its own for a test, with the bridge, and the keys that all of them share.
final class BridgeKit: Sendable {
  let bridge: Bridge
  private let folder: URL
  static let now = someNow
  static let day: TimeInterval = 86_400
  static let counterparty = try! ParticipantID("0203:motpart.example.se")
  static let stranger = try! ParticipantID("0203:okand.example.se")

  init(_ change: (inout BridgeSettings, inout NodeSettings, URL) throws -> Void = { _, _, _ in }) throws {
    folder = FileManager.default.temporaryDirectory.appending(path: "bridge-\(UUID().uuidString)")
    var node = try Self.settings()
    node.data = folder
    var settings = BridgeSettings(federation: node.federation)
    try change(&settings, &node, folder)
    bridge = try Bridge.open(node, settings, logger: Logger(label: "test") { _ in SwiftLogNoOpLogHandler() })
  }

  deinit {
    try? FileManager.default.removeItem(at: folder)
  }

  /// The organisation of this node.
  var tenant: ParticipantID { bridge.mailbox.relay.settings.participants[0].id }

  private static let numbers = KnownTestNumbers.publishedPersonnummer.split(whereSeparator: \.isWhitespace).map(
    String.init)

  /// A published test number.
  static func person(_ place: Int = 0) -> PersonIdentityNumber {
    guard case .person(let number)? = try? read(numbers[place]) else { preconditionFailure("a published number") }
    return number
  }

  func event(
    _ kind: EventKind, of person: PersonIdentityNumber = person(), _ reference: String = UUID().uuidString,
    days: Double = -10, known references: [CaseReference] = []
  ) -> ObservedEvent {
    ObservedEvent(
      tenant: tenant, counterparty: Self.counterparty, person: person, kind: kind,
      occurred: Self.now + days * Self.day, reference: reference, caseReferences: references, source: .core)
  }

  /// Takes one fact, which has to be taken.
  @discardableResult
  func take(_ fact: StructuredFact, at now: Date = now) async throws -> FactOutcome {
    try await bridge.take([fact], at: now)[0].get()
  }

  @discardableResult
  func observe(_ event: ObservedEvent) async throws -> CaseID {
    switch try await take(.eventObserved(event)) {
    case .taken(let id?), .known(let id?): id
    default: preconditionFailure("an event has a case")
    }
  }

  /// Says that the register has no mark.
  func clear(_ person: PersonIdentityNumber = person(), at now: Date = now) async throws {
    try await say([], of: person, at: now)
  }

  func say(_ marks: Set<ProtectionMark>, of person: PersonIdentityNumber = person(), at now: Date = now) async throws {
    let protection = Protection(marks, source: .populationRegister, checked: now)
    try await take(
      .protectionChanged(ProtectionObservation(tenant: tenant, person: person, protection: protection)),
      at: max(now, Self.now))
  }

  func refusal(_ fact: StructuredFact) async throws -> FactProblem? {
    do {
      try await take(fact)
      return nil
    } catch let problem as FactProblem {
      return problem
    }
  }

  /// Works with the register in a transaction.
  func register<Value: Sendable>(at now: Date = now, _ work: @escaping @Sendable (CaseRegister) throws -> Value)
    async throws
    -> Value
  {
    let (settings, tenants) = (bridge.settings, bridge.tenants)
    return try await bridge.mailbox.relay.write { try work(CaseRegister(settings, tenants, at: now, in: $0)) }
  }

  private static let made = Mutex<(folder: URL, settings: NodeSettings)?>(nil)

  private static func settings() throws -> NodeSettings {
    try made.withLock { made in
      if let made { return made.settings }
      let folder = FileManager.default.temporaryDirectory.appending(path: "federation-\(UUID().uuidString)")
      var options = TestFederation.Options()
      options.keySizes = .quick
      let federation = try TestFederation.create(in: folder, options: options)
      let settings = try NodeSettings(file: federation.nodeA.settings)
      made = (folder, settings)
      // Nobody releases a static: the folder goes when the tests end.
      atexit { BridgeKit.made.withLock { if let made = $0 { try? FileManager.default.removeItem(at: made.folder) } } }
      return settings
    }
  }
}
