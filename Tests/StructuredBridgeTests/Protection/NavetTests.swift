import Foundation
import GRDB
import SDKRelay
import Testbed
import Testing
import XMLSecurity

@testable import Mailbox
@testable import StructuredBridge

/// The population register over the network, against a service that answers as it does.
@Suite("The population register over the network", .timeLimit(.minutes(2))) struct NavetTests {
  private static let keys = Result { try TestCoreKeys(organisation: TestCorePersons.municipality) }
  private static let (one, other) = (BridgeKit.person(), BridgeKit.person(1))
  private let navet: TestNavet
  private let tenant = CoreKit.tenant

  init() async throws {
    navet = try await TestNavet(
      keys: Self.keys.get(), persons: [Self.one.whole: (true, false), Self.other.whole: (false, false)])
  }

  private func register(_ change: (inout NavetSettings) -> Void = { _ in }) throws -> NavetRegister {
    let keys = try Self.keys.get()
    var settings = NavetSettings(
      url: navet.url, identity: keys.client, authorities: try TLSTrust([keys.authority.identity.certificate]),
      orders: [
        .init(organisation: tenant, number: OrganisationNumber(TestCorePersons.municipality)!, id: "00000001-FO01-0001")
      ])
    change(&settings)
    return try NavetRegister(settings)
  }

  private func problem(_ register: NavetRegister, _ numbers: [PersonIdentityNumber] = [one]) async -> String? {
    do {
      _ = try await register.protection(of: numbers, for: tenant, at: LinkKit.now)
      return nil
    } catch {
      return "\(error)"
    }
  }

  @Test("each person is asked about under the organisation's order, and the marks are kept apart")
  func answers() async throws {
    let both = try await TestNavet(
      keys: Self.keys.get(), persons: [Self.one.whole: (true, true), Self.other.whole: (false, true)])
    let found = try await register().protection(of: [Self.one, Self.other], for: tenant, at: LinkKit.now)
    #expect(found[Self.one]?.marks == [.secrecyMark] && found[Self.other]?.marks == [])
    #expect(found.values.allSatisfy { $0.source == .populationRegister && $0.checked == LinkKit.now })
    #expect(Set(navet.asked) == [Self.one.whole, Self.other.whole] && Set(navet.orders) == ["00000001-FO01-0001"])
    let second = try await register { $0.url = both.url }.protection(
      of: [Self.one, Self.other], for: tenant, at: LinkKit.now)
    #expect(
      second[Self.one]?.marks == Set(ProtectionMark.allCases) && second[Self.other]?.marks == [.protectedRegistration])
    try await both.stop()
  }

  @Test(
    "an answer that is none, or of another kind, is no answer, and its problem holds nothing of it",
    arguments: TestNavetConduct.allCases.filter { $0 != .good })
  func wrong(_ conduct: TestNavetConduct) async throws {
    navet.behave(always: conduct)
    let said = try #require(
      await problem(try register { $0.totalTime = .milliseconds(conduct == .silent ? 300 : 5_000) }))
    #expect(said.hasPrefix("1 × "), "\(said)")
    for secret in [Self.one.whole, "191212121212", "KANSKE"] { #expect(!said.contains(secret), "\(said)") }
  }

  @Test("whom the register cannot tell of keeps nobody else from an answer")
  func partly() async throws {
    let stranger = BridgeKit.person(2)
    let found = try await register().protection(of: [stranger, Self.one, Self.other], for: tenant, at: LinkKit.now)
    #expect(Set(found.keys) == [Self.one, Self.other])
  }

  @Test("a register that is down is not asked about everybody")
  func down() async throws {
    navet.behave(always: .unavailable)
    let many = (0..<40).map { BridgeKit.person($0) }
    #expect(try await problem(register(), many)?.contains("HTTP 503") == true)
    #expect(navet.asked.count < 10)
    try await navet.stop()
    #expect(try await problem(register())?.contains("no answer") == true)
  }

  @Test("nobody is asked without the register's certificate, our own, or an order of the organisation")
  func identity() async throws {
    let strangers = try TestCoreKeys(organisation: TestCorePersons.municipality)
    let untrusted = try register { $0.authorities = (try? TLSTrust([strangers.authority.identity.certificate]))! }
    #expect(await problem(untrusted)?.contains("no answer") == true)
    let unknown = try register { $0.identity = strangers.client }
    #expect(await problem(unknown)?.contains("no answer") == true)
    let error = await #expect(throws: PopulationRegisterProblem.self) {
      try await register().protection(of: [Self.one], for: LinkKit.stranger, at: LinkKit.now)
    }
    #expect(error?.description.contains("no order") == true)
    #expect(navet.asked.isEmpty)
  }

  @Test("the node asks about whom it knows: marks cover, and while nobody answers everybody counts as protected")
  func watch() async throws {
    let kit = try LinkKit()
    try await kit.open(isClear: false)
    try await kit.open(Self.other, isClear: false)
    let user = try await kit.user("u1")
    let (secret, plain) = (try await kit.deliver { $0.refer(Self.one) }, try await kit.deliver { $0.refer(Self.other) })
    func seen() async throws -> [Int64] {
      try await kit.kit.bridge.mailbox.find(MessageSearch(), for: user, at: LinkKit.now).map(\.row)
    }
    let watch = ProtectionWatch(bridge: kit.kit.bridge, register: try register(), now: { LinkKit.now })
    navet.behave(always: .unavailable)
    await #expect(throws: PopulationRegisterProblem.self) { try await watch.round() }
    #expect(try await seen() == [])
    navet.behave(always: .good)
    _ = try await watch.round()
    #expect(try await seen() == [plain.row])
    _ = secret
  }

  @Test("of whom there is no answer is asked again after a while, and keeps nobody else waiting")
  func nobodyStarves() async throws {
    let kit = try LinkKit()
    for place in 0..<3 { try await kit.open(BridgeKit.person(place + 2), isClear: false) }
    try await kit.open(isClear: false)
    var watch = ProtectionWatch(bridge: kit.kit.bridge, register: try register(), now: { LinkKit.now })
    _ = try await watch.round()
    #expect(navet.asked.count == 4)
    _ = try await watch.round()
    #expect(navet.asked.count == 4, "not again at once")
    watch.now = { LinkKit.now + 601 }
    _ = try? await watch.round()
    #expect(navet.asked.count == 7, "those without an answer, and nobody else")
  }

  @Test("settings name one way to ask, and orders of the node's own organisations")
  func settings() throws {
    func read(_ text: String) throws -> BridgeSettings {
      let folder = FileManager.default.temporaryDirectory.appending(path: "navet-\(UUID().uuidString)")
      defer { try? FileManager.default.removeItem(at: folder) }
      try Self.keys.get().write(to: folder)
      let file = folder.appending(path: "node.yaml")
      try Data(("participants:\n  - id: \(tenant.value)\nbridge:\n  populationRegister:\n" + text).utf8).write(to: file)
      return try BridgeSettings.read(file, federation: .test)
    }
    let order = "organisation: \(tenant.value), organisationNumber: 299999-9994, order: 00000001-FO01-0001"
    func navet(_ url: String = "https://navet.example.se/x", _ orders: String? = nil, more: String = "") -> String {
      """
          navet:
            url: \(url)
            certificate: client.pem
            key: client.key.pem
            trust: [ca.pem]
            orders: [\(orders ?? "{\(order)}")]
      \(more)
      """
    }
    guard case .navet(let settings)? = try read(navet(more: "      atOnce: 8")).populationRegister else {
      Issue.record("no service")
      return
    }
    #expect(settings.atOnce == 8 && settings.orders.map(\.id) == ["00000001-FO01-0001"])
    for wrong in [
      navet() + "\n    file: a.csv", "    url: x", navet("http://navet.example.se"),
      navet("https://u@navet.example.se"),
      navet("https://navet.example.se/?a=b"), navet("https://navet.example.se", "{\(order)}, {\(order)}"),
      navet("https://navet.example.se", "{\(order.replacing(tenant.value, with: "0203:annan.example.se"))}"),
      navet("https://navet.example.se", "{\(order.replacing("299999-9994", with: "299999-9995"))}"),
      navet("https://navet.example.se", ""), navet(more: "      atOnce: 9"), navet(more: "      proxy: x"),
    ] {
      #expect(throws: SettingsProblem.self, "\(wrong)") { try read(wrong) }
    }
  }
}
