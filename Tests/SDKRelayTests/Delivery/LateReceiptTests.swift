import Foundation
import GRDB
import Synchronization
import Testing

@testable import SDKRelay

@Suite("SDK-KVT-09: a message that failed, and what comes afterwards")
struct LateReceiptTests {
  /// Keeps what it is told, in the transaction in which it is told.
  private final class Teller: Inbox {
    let schemas = ["teller"]
    let problem = Mutex<(any Error)?>(nil)

    func register(in migrator: inout DatabaseMigrator) {
      migrator.registerMigration("teller 1") { try $0.execute(sql: "CREATE TABLE told (news TEXT NOT NULL)") }
    }

    func deliver(_ message: StoredMessage, in db: Database) throws {}

    func tell(_ news: DeliveryNews, of message: StoredMessage, in db: Database) throws {
      let text = "\(news) \(message.status.rawValue) \(message.id.value)"
      try db.execute(sql: "INSERT INTO told (news) VALUES (?)", arguments: [text])
      if let problem = problem.withLock({ $0 }) { throw problem }
    }
  }

  private struct Full: Error {}

  private func told(_ node: TestNode) throws -> [String] {
    try node.relay.read { try String.fetchAll($0, sql: "SELECT news FROM told") }
  }

  private static func once(_ settings: inout NodeSettings) {
    settings.delivery.retry = RetrySchedule(retries: 0, period: .seconds(1))
  }

  private func receipt(_ net: TestNet, _ id: MessageID, _ outcome: ApplicationResponse.Outcome) async throws {
    let made = try HandMade.receipt(net, about: id, outcome)
    guard case .receipt = try await net.send(made.packed(made.sealed(), in: net, to: 0), to: 0) else {
      Issue.record("no transport receipt")
      return
    }
  }

  @Test("a late ACCEPTED is an alarm and evidence, the status stays; a second receipt is ignored and logged")
  func accepted() async throws {
    try await withNet(change: Self.once, senderInbox: Teller(), running: [0]) { net in
      let node = net.nodes[0]
      let id = try await node.relay.submit(net.draft())
      let failed = try #require(try await node.wait(id, .outgoing, for: .messageExchangeError))
      #expect(try node.relay.evidence(of: failed).map(\.document) == [.message, .message])
      #expect(try told(node) == ["failed MESSAGE_EXCHANGE_ERROR \(id.value)"])

      try await receipt(net, id, .accepted)
      #expect(try await node.waitForEvent("! late message receipt: accepted by the recipient's message service"))
      #expect(try node.message(id, .outgoing)?.status == .messageExchangeError)
      let proof = try node.relay.evidence(of: failed).filter { $0.document == .messageReceipt }
      #expect(proof.map(\.kind) == [.envelope, .userMessage, .transportReceipt])
      #expect(try !(#require(proof.first).bytes).isEmpty, "its sealed envelope is kept")
      let events = try node.relay.events(of: failed)
      #expect(events.last?.text.hasPrefix("late message receipt: accepted") == true)
      #expect(events.compactMap(\.status).last == .messageExchangeError)

      let line = LineResponse(lineID: "NA", causeCode: "BV", reasonCode: "not-found", reason: "Nej")
      try await receipt(net, id, .rejected([line]))
      #expect(try await node.waitForEvent("message receipt ignored: the message is already MESSAGE_EXCHANGE_ERROR"))
      #expect(
        try told(node) == [
          "failed MESSAGE_EXCHANGE_ERROR \(id.value)",
          "lateReceipt(isAccepted: true) MESSAGE_EXCHANGE_ERROR \(id.value)",
        ])
      #expect(try node.relay.evidence(of: failed).filter { $0.document == .messageReceipt }.count == 3)
    }
  }

  @Test("a late REJECTED is recorded with its codes, without its words and without an alarm")
  func rejected() async throws {
    try await withNet(change: Self.once, senderInbox: Teller(), running: [0]) { net in
      let node = net.nodes[0]
      let id = try await node.relay.submit(net.draft())
      _ = try await node.wait(id, .outgoing, for: .messageExchangeError)
      let line = LineResponse(lineID: "NA", causeCode: "BV", reasonCode: "not-found", reason: "Hemlig orsak")
      try await receipt(net, id, .rejected([line]))
      #expect(try await node.waitForEvent("late message receipt: rejected"))
      let events = try node.events()
      #expect(
        events.contains("late message receipt: rejected by the recipient's message service: BV not-found"), "\(events)")
      #expect(!events.contains { $0.contains("Hemlig") })
      #expect(try node.message(id, .outgoing)?.status == .messageExchangeError)
      #expect(try told(node).last == "lateReceipt(isAccepted: false) MESSAGE_EXCHANGE_ERROR \(id.value)")
    }
  }

  @Test("a receipt about a message that failed before it left is about nothing that the other side can have")
  func neverSent() async throws {
    try await withNet(change: Self.once, senderInbox: Teller(), running: []) { net in
      let node = net.nodes[0]
      let id = try await node.relay.submit(net.draft())
      net.directory.remove(net.b.id)
      try await node.start()
      _ = try await node.wait(id, .outgoing, for: .messageExchangeError)
      net.publish()
      try await receipt(net, id, .accepted)
      #expect(try await node.waitForEvent("message receipt ignored: the message is already MESSAGE_EXCHANGE_ERROR"))
    }
  }

  @Test("whoever stands behind the relay is told in the transaction that says so: both are there or neither")
  func together() async throws {
    let teller = Teller()
    try await withNet(change: Self.once, senderInbox: teller, running: []) { net in
      let store = net.nodes[0].relay.store
      let id = try await net.nodes[0].relay.submit(net.draft())
      let row = try #require(try net.nodes[0].message(id, .outgoing)).row
      func fail() async throws -> Bool {
        try await store.write { db in
          try MessageTable.fail(row, event: "failed", now: Date(), telling: teller, in: db)
        }
      }
      teller.problem.withLock { $0 = Full() }
      await #expect(throws: Full.self) { try await fail() }
      #expect(try net.nodes[0].message(id, .outgoing)?.status == .scheduled)
      #expect(try told(net.nodes[0]).isEmpty)
      teller.problem.withLock { $0 = nil }
      #expect(try await fail())
      #expect(try await !fail(), "only once")
      #expect(try told(net.nodes[0]).count == 1)
    }
  }

  @Test("SDK-KVT-02: case 11: an answer to a message that counts as failed here is BV not-supported")
  func answerToFailed() async throws {
    try await withNet(change: Self.once, running: [1]) { net in
      let node = net.nodes[1]
      let draft = Draft(from: net.b.mailbox, to: net.a.mailbox, subject: "Fråga", text: "Text")
      let id = try await node.relay.submit(draft)
      #expect(try await node.wait(id, .outgoing, for: .messageExchangeError)?.status == .messageExchangeError)
      var answer = try HandMade(net)
      answer.payload.header.refToMessageID = id
      answer.payload.header.conversationID = id
      try await answer.send(to: net)
      try await net.settle(1)
      #expect(try net.verdicts() == ["REJECTED BV not-supported"])
      #expect(try net.delivered == 0)
    }
  }

  @Test("SDK-KVT-02: case 11: an answer to a message that its recipient rejected is BV not-supported")
  func answerToRejected() async throws {
    try await withNet(running: [1]) { net in
      let node = net.nodes[1]
      let draft = Draft(from: net.b.mailbox, to: net.a.mailbox, subject: "Fråga", text: "Text")
      let id = try await node.relay.submit(draft)
      try await node.relay.store.write { db in
        try db.change(sql: "UPDATE message SET status = 'REJECTED' WHERE messageId = ?", arguments: [id.value])
      }
      var answer = try HandMade(net)
      answer.payload.header.refToMessageID = id
      try await answer.send(to: net)
      try await net.settle(1)
      #expect(try net.verdicts() == ["REJECTED BV not-supported"])
    }
  }
}
