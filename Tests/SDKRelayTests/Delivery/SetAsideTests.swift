import Foundation
import GRDB
import Testing
import XMLSecurity

@testable import SDKRelay

@Suite("What is set aside goes on, or ends, by hand") struct SetAsideTests {
  @Test("E4: a message put aside unread is delivered when it is released after its sender's quarantine, and only once")
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

      try await store.write { db in try db.change(sql: "DELETE FROM decryptionFailure") }
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

  @Test("a message receipt that was set aside is sent when it is released, under an AS4 message id of its own")
  func receipt() async throws {
    try await withNet(running: [1]) { net in
      let (relay, store) = (net.nodes[1].relay, net.nodes[1].relay.store)
      let id = MessageID.new()
      try await HandMade(net, id: id).send(to: net)
      try await net.settle(1)
      // Its lane must be at rest: nobody listens at the sender's access point.
      await net.nodes[1].stop()
      let former = try await store.write { db in
        try JobQueue.releaseAll(in: db)
        let lane = try #require(try JobQueue.lanes(in: db).first { $0.lane != Lane.receiptClock }?.lane)
        let job = try #require(try JobQueue.claim(lane: lane, by: "test", now: .distantFuture, in: db))
        let transfer = try #require(try TransferTable.fetch(job.subject, in: db))
        try JobQueue.setAside(job, reason: "poison", now: Date(), in: db)
        try TransferTable.end(transfer, acknowledged: false, in: db)
        return transfer.transportID
      }
      try await net.start()
      try await relay.release(setAside: #require(try relay.setAsideItems().first).number)
      #expect(try await net.nodes[1].wait(id, .incoming, for: .new)?.status == .new)
      let query = "SELECT transportId FROM transfer WHERE kind = 'receipt'"
      let sent = try store.read { try String.fetchAll($0, sql: query) }
      #expect(sent.count == 1 && sent != [former])
    }
  }
}
