import Foundation
import GRDB
import Synchronization
import Testing

@testable import Mailbox
@testable import SDKRelay
@testable import StructuredBridge

/// What case systems are told by webhook: in order, again until it is taken, and never about protected persons.
@Suite("Webhooks of case systems") struct CaseHookTests {
  private static let dnr = Draft.Reference(root: "dnr", value: LinkKit.dnr.value)

  /// What the other side has taken, and how often it refuses before.
  private final class Receiver: Sendable {
    let taken = Mutex<[String]>([])
    let refusals = Mutex(0)
    struct Refused: Error {}

    func take(_ body: [UInt8]) throws {
      let refuses = refusals.withLock { count in
        count -= 1
        return count >= 0
      }
      if refuses { throw Refused() }
      let object = try JSONSerialization.jsonObject(with: Data(body)) as? [String: Any]
      taken.withLock { $0.append("\(object?["event"] as? String ?? "") \(object?["id"] as? String ?? "")") }
    }
  }

  private func worker(_ kit: LinkKit, _ receiver: Receiver, at now: Date = LinkKit.now) throws -> CaseHookWorker {
    let address = try #require(WebhookAddress("https://arenden.kommun.example.se/sdk"))
    let hook = CaseHook(
      tenant: kit.kit.tenant, address: address,
      host: WebhookHost(host: "arenden.kommun.example.se", port: 443, secret: [UInt8](repeating: 7, count: 32)))
    return CaseHookWorker(
      bridge: kit.kit.bridge, hook: hook, now: { now }, post: { body, _ in try receiver.take(body) })
  }

  @Test("a new webhook begins with what happens from then on, and is told in order")
  func order() async throws {
    let (kit, receiver) = (try LinkKit(), Receiver())
    try await kit.open(known: [LinkKit.dnr])
    try await kit.deliver { $0.references = [Self.dnr] }
    let worker = try worker(kit, receiver)
    while try await worker.step() {}
    #expect(receiver.taken.withLock { $0 }.isEmpty)
    let message = try await kit.deliver { $0.references = [Self.dnr] }
    try await kit.deliver {
      ($0.direction, $0.answers, $0.conversation) = (.outgoing, message.id, message.conversationID)
    }
    while try await worker.step() {}
    let taken = receiver.taken.withLock { $0 }
    #expect(taken.map { $0.prefix { $0 != " " } } == ["received", "linked", "sent", "answered", "linked", "receipt"])
    #expect(Set(taken).count == 6)
  }

  @Test("what is not taken comes again with the same id, the rest waits behind it, and one alarm a day tells of it")
  func again() async throws {
    let (kit, receiver) = (try LinkKit(), Receiver())
    try await kit.open(known: [LinkKit.dnr])
    while try await worker(kit, receiver).step() {}
    try await kit.deliver { $0.references = [Self.dnr] }
    receiver.refusals.withLock { $0 = 3 }
    #expect(try await !worker(kit, receiver).step())
    // Too early.
    #expect(try await !worker(kit, receiver, at: LinkKit.now + 9).step())
    for time in [11.0, 40, 90] { _ = try await worker(kit, receiver, at: LinkKit.now + time).step() }
    while try await worker(kit, receiver, at: LinkKit.now + 200).step() {}
    #expect(receiver.taken.withLock { $0 }.map { $0.prefix { $0 != " " } } == ["received", "linked"])
    let alarms = try await kit.kit.bridge.mailbox.relay.write { db in
      try Int.fetchOne(db, sql: "SELECT count(*) FROM event WHERE isAlarm AND text LIKE '%cannot be told%'")
    }
    #expect(alarms == 1)
  }

  @Test("nothing about protected persons is posted")
  func protected() async throws {
    let (kit, receiver) = (try LinkKit(), Receiver())
    try await kit.open(known: [LinkKit.dnr])
    while try await worker(kit, receiver).step() {}
    try await kit.deliver { $0.references = [Self.dnr] }
    try await kit.kit.say([.secrecyMark], at: LinkKit.now + 1)
    while try await worker(kit, receiver).step() {}
    #expect(receiver.taken.withLock { $0 }.isEmpty)
  }
}
