import Foundation
import GRDB
import Testing
import XMLSecurity

@testable import SDKRelay

@Suite("SDK-TST-02: what gets no message receipt")
struct UnansweredTests {
  @Test(
    "TF-09, SDK-AS4-05, SDK-AS4-12: an envelope with a fault is signed for, logged and deleted: no receipt, an alarm")
  func fault() async throws {
    try await withNet(running: [1]) { net in
      let message = try HandMade(net)
      _ = try await net.send(message.packed(Array("<not-an-envelope/>".utf8), in: net))
      try await net.settle(1)
      #expect(try net.receipts().isEmpty)
      #expect(try net.nodes[1].events().contains { $0.hasPrefix("! refused without a message receipt") })
      #expect(try await eventually { try net.nodes[1].relay.store.layout.sealed(net.b.id).names().isEmpty })
    }
  }

  @Test("TF-10, SDK-AS4-02, SDK-AS4-03: an envelope that differs from its AS4 message is deleted unread")
  func metadata() async throws {
    let sender = try await verdict { message, net in message.envelope.from = net.c.id }
    #expect(sender.verdicts.isEmpty)
    #expect(sender.events.contains { $0.contains("originalSender") })
    let type = try await verdict { message, _ in message.envelope.documentID = .message(.base) }
    #expect(type.verdicts.isEmpty)
    #expect(type.events.contains { $0.contains("Action") })
  }

  @Test("SDK-AS4-16: an envelope of another federation is deleted unread")
  func federation() async throws {
    let result = try await verdict { message, _ in
      message.envelope.federationID = Federation.sdk.id
    }
    #expect(result.verdicts.isEmpty)
    #expect(result.delivered == 0)
    #expect(result.events.contains { $0.contains("another federation") })
  }

  @Test("SDK-KVT-05, E3: what cannot be decrypted and what decrypts to no XML look the same: put aside, no receipt")
  func undecryptable() async throws {
    let wrongKey = try await verdict { message, net in message.encryptedFor = net.c.identity.certificate }
    let noXML = try await verdict { message, _ in message.rawPayload = Array("inte xml".utf8) }
    for result in [wrongKey, noXML] {
      #expect(result.verdicts.isEmpty)
      #expect(result.delivered == 0)
      #expect(result.events.contains("! put aside: the message cannot be opened"))
    }
    #expect(wrongKey.events.count == noXML.events.count)
  }

  @Test("E4: after three undecryptable messages in an hour a sender's are put aside unread, another's are not")
  func quarantine() async throws {
    try await withNet(running: [1]) { net in
      for number in 1...3 {
        var message = try HandMade(net)
        message.encryptedFor = net.c.identity.certificate
        try await message.send(to: net)
        try await net.settle(number)
      }
      try await HandMade(net).send(to: net)
      try await net.settle(4)
      #expect(try net.delivered == 0)
      #expect(try net.nodes[1].events().contains { $0.contains("could not be decrypted lately") })
      var other = try HandMade(net)
      other.signer = net.c.identity
      other.envelope.from = net.c.id
      other.payload.header.sender.id = net.c.id
      other.header.properties = ProcessingMode.federation.properties(
        originalSender: net.c.id.value, finalRecipient: net.b.id.value)
      try await other.send(to: net)
      try await net.settle(5)
      #expect(try net.delivered == 1)
    }
  }

  @Test("E4: of forty undecryptable messages at once three are tried, the rest is put aside unread, and others' flow")
  func flood() async throws {
    try await withNet(running: [1]) { net in
      let messages = try (0..<40).map { _ in
        var message = try HandMade(net)
        message.encryptedFor = net.c.identity.certificate
        return try message.packed(message.sealed(), in: net)
      }
      var other = try HandMade(net)
      (other.signer, other.envelope.from, other.payload.header.sender.id) = (net.c.identity, net.c.id, net.c.id)
      other.header.properties = ProcessingMode.federation.properties(
        originalSender: net.c.id.value, finalRecipient: net.b.id.value)
      let sent = other
      await withTaskGroup(of: Void.self) { group in
        for message in messages { group.addTask { _ = try? await net.send(message) } }
        group.addTask { _ = try? await sent.send(to: net) }
      }
      try await net.settle(41)
      let counted = try net.nodes[1].relay.store.read { db in
        try Int.fetchOne(db, sql: "SELECT COUNT(*) FROM decryptionFailure")
      }
      #expect(counted == 3)
      let reasons = try net.nodes[1].relay.setAsideItems().map(\.reason)
      #expect(reasons.count == 40)
      #expect(reasons.filter { $0.contains("could not be decrypted lately") }.count == 37)
      #expect(try net.delivered == 1)
    }
  }

  @Test("E2: an encrypted key that came in another envelope is refused before it is unwrapped")
  func seenKey() async throws {
    try await withNet(running: [1]) { net in
      let message = try HandMade(net)
      let bytes = try message.sealed()
      _ = try await net.send(message.packed(bytes, in: net))
      try await net.settle(1)
      // The captured ciphertext in an envelope of our own, signed by somebody entitled to send.
      let resealed = try net.resigned(bytes, as: net.a.identity) {
        $0.replacing(message.envelope.id, with: MessageID.new().value)
      }
      _ = try await net.send(message.withNewTransportID().packed(resealed, in: net))
      try await net.settle(2)
      #expect(try net.delivered == 1)
      #expect(try net.receipts().count == 1)
      let events = try net.nodes[1].events()
      #expect(events.contains { $0.hasPrefix("! refused") && $0.contains("seen in another envelope") }, "\(events)")
    }
  }

  @Test("SDK-KVT-05: what comes from a participant that the directory does not have is not answered")
  func unregistered() async throws {
    let result = try await verdict { _, net in net.directory.remove(net.a.id) }
    #expect(result.verdicts.isEmpty)
    #expect(result.delivered == 0)
    #expect(result.events.contains { $0.hasPrefix("! refused without a message receipt") })
  }

  @Test("a message receipt from another access point than its sender's is refused, and not answered")
  func receiptFromElsewhere() async throws {
    try await withNet(running: [0]) { net in
      net.publish(net.b, accessPoint: net.keys.accessPoints[0].certificate)
      let receipt = try HandMade.receipt(net, about: .new(), .accepted)
      _ = try await net.send(receipt.packed(receipt.sealed(), in: net, to: 0), to: 0)
      #expect(try await net.nodes[0].waitForEvent("! refused without a message receipt: The stated sender"))
    }
  }

  @Test("SDK-KVT-05: no receipt is ever sent for a receipt, not even for a wrong one")
  func receiptForReceipt() async throws {
    try await withNet(running: [1]) { net in
      var message = try HandMade(net)
      let about = EnvelopeHeader.message(
        id: .new(), from: net.b.id, to: net.a.id, mailbox: net.a.box, federationID: message.envelope.federationID)
      message.envelope = EnvelopeHeader.receipt(id: .new(), for: about, mailbox: nil)
      message.encryptedFor = nil
      message.header.action = DocumentID.receipt().action
      let response = ApplicationResponse(
        to: net.b.id, from: net.a.id, envelopeID: about.id, issued: Date(), outcome: .accepted)
      message.rawPayload = try ReceiptWriter.write(response)
      try await message.send(to: net)
      var forged = message.withNewTransportID()
      forged.signer = net.c.identity
      try await forged.send(to: net)
      try await net.settle(2)
      #expect(try net.receipts().isEmpty)
      #expect(try net.nodes[1].events().contains("message receipt ignored: it is about no message of ours"))
    }
  }

  @Test("invariant 7: no plaintext in the data folder")
  func plaintext() async throws {
    try await withNet { net in
      let secret = Array("HEMLIGT-INNEHÅLL-12345".utf8)
      let id = try await net.nodes[0].relay.submit(net.draft(text: nil, attachments: [try net.file(secret)]))
      _ = try await net.nodes[1].wait(id, .incoming, for: .new)
      for node in net.nodes {
        let files = FileManager.default.enumerator(at: node.settings.data, includingPropertiesForKeys: nil)
        for case let url as URL in files ?? .init() {
          let data = (try? Data(contentsOf: url)) ?? Data()
          #expect(data.range(of: Data(secret)) == nil, "\(url.lastPathComponent)")
        }
      }
    }
  }
}
