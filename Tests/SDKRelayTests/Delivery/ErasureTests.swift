import Foundation
import GRDB
import Testing
import XMLSecurity

@testable import SDKRelay

@Suite("What culling takes away, and what it leaves")
struct ErasureTests {
  private func erase(_ message: StoredMessage, on relay: Relay) async throws {
    let files = try await relay.write { db in
      try Relay.erase(message, under: "r1", at: Date(), in: db)
    }
    relay.remove(files)
    await relay.emptyLog()
  }

  @Test("Q3: a culled message that comes again is recognised, and its envelope is not kept")
  func repeated() async throws {
    try await withNet(running: [1]) { net in
      let message = try HandMade(net)
      let bytes = try message.sealed()
      _ = try await net.send(message.packed(bytes, in: net))
      try await net.settle(1)
      let relay = net.nodes[1].relay
      let stored = try #require(try relay.messages().first)
      try await relay.write { db in
        try db.execute(sql: "UPDATE message SET status = 'NEW' WHERE id = ?", arguments: [stored.row])
      }
      try await erase(stored, on: relay)
      let again = message.withNewTransportID()
      _ = try await net.send(again.packed(bytes, in: net))
      try await net.settle(2)
      // The same id with another body is a duplicate as before.
      try await HandMade(net, id: stored.id, text: "två").send(to: net)
      try await net.settle(3)
      #expect(try net.delivered == 1)
      #expect(try net.verdicts().last == "REJECTED BV duplicate")
      #expect(try relay.messages().map(\.content.culled?.rule) == ["r1"])
      let named = try relay.read {
        try Int.fetchOne(
          $0, sql: "SELECT count(*) FROM reception WHERE envelopeId = ? AND file IS NOT NULL",
          arguments: [stored.id.comparable])
      }
      #expect(named == 0, "an envelope of a culled message has a row")
    }
  }

  @Test("content, attachments and envelopes go; ids, status, events and the signed SOAP parts stay")
  func whole() async throws {
    let marker = "hemligt-märke-gallras-0815"
    try await withNet { net in
      let file = try net.file(Array(marker.utf8), "\(marker).pdf")
      let id = try await net.nodes[0].relay.submit(net.draft(marker, text: marker, attachments: [file]))
      try #require(await net.nodes[0].wait(id, .outgoing, for: .accepted)?.status == .accepted)
      for (node, direction) in [(0, MessageDirection.outgoing), (1, .incoming)] {
        let relay = net.nodes[node].relay
        let final: MessageStatus = direction == .outgoing ? .accepted : .new
        let message = try #require(try await net.nodes[node].wait(id, direction, for: final))
        #expect(try await eventually { try relay.read { try !Relay.isUnderWay(message, in: $0) } })
        let events = try relay.events(of: message).count
        try await erase(message, on: relay)
        let left = try #require(try relay.message(id).first)
        #expect((left.id, left.status, left.conversationID) == (message.id, message.status, message.conversationID))
        #expect(left.content.documents.isEmpty && left.subject.isEmpty && left.content.references.isEmpty)
        #expect(left.content.culled?.rule == "r1")
        #expect(try relay.events(of: left).count == events)
        #expect(
          try relay.evidence(of: left).map(\.kind) == [.userMessage, .transportReceipt] + [
            .envelope, .userMessage, .transportReceipt,
          ])
        #expect(try leaks(of: marker, in: net.nodes[node].settings.data).isEmpty)
        let sealed = try relay.store.layout.sealed(message.participant).names().filter { $0.hasSuffix(".xhe") }
        // What is left on the recipient's side is the envelope of nothing, on the sender's the message receipt's.
        #expect(sealed.count == (direction == .outgoing ? 1 : 0))
      }
    }
  }

  @Test("what is under way is told so; a reply to a culled message is refused, unless it brings its references")
  func underWay() async throws {
    try await withNet(running: [0]) { net in
      let relay = net.nodes[0].relay
      let id = try await relay.submit(net.draft())
      let message = try #require(try relay.message(id).first)
      #expect(try relay.read { try Relay.isUnderWay(message, in: $0) })
      // A message receipt may overtake the transport receipt: final, and still to be sent.
      try await relay.write { try $0.execute(sql: "UPDATE message SET status = 'ACCEPTED'") }
      #expect(try relay.read { try Relay.isUnderWay(message, in: $0) })
      try await erase(message, on: relay)
      var draft = net.draft()
      draft.replyTo = id
      await #expect(throws: SubmissionProblem.self) { try await relay.submit(draft) }
      draft.chosen.returnedReferences = []
      _ = try await relay.submit(draft)
    }
  }

  /// Files in which the text stands.
  private func leaks(of marker: String, in folder: URL) throws -> [String] {
    let files = FileManager.default.enumerator(at: folder, includingPropertiesForKeys: nil)
    return (files?.compactMap { $0 as? URL } ?? []).filter { url in
      (try? Data(contentsOf: url))?.range(of: Data(marker.utf8)) != nil
    }.map(\.lastPathComponent)
  }
}
