import Foundation
import GRDB
import Logging
import Mailbox
import SDKRelay
import Synchronization
import Testbed
import Testing

@testable import StructuredBridge

@Suite("Following the structured core")
struct CoreFollowerTests {
  /// A node, a test core that knows it, and a follower between them.
  final class Kit: Sendable {
    let bridge = try! BridgeKit()
    let kit: CoreKit
    let client: CoreClient
    let settings: CoreSettings

    init() async throws {
      let tenant = bridge.tenant
      kit = try await CoreKit(live: false) { settings in
        settings.tenants = [
          .init(participant: tenant, organisation: OrganisationNumber(TestCorePersons.municipality)!)
        ]
        settings.counterparty = BridgeKit.counterparty
      }
      settings = kit.settings
      client = try kit.client()
    }

    func follower(_ sink: (any FactSink)? = nil) -> CoreFollower {
      CoreFollower(
        core: client, settings: settings, relay: bridge.bridge.mailbox.relay,
        sink: sink ?? RegisterSink(bridge: bridge.bridge),
        logger: Logger(label: "test") { _ in SwiftLogNoOpLogHandler() },
        availability: { [client] in client.availability })
    }

    func events() async throws -> Int {
      try bridge.bridge.mailbox.relay.read { try Int.fetchOne($0, sql: "SELECT count(*) FROM caseEvent") ?? 0 }
    }

    func alarms(_ text: String) throws -> Int {
      try bridge.bridge.mailbox.relay.read { db in
        try String.fetchAll(db, sql: "SELECT text FROM event").count { $0.contains(text) }
      }
    }

    func state(_ list: CoreList) throws -> CoreTable.State {
      try bridge.bridge.mailbox.relay.read { try CoreTable.fetch(list, of: bridge.tenant, in: $0) }
    }
  }

  /// Fails as often as it is told, after having taken the facts or before.
  final class Unsure: FactSink {
    let inner: any FactSink
    let failures: Mutex<Int>
    let isAfter: Bool

    init(_ inner: any FactSink, failures: Int, isAfter: Bool) {
      self.inner = inner
      self.failures = Mutex(failures)
      self.isAfter = isAfter
    }

    func take(_ facts: [StructuredFact], head: CoreHead?) async throws {
      let fails = failures.withLock { left in
        left -= 1
        return left >= 0
      }
      if isAfter || !fails { try await inner.take(facts, head: head) }
      if fails { throw CocoaError(.fileWriteOutOfSpace) }
    }
  }

  @Test("everything is there after a round, and nothing new after the next")
  func rounds() async throws {
    let kit = try await Kit()
    await kit.follower().round()
    #expect(try await kit.events() == 7)
    #expect(try kit.state(.firstLoading).ended != nil)
    let cursor = try kit.state(.needs).cursor
    let calls = kit.kit.core.requests.count
    await kit.follower().round()
    #expect(try await kit.events() == 7)
    #expect(try kit.state(.needs).cursor == cursor)
    // The first loading is over, and is not asked for again.
    #expect(kit.kit.core.requests.count == calls + 2)
    #expect(try kit.bridge.bridge.interface(of: kit.bridge.tenant) == .up)
    #expect(try kit.bridge.bridge.coreLists().isEmpty)
  }

  @Test("a core that is down disturbs nothing; it goes on from the cursor, and nothing is lost or doubled")
  func down() async throws {
    let kit = try await Kit()
    kit.kit.core.behave(.good, .good, .failing)
    await kit.follower().round()
    let before = try await kit.events()
    #expect(before == 4 || before == 2 || before == 6)
    #expect(try kit.alarms("cannot be followed") >= 1)
    kit.kit.core.behave(always: .failing)
    for _ in 0..<3 { await kit.follower().round() }
    #expect(try await kit.events() == before)
    #expect(try kit.bridge.bridge.interface(of: kit.bridge.tenant) == .down)
    let alarms = try kit.alarms("cannot be followed")
    await kit.follower().round()
    #expect(try kit.alarms("cannot be followed") == alarms)
  }

  @Test("what was taken when the node failed is known when it comes again", arguments: [false, true])
  func crash(_ isAfter: Bool) async throws {
    let kit = try await Kit()
    let sink = Unsure(RegisterSink(bridge: kit.bridge.bridge), failures: 2, isAfter: isAfter)
    for _ in 0..<3 { await kit.follower(sink).round() }
    #expect(try await kit.events() == 7)
    #expect(try kit.alarms("were refused") == 0)
  }

  @Test("another organisation's data: none of the page is taken, operators are told each time, the cursor stands")
  func foreign() async throws {
    let kit = try await Kit()
    kit.kit.core.behave(always: .foreignData)
    await kit.follower().round()
    await kit.follower().round()
    #expect(try await kit.events() == 0)
    #expect(try kit.state(.needs).cursor == nil)
    #expect(try kit.alarms("another organisation's data") == 4)
    kit.kit.core.behave(always: .good)
    await kit.follower().round()
    #expect(try await kit.events() == 7)
    #expect(try kit.state(.needs).failingSince == nil)
  }

  @Test("a list without end ends the round, and not the node")
  func endless() async throws {
    let kit = try await Kit()
    kit.kit.core.behave(always: .endlessPages)
    var follower = kit.follower()
    follower.longestRound = 10
    await follower.round()
    #expect(kit.kit.core.requests.count <= 2 * 10 + 1)
    #expect(try kit.alarms("more than 10 pages") >= 1)
  }

  @Test("a number's change under way stops matching by number")
  func numberChange() async throws {
    let kit = try await Kit()
    var record = CoreRecord(
      id: "byte-1", organisation: OrganisationNumber(TestCorePersons.municipality)!, person: CoreKit.number(3),
      kind: .needOfEducation, occurred: .now - 60)
    record.isNumberChanging = true
    kit.kit.core.add(record, to: .needs)
    await kit.follower().round()
    let pending = try kit.bridge.bridge.mailbox.relay.read { db in
      try Int.fetchOne(db, sql: "SELECT count(*) FROM person WHERE changePendingSince IS NOT NULL") ?? 0
    }
    #expect(pending == 1)
  }
}
