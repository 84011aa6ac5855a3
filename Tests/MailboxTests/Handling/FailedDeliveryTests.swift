import Foundation
import Testing

@testable import Mailbox
@testable import SDKRelay

@Suite("SDK-KVT-09: failed deliveries wait for somebody of their mailbox") struct FailedDeliveryTests {
  private let now = MessageKit.now

  private func fail(_ kit: MessageKit, _ message: StoredMessage) async throws {
    try await kit.service.relay.write { db in
      try MessageTable.fail(message.row, event: "failed", now: now, telling: MailboxInbox(), in: db)
    }
  }

  private func late(_ kit: MessageKit, _ message: StoredMessage, isAccepted: Bool = true) async throws {
    try await kit.service.relay.write { db in
      try MailboxInbox().tell(.lateReceipt(isAccepted: isAccepted), of: message, in: db)
    }
  }

  private func sent(_ kit: MessageKit) async throws -> StoredMessage {
    try await kit.put { ($0.direction, $0.status) = (.outgoing, .waitingForReceipt) }
  }

  @Test(
    "one that failed waits in its conversation and its mailbox until it is done, and again when a receipt comes late")
  func waits() async throws {
    let kit = try MessageKit()
    let user = try await kit.user()
    let message = try await sent(kit)
    func counts() throws -> [Int?] {
      let conversation = try kit.service.conversations(ConversationQuery(), for: user, at: now).first
      return [
        conversation?.unhandled, conversation?.failed,
        try kit.service.unhandled(for: user, at: now)[MessageKit.mailbox],
        try kit.service.failedDeliveries(for: user, at: now)[MessageKit.mailbox],
      ]
    }
    #expect(try counts() == [0, 0, 0, 0])
    await #expect(throws: HandlingProblem.notReceived) {
      try await kit.service.handle(message.id, .done, version: 0, by: user, at: now)
    }
    try await fail(kit, message)
    try await fail(kit, message)
    #expect(try counts() == [1, 1, 1, 1])
    #expect(try await kit.find(nil, user) { $0.isDone = false } == [message.row])
    #expect(try await kit.find(nil, user) { $0.hasFailed = true } == [message.row])
    let handling = try await kit.service.handling(of: message.id, by: user, at: now)
    #expect(handling.failure?.status == .messageExchangeError && handling.failure?.late == nil)

    try await kit.service.handle(message.id, .done, version: 0, by: user, at: now)
    #expect(try counts() == [0, 0, 0, 0])
    #expect(try kit.service.failedDelivery(of: message, for: user, at: now)?.isDone == true)
    #expect(try await kit.find(nil, user) { $0.isDone = true } == [message.row])
    try await late(kit, message)
    try await late(kit, message, isAccepted: false)
    #expect(try counts() == [1, 1, 1, 1])
    let failure = try #require(try kit.service.failedDelivery(of: message, for: user, at: now))
    #expect(failure.late?.isAccepted == true && !failure.isDone && failure.status == .messageExchangeError)
    await #expect(throws: HandlingProblem.stale(seen: 1, now: 2)) {
      try await kit.service.handle(message.id, .reopen, version: 1, by: user, at: now)
    }
    try await kit.service.handle(message.id, .done, version: 2, by: user, at: now)
    try await kit.service.handle(message.id, .reopen, version: 3, by: user, at: now)
    #expect(try counts() == [1, 1, 1, 1])
  }

  @Test("W4 it shows to nobody who may not see the message, neither in lists nor in counts") func access() async throws
  {
    let kit = try MessageKit()
    let user = try await kit.user()
    let message = try await sent(kit)
    try await fail(kit, message)
    let neighbour = try await kit.user("u2", in: MessageKit.neighbour)
    let administrator = try await kit.user("u3", [.role(.systemAdministrator)])
    for stranger in [neighbour, administrator] {
      #expect(try kit.service.failedDeliveries(for: stranger, at: now)[MessageKit.mailbox] == nil)
      #expect(try kit.service.failedDelivery(of: message, for: stranger, at: now) == nil)
      #expect(try await kit.find(nil, stranger) { $0.hasFailed = true }.isEmpty)
    }
    // The mark of a protected person moves both counts.
    try await kit.protect(message)
    #expect(try kit.service.failedDeliveries(for: user, at: now)[MessageKit.mailbox] == 0)
    #expect(try kit.service.unhandled(for: user, at: now)[MessageKit.mailbox] == 0)
    let marker = Principal.user(try UserID("marker"))
    #expect(try kit.service.failedDeliveries(for: marker, at: now)[MessageKit.mailbox] == 1)
    try await kit.service.handle(message.id, .unprotect, version: 1, by: marker, reason: "Fel", at: now)
    #expect(try kit.service.failedDeliveries(for: user, at: now)[MessageKit.mailbox] == 1)
  }
}
