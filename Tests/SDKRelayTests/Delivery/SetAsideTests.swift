import Foundation
import GRDB
import Testing
import XMLSecurity

@testable import SDKRelay

@Suite("What is set aside goes on, or ends, by hand") struct SetAsideTests {
  @Test("E4: a message put aside unread is delivered when it is released, its sender's hour over or not, and once")
  func open() async throws {
    try await withNet(running: [1]) { net in
      let (relay, store) = (net.nodes[1].relay, net.nodes[1].relay.store)
      try await store.write { db in
        for _ in 1...Quarantine.tries { try Quarantine.count(from: net.a.id, to: net.b.id, now: Date(), in: db) }
      }
      try await HandMade(net).send(to: net)
      try await net.settle(1)
      let item = try #require(try relay.setAsideItems().first)
      #expect(item.work == .open && item.counterpart == net.a.id && item.participant == net.b.id)
      #expect(item.reason.contains("could not be decrypted lately"))
      #expect(try net.delivered == 0)

      try await relay.release(setAside: item.number)
      try await net.settle(1)
      #expect(try net.delivered == 1)
      #expect(try net.verdicts() == ["ACCEPTED"])
      #expect(try net.nodes[1].events().contains { $0.hasPrefix("given back to work by hand: number \(item.number)") })
      await #expect(throws: SetAsideProblem.unknown(item.number)) { try await relay.release(setAside: item.number) }
    }
  }

  @Test("what is still in the way sets the message aside again; dismissed it is never read, and its file goes")
  func dismissal() async throws {
    try await withNet(running: [1]) { net in
      let relay = net.nodes[1].relay
      var message = try HandMade(net)
      message.encryptedFor = net.c.identity.certificate
      try await message.send(to: net)
      try await net.settle(1)
      try await relay.release(setAside: #require(try relay.setAsideItems().first).number)
      try await net.settle(1)
      let items = try relay.setAsideItems()
      #expect(items.map(\.reason) == ["the message cannot be opened"])
      try await relay.dismiss(setAside: items[0].number)
      #expect(try relay.setAsideItems().isEmpty)
      let named = try relay.store.read { try Int.fetchOne($0, sql: "SELECT COUNT(file) FROM reception") }
      #expect(named == 0, "the janitor removes what no row names")
    }
  }

  @Test("a message receipt that was set aside is sent when it is released, in an AS4 message of its own")
  func receipt() async throws {
    try await withNet(running: [1]) { net in
      let (node, relay) = (net.nodes[1], net.nodes[1].relay)
      let id = MessageID.new()
      try await HandMade(net, id: id).send(to: net)
      try await net.settle(1)
      // Nobody listens at the sender's access point, and then the file is lost: each start of the work fails.
      #expect(try await node.waitForEvent("attempt 1 failed"))
      await node.stop()
      for file in try net.wireFiles(1, net.b.id) { unlink(file.path) }
      try await relay.store.write { db in try db.change(sql: "UPDATE job SET dueAt = 0, leasedBy = NULL") }
      try await net.start()
      #expect(try await eventually { try !relay.setAsideItems().isEmpty })
      let item = try #require(try relay.setAsideItems().first)
      let former = try #require(item.transportID)
      #expect(item.reason == "a file cannot be used: No such file or directory")
      #expect(item.work == .send && item.counterpart == net.a.id)

      try await relay.release(setAside: item.number)
      #expect(try await node.waitForEvent("message receipt signed for by the sender's access point"))
      #expect(try relay.setAsideItems().isEmpty)
      let received = try #require(try node.message(id, .incoming))
      #expect(received.status == .messageExchangeError, "a final status is never left")
      // What was signed the first time stays as it was; the proof of the new journey names the new AS4 message.
      let proof = try relay.evidence(of: received).filter { $0.document == .messageReceipt }
      let receipts = proof.filter { $0.kind == .transportReceipt }
      #expect(receipts.count == 1 && receipts.first?.transportID != former)
      for piece in proof where piece.kind != .envelope {
        #expect(String(decoding: try piece.bytes, as: UTF8.self).contains(piece.transportID))
      }
      #expect(Set(proof.map(\.transportID)).count == 2)
    }
  }
}
