import Foundation
import GRDB
import Testing
import XMLSecurity

@testable import SDKRelay

@Suite("SDK-TST-01: from organisation to organisation, with the official cases for access points")
struct ExchangeTests {
  @Test("TF-01, TF-04, SDK-AS4-06, SDK-KVT-06: a message with an attachment arrives whole and both hold signed proof")
  func exchange() async throws {
    try await withNet { net in
      let bytes = randomBytes(300_000)
      let draft = net.draft(attachments: [try net.file(bytes)])
      let id = try await net.nodes[0].relay.submit(draft)
      let sent = try #require(await net.nodes[0].wait(id, .outgoing, for: .accepted))
      #expect(sent.status == .accepted)
      let received = try #require(await net.nodes[1].wait(id, .incoming, for: .new))
      #expect(received.status == .new)
      #expect(received.content.texts == ["# Hej\n\nText."])
      let file = try #require(received.content.files.first)
      #expect(try AS4Kit.bytes(net.nodes[1].relay.attachment(file, of: received)) == bytes)
      for (node, message) in [(net.nodes[0], sent), (net.nodes[1], received)] {
        #expect(try await eventually { try node.relay.evidence(of: message).count == 6 })
      }
      #expect(
        try net.nodes[0].relay.events(of: sent).compactMap(\.status)
          == [.scheduled, .submitted, .acknowledged, .waitingForReceipt, .accepted])
      #expect(
        try net.nodes[1].relay.events(of: received).compactMap(\.status) == [.retrieved, .receiptSent, .new])
    }
  }

  @Test(
    "SDK-KVT-03, SDK-KVT-04: the receipt is signed, not encrypted, in the message's transport model, about its envelope"
  )
  func receipt() async throws {
    try await withNet { net in
      let id = try await net.nodes[0].relay.submit(net.draft())
      let sent = try #require(try await net.nodes[0].wait(id, .outgoing, for: .accepted))
      let proof = try net.nodes[0].relay.evidence(of: sent).first {
        $0.document == .messageReceipt && $0.kind == .envelope
      }
      guard case .file(let file) = proof?.content else {
        Issue.record("no message receipt")
        return
      }
      let envelope = try ReceivedEnvelope.read(file)
      #expect(envelope.header.documentID == .receipt(.extended))
      #expect(!envelope.header.isEncrypted)
      #expect(envelope.header.id != id.value)
      #expect(envelope.header.from == net.b.id && envelope.header.to == net.a.id)
      _ = try envelope.verify(.chain(TrustStore(anchors: [net.b.identity.certificate])), at: Date())
      #expect(try net.receipts().map(\.documentReference) == [id.value])
    }
  }

  @Test("SDK-KVT-05: after a whole exchange nothing is left to be sent: receipts have not been answered")
  func quiet() async throws {
    try await withNet { net in
      let id = try await net.nodes[0].relay.submit(net.draft())
      _ = try await net.nodes[0].wait(id, .outgoing, for: .accepted)
      _ = try await net.nodes[1].wait(id, .incoming, for: .new)
      #expect(
        try await eventually {
          try net.nodes.allSatisfy {
            let status = try $0.relay.status()
            return status.queued == 0 && status.running == 0
          }
        })
      let sent = try net.nodes.map { node in
        try node.relay.store.read { try Int.fetchOne($0, sql: "SELECT COUNT(*) FROM transfer") ?? 0 }
      }
      #expect(sent == [1, 1])
    }
  }

  @Test("SDK-KVT-10, 2.6.7: a receipt with further codes is understood; an unknown and a second one are ignored")
  func foreignReceipts() async throws {
    try await withNet { net in
      let id = try await net.nodes[0].relay.submit(net.draft())
      // Node 1 knows no sender any more and sends no receipt of its own.
      net.directory.remove(net.a.id)
      _ = try await net.nodes[0].wait(id, .outgoing, for: .waitingForReceipt)
      #expect(try await net.nodes[1].waitForEvent("refused without a message receipt"))
      net.publish()
      let line = LineResponse(lineID: "NA", causeCode: "BV", reasonCode: "vendor-specific", reason: "En orsak")
      for reference in [MessageID.new(), id, id] {
        let made = try HandMade.receipt(net, about: reference, .rejected([line]))
        guard case .receipt = try await net.send(made.packed(made.sealed(), in: net, to: 0), to: 0) else {
          Issue.record("no transport receipt")
          continue
        }
      }
      #expect(try await net.nodes[0].wait(id, .outgoing, for: .rejected)?.status == .rejected)
      #expect(try await net.nodes[0].waitForEvent("it is about no message of ours"))
      #expect(try await net.nodes[0].waitForEvent("the message is already REJECTED"))
      #expect(try net.nodes[0].events().contains { $0.contains("BV vendor-specific") && !$0.contains("En orsak") })
    }
  }

  @Test("Q4: a message receipt signed by another organisation than the recipient is refused")
  func forgedReceipt() async throws {
    try await withNet(running: [0, 1]) { net in
      let id = try await net.nodes[0].relay.submit(net.draft())
      net.directory.remove(net.a.id)
      _ = try await net.nodes[0].wait(id, .outgoing, for: .waitingForReceipt)
      #expect(try await net.nodes[1].waitForEvent("refused without a message receipt"))
      net.publish()
      var forged = try HandMade.receipt(net, about: id, .accepted)
      forged.signer = net.c.identity
      _ = try await net.send(forged.packed(forged.sealed(), in: net, to: 0), to: 0)
      #expect(try await net.nodes[0].waitForEvent("refused without a message receipt"))
      #expect(try net.nodes[0].message(id, .outgoing)?.status == .waitingForReceipt)
    }
  }

  @Test("TF-03, I2, I3: nothing is sealed for a recipient whose certificates are not trusted")
  func untrustedRecipient() async throws {
    try await withNet { net in
      let stranger = try TestKeys.issue("AP9002-TEST", CertificateAuthority.root("Accesspunkt CA TEST", bits: 2048))
      net.directory.set(
        TestDirectory.Entry(url: net.nodes[1].url, accessPoint: stranger.certificate, organization: net.b))
      let id = try await net.nodes[0].relay.submit(net.draft())
      let sent = try await net.nodes[0].wait(id, .outgoing, for: .messageExchangeError)
      #expect(sent?.status == .messageExchangeError)
      #expect(try net.delivered == 0)
    }
  }

  @Test("SDK-AS4-01, SDK-AS4-17: what goes over the wire is the p-mode's, with the payload's conversation")
  func wire() async throws {
    try await withNet { net in
      let first = try await net.nodes[0].relay.submit(net.draft())
      let received = try #require(try await net.nodes[1].wait(first, .incoming, for: .new))
      let answer = Draft(from: net.b.mailbox, to: net.a.mailbox, subject: "Svar", text: "Tack", replyTo: received.id)
      let second = try await net.nodes[1].relay.submit(answer)
      _ = try await net.nodes[1].wait(second, .outgoing, for: .accepted)
      let rows = try net.nodes[0].relay.store.read { db in
        try Row.fetchAll(db, sql: "SELECT service, action, conversationId FROM reception ORDER BY id")
      }
      let reply = try #require(rows.first { $0["action"] == DocumentID.message().action })
      #expect(reply["service"] == "bdx:noprocess")
      #expect(reply["conversationId"] == first.value)
      let receipt = try #require(rows.first { $0["action"] == DocumentID.receipt().action })
      let header = try #require(try net.receipts().first)
      #expect(header.documentReference == first.value)
      #expect(MessageID(receipt["conversationId"]) != first)
    }
  }

  @Test("TF-08, SDK-AS4-09: an envelope above 70 MB goes through whole")
  func large() async throws {
    func widen(_ settings: inout NodeSettings) {
      settings.limits.outgoing = 64 << 20
      settings.limits.incoming = 64 << 20
    }
    try await withNet(change: widen) { net in
      let bytes = [UInt8](repeating: 0x41, count: 40_000_000)
      let id = try await net.nodes[0].relay.submit(net.draft(attachments: [try net.file(bytes)]))
      let received = try await net.nodes[1].wait(id, .incoming, for: .new, seconds: 120)
      #expect(received?.status == .new)
      #expect(received?.content.files.first?.size == 40_000_000)
      #expect(received?.content.files.first?.sha256 == Hexadecimal.encode(digest(.sha256, of: bytes)))
      let size = try net.nodes[1].relay.store.read { try Int.fetchOne($0, sql: "SELECT MAX(size) FROM reception") }
      #expect((size ?? 0) > 70_000_000)
    }
  }
}
