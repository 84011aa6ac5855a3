import Foundation
import GRDB
import Testing
import XMLSecurity

@testable import SDKRelay

@Suite("SDK-TST-02: opening received envelopes, with the official cases for message services")
struct OpeningTests {
  /// Sends one falsified message to node 1 and gives what its receipts say.
  private func verdict(
    change settings: (inout NodeSettings) -> Void = { _ in }, _ change: (inout HandMade, TestNet) throws -> Void
  ) async throws -> (verdicts: [String], delivered: Int, events: [String]) {
    var result: (verdicts: [String], delivered: Int, events: [String]) = ([], 0, [])
    try await withNet(change: settings, running: [1]) { net in
      var message = try HandMade(net)
      try change(&message, net)
      guard case .receipt = try await message.send(to: net) else {
        Issue.record("no transport receipt")
        return
      }
      try await net.settle(1)
      result = (try net.verdicts(), try net.delivered, try net.nodes[1].events())
    }
    return result
  }

  // MARK: Answered

  @Test("SDK-KVT-02, SDK-KVT-07: a valid message, its reference unknown here, is ACCEPTED")
  func valid() async throws {
    let result = try await verdict { message, _ in message.payload.header.refToMessageID = .new() }
    #expect(result.verdicts == ["ACCEPTED"])
    #expect(result.delivered == 1)
  }

  @Test("2.4.6, SDK-KVT-06: ACCEPTED as soon as it is stored here, whether or not a client ever fetches it")
  func noClient() async throws {
    #expect(try await verdict { _, _ in }.verdicts == ["ACCEPTED"])
  }

  @Test("2.4.5, SDK-ADR-01: a function that the directory does not have is BV not-found")
  func function() async throws {
    let result = try await verdict { message, _ in
      let address = try FunctionalAddress("sdk:finns-inte")
      message.payload.header.recipient.attention.subOrganization.address = address
      message.envelope.handlingServiceID = address.value
    }
    #expect(result.verdicts == ["REJECTED BV not-found"])
    #expect(result.delivered == 0)
  }

  @Test("2.4.9: a payload that does not mirror its envelope is BV security")
  func mirror() async throws {
    let result = try await verdict { message, net in message.payload.header.sender.id = net.c.id }
    #expect(result.verdicts == ["REJECTED BV security"])
    #expect(result.delivered == 0)
  }

  @Test("2.4.8: an incoming message over the limit is BV too-long")
  func large() async throws {
    let result = try await verdict(change: { $0.limits.incoming = 20_000 }) { message, _ in
      message.payload.documents[0].texts = [String(repeating: "lång ", count: 10_000)]
    }
    #expect(result.verdicts.first?.hasPrefix("REJECTED BV too-long") == true)
  }

  @Test("SDK-KVT-02: a payload against the schema is SV structure")
  func structure() async throws {
    let result = try await verdict { message, _ in
      message.rawPayload = Array(
        "<ns:messagePayload xmlns:ns=\"urn:riv:infrastructure:messaging:MessageWithAttachments:3\"/>".utf8)
    }
    #expect(result.verdicts.first?.hasPrefix("REJECTED SV structure") == true)
  }

  @Test(
    "2.4.1, 2.4.2, SDK-KVT-02: the official wrong messages are rejected with their codes, and no content",
    arguments: [
      ("creationDateTime>2", "creationDateTime>den 2", "SV structure"),
      ("root>iso6523-actorid-upis", "root>icke-godkänt-kodverk", "BV invariant"),
    ])
  func official(right: String, wrong: String, codes: String) async throws {
    let result = try await verdict { message, _ in
      let sink = MemorySink()
      try PayloadWriter.write(message.payload, into: sink) { _, _ in }
      message.rawPayload = Array(String(decoding: sink.bytes, as: UTF8.self).replacing(right, with: wrong).utf8)
    }
    #expect(result.verdicts.first?.contains(codes) == true, "\(result.verdicts)")
    #expect(!result.events.contains { $0.contains("icke-godkänt") })
  }

  @Test("SDK-XHE-12: a plain payload under the extended model is SIG security")
  func plain() async throws {
    let result = try await verdict { message, _ in
      message.envelope.isEncrypted = false
      message.encryptedFor = nil
    }
    #expect(result.verdicts == ["REJECTED SIG security"])
  }

  @Test("I5, SDK-KVT-02: another signer than the published one is SIG security, without touching our key")
  func signer() async throws {
    let result = try await verdict { message, net in message.signer = net.c.identity }
    #expect(result.verdicts == ["REJECTED SIG security"])
    #expect(result.delivered == 0)
  }

  // MARK: Repeats

  @Test("Q3, SDK-KVT-11: the same envelope in a new AS4 message is delivered once, and the former receipt sent again")
  func repeated() async throws {
    try await withNet(running: [1]) { net in
      let message = try HandMade(net)
      let bytes = try message.sealed()
      for round in [message, message.withNewTransportID()] {
        _ = try await net.send(round.packed(bytes, in: net))
        try await net.settle(1)
      }
      try await net.settle(2)
      #expect(try net.delivered == 1)
      let receipts = try net.receipts()
      #expect(receipts.count == 2)
      #expect(Set(receipts.map(\.id)).count == 1)
    }
  }

  @Test("2.4.4, Q3: another body under the same id is BV duplicate")
  func duplicate() async throws {
    try await withNet(running: [1]) { net in
      let id = MessageID.new()
      try await HandMade(net, id: id, text: "ett").send(to: net)
      try await net.settle(1)
      try await HandMade(net, id: id, text: "två").send(to: net)
      try await net.settle(2)
      #expect(try net.delivered == 1)
      #expect(try net.verdicts() == ["ACCEPTED", "REJECTED BV duplicate"])
    }
  }

  @Test("SDK-KVT-02: an answer to a message that was rejected is BV not-supported")
  func refersToRejected() async throws {
    try await withNet(running: [1]) { net in
      var first = try HandMade(net)
      first.payload.header.sender.id = net.c.id
      try await first.send(to: net)
      try await net.settle(1)
      var second = try HandMade(net)
      second.payload.header.refToMessageID = first.payload.header.messageID
      try await second.send(to: net)
      try await net.settle(2)
      #expect(try net.verdicts() == ["REJECTED BV security", "REJECTED BV not-supported"])
    }
  }

  // MARK: Never answered

  @Test(
    "TF-09, SDK-AS4-05, SDK-AS4-12: an envelope with a fault is signed for, logged and deleted: no receipt, an alarm")
  func fault() async throws {
    try await withNet(running: [1]) { net in
      let message = try HandMade(net)
      _ = try await net.send(message.packed(Array("<not-an-envelope/>".utf8), in: net))
      try await net.settle(1)
      #expect(try net.receipts().isEmpty)
      #expect(try net.nodes[1].events().contains { $0.hasPrefix("! refused without a message receipt") })
      #expect(try await eventually { try net.nodes[1].relay.store.layout.transit(net.b.id).names().isEmpty })
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
      message.envelope.federationID = NodeSettings.Federation.sdk.id
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

  @Test("E2: an encrypted key that came in another envelope is refused before it is unwrapped")
  func seenKey() async throws {
    try await withNet(running: [1]) { net in
      let message = try HandMade(net)
      let bytes = try message.sealed()
      _ = try await net.send(message.packed(bytes, in: net))
      try await net.settle(1)
      // The captured ciphertext in an envelope of our own, signed by somebody entitled to send.
      let resealed = try net.resigned(bytes, instead: message.envelope.id, as: net.a.identity)
      _ = try await net.send(message.withNewTransportID().packed(resealed, in: net))
      try await net.settle(2)
      #expect(try net.delivered == 1)
      #expect(try net.receipts().count == 1)
      let events = try net.nodes[1].events()
      #expect(events.contains { $0.hasPrefix("! refused") && $0.contains("seen in another envelope") }, "\(events)")
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

  @Test("invariant 7: no plaintext outside the message store")
  func plaintext() async throws {
    try await withNet { net in
      let secret = Array("HEMLIGT-INNEHÅLL-12345".utf8)
      let id = try await net.nodes[0].relay.submit(net.draft(text: nil, attachments: [try net.file(secret)]))
      _ = try await net.nodes[1].wait(id, .incoming, for: .new)
      for node in net.nodes {
        let files = FileManager.default.enumerator(at: node.settings.data, includingPropertiesForKeys: nil)
        for case let url as URL in files ?? .init() where !url.path.contains("/messages/") {
          let data = (try? Data(contentsOf: url)) ?? Data()
          #expect(data.range(of: Data(secret)) == nil, "\(url.lastPathComponent)")
        }
      }
    }
  }
}

extension TestNet {
  /// The envelope with another id and a signature of its own, its ciphertext as it was.
  func resigned(_ bytes: [UInt8], instead id: String, as signer: Identity) throws -> [UInt8] {
    // Our own envelopes end with the signature and the end tag.
    let text = String(decoding: bytes, as: UTF8.self)
    guard let signature = text.range(of: "<ds:Signature ") else { return bytes }
    let renamed = text[..<signature.lowerBound].replacing(id, with: MessageID.new().value)
    let unsigned = Array((renamed + "</x:XHE>").utf8)
    let root = try XMLElement.parse(unsigned, limits: .envelope(totalBytes: 10 << 20))
    let digest = digest(.sha256, of: root.canonical(.inclusive10))
    _ = try makeSignature(
      references: [SignatureReference(uri: "", transforms: [.enveloped], digestMethod: .sha256, digestValue: digest)],
      canonicalization: .inclusive10, key: signer.privateKey, id: nil, keyInfo: X509Data.keyInfo(signer.certificate),
      appendingTo: root)
    return root.serialized(declaration: true)
  }
}
