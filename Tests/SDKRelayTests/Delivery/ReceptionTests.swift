import Foundation
import Testing
import XMLSecurity

@testable import SDKRelay

@Suite("What a node takes and what it refuses", .timeLimit(.minutes(3)))
struct ReceptionTests {
  @Test("Q1, TA09, TA10, SDK-AS4-07: fifty copies at once are delivered once and get the same receipt, byte for byte")
  func duplicates() async throws {
    try await withNet(running: [1]) { net in
      let payload = net.payload()
      let packed = try net.pack(net.sealed(payload))
      var receipts: Set<[UInt8]> = []
      try await withThrowingTaskGroup(of: [UInt8].self) { group in
        for _ in 0..<50 { group.addTask { try await net.post(packed).body } }
        for try await receipt in group { receipts.insert(receipt) }
      }
      #expect(receipts.count == 1)
      let message = try await net.nodes[1].wait(payload.header.messageID, .incoming, for: .retrieved)
      #expect(message != nil)
      #expect(try net.nodes[1].relay.messages().count == 1)
      #expect(try await net.post(packed).body == receipts.first)
    }
  }

  @Test("Q1: the same MessageId with other content is refused with EBMS:0004 and an alarm")
  func reusedID() async throws {
    try await withNet(running: [1]) { net in
      let id = UserMessage.newMessageID()
      #expect(try await net.deliver(net.sealed(net.payload()), transportID: id))
      guard case .error(let error) = try await net.outcome(net.pack(net.sealed(net.payload()), transportID: id)) else {
        Issue.record("accepted")
        return
      }
      #expect(error.code == .other)
      #expect(try net.nodes[1].events().contains { $0.hasPrefix("!") })
    }
  }

  @Test("Q3, SDK-KVT-11: the same envelope in a new AS4 message is delivered once and its receipt sent again")
  func repeatedEnvelope() async throws {
    try await withNet { net in
      let payload = net.payload()
      let envelope = try net.sealed(payload)
      #expect(try await net.deliver(envelope))
      _ = try await net.nodes[1].wait(payload.header.messageID, .incoming, for: .new)
      #expect(try await net.deliver(envelope))
      #expect(try await net.nodes[1].waitForEvent("its message receipt is sent again"))
      #expect(try net.nodes[1].relay.messages().count == 1)
    }
  }

  /// Delivers an envelope that is signed for on the wire and then judged; gives the receiver's events.
  func events(
    _ net: TestNet, after text: String, _ envelope: [UInt8], sourceLocation: SourceLocation = #_sourceLocation
  ) async throws -> [String] {
    #expect(try await net.deliver(envelope), sourceLocation: sourceLocation)
    let came = try await net.nodes[1].waitForEvent(text)
    let events = try net.nodes[1].events()
    #expect(came, "\(events)", sourceLocation: sourceLocation)
    return events
  }

  @Test("2.4.4, Q3: another message under a known id is REJECTED as duplicate")
  func duplicateID() async throws {
    try await withNet { net in
      let payload = net.payload()
      #expect(try await net.deliver(net.sealed(payload)))
      _ = try await net.nodes[1].wait(payload.header.messageID, .incoming, for: .new)
      let other = net.payload(payload.header.messageID, text: "Annan text")
      let events = try await events(net, after: "duplicate", net.sealed(other))
      #expect(events.contains { $0.contains("BV duplicate") || $0.contains("duplicate") })
      #expect(try net.nodes[1].relay.messages().count == 1)
    }
  }

  @Test("2.4.5: an unknown function is REJECTED as not-found; 2.4.9: a payload that does not mirror its envelope as security")
  func wrongAddresses() async throws {
    try await withNet { net in
      let address = try FunctionalAddress("sdk:none:0203:b.example.se")
      let payload = net.payload(function: address)
      let envelope = try net.seal(net.bytes(payload), id: payload.header.messageID) { $0.handlingServiceID = address.value }
      _ = try await events(net, after: "not-found", envelope)
      let mirrored = net.payload()
      _ = try await events(net, after: "security", net.seal(net.bytes(mirrored), id: .new()))
      #expect(try net.nodes[1].relay.messages().isEmpty)
    }
  }

  @Test("SDK-XHE-12: an unencrypted message is REJECTED as SIG security")
  func unencrypted() async throws {
    try await withNet { net in
      let payload = net.payload()
      let envelope = try net.seal(net.bytes(payload), id: payload.header.messageID, isEncrypted: false)
      _ = try await events(net, after: "SIG security", envelope)
      #expect(try net.nodes[1].relay.messages().isEmpty)
    }
  }

  @Test("I5, SDK-KVT-02: a signature that is not the sender's published one is REJECTED as SIG security")
  func wrongSigner() async throws {
    try await withNet { net in
      let payload = net.payload()
      let envelope = try net.seal(net.bytes(payload), id: payload.header.messageID, signer: net.c.identity)
      _ = try await events(net, after: "SIG security", envelope)
      #expect(try net.nodes[1].relay.messages().isEmpty)
    }
  }

  @Test("2.4.1, 2.4.2, SDK-KVT-02: broken rules are REJECTED with their codes")
  func brokenRules() async throws {
    try await withNet { net in
      let id = MessageID.new()
      let text = String(decoding: try net.bytes(net.payload(id)), as: UTF8.self)
        .replacing(/creationDateTime>[^<]*</, with: "creationDateTime>3 Sept. 2019<")
      _ = try await events(net, after: "SV structure", net.seal(Array(text.utf8), id: id))
      #expect(try net.nodes[1].relay.messages().isEmpty)
    }
  }

  @Test("SDK-KVT-07: a reply to an unknown message is accepted")
  func unknownReference() async throws {
    try await withNet { net in
      let payload = net.payload(refersTo: .new())
      #expect(try await net.deliver(net.sealed(payload)))
      let message = try await net.nodes[1].wait(payload.header.messageID, .incoming, for: .new)
      #expect(message?.status == .new)
    }
  }

  @Test("SDK-AS4-04: what is not served is refused with EBMS:0004 NOT_SERVICED before it is decrypted")
  func notServiced() async throws {
    try await withNet(running: [1]) { net in
      let envelope = try net.sealed(net.payload())
      for packed in [
        try net.pack(envelope, to: try ParticipantID("0203:nobody.example.se")),
        try net.pack(envelope, documentID: DocumentID("urn:other::thing##1::tm-base-ext-sigenc")),
      ] {
        guard case .error(let error) = try await net.outcome(packed) else {
          Issue.record("accepted")
          continue
        }
        #expect(error.code == .other)
        #expect(error.detail.contains("NOT_SERVICED"))
      }
      #expect(try net.nodes[1].relay.messages().isEmpty)
    }
  }

  @Test("TF-10, SDK-AS4-02, SDK-AS4-03, SDK-AS4-05, SDK-AS4-12: an envelope for another address is signed for, then deleted unread without a message receipt")
  func addressing() async throws {
    try await withNet { net in
      let payload = net.payload(from: net.c)
      let envelope = try net.seal(net.bytes(payload), id: payload.header.messageID) { $0.from = net.c.id }
      _ = try await events(net, after: "AS4 and envelope differ", envelope)
      #expect(try net.nodes[1].relay.messages().isEmpty)
    }
  }

  @Test("TF-09, SDK-AS4-05, SDK-AS4-12: a malformed envelope gets the transport receipt and no message receipt")
  func malformed() async throws {
    try await withNet { net in
      _ = try await events(net, after: "refused without a message receipt", Array("<x:XHE xmlns:x='urn:x'/>".utf8))
      _ = try await events(net, after: "refused without a message receipt", Array("not XML".utf8))
      #expect(try net.nodes[1].relay.messages().isEmpty)
      #expect(try net.nodes[0].events().isEmpty)
    }
  }

  @Test("SDK-AS4-16: an envelope of another federation is refused")
  func otherFederation() async throws {
    try await withNet { net in
      let payload = net.payload()
      let envelope = try net.seal(net.bytes(payload), id: payload.header.messageID) { $0.federationID = Federation.sdk }
      _ = try await events(net, after: "another federation", envelope)
    }
  }

  @Test("TF-03, I2, SDK-AS4-10: an access point of another authority is refused with EBMS:0101")
  func foreignAccessPoint() async throws {
    try await withNet(running: [1]) { net in
      let foreign = try TestKeys.issue("AP9001-TEST", CertificateAuthority.root("Accesspunkt CA TEST", bits: 2048))
      guard case .error(let error) = try await net.outcome(net.pack(net.sealed(net.payload()), signer: foreign)) else {
        Issue.record("accepted")
        return
      }
      #expect(error.code == .failedAuthentication)
    }
  }

  @Test("E2: a captured ciphertext that another participant signs anew is refused before its key is unwrapped")
  func captured() async throws {
    try await withNet { net in
      let payload = net.payload()
      let envelope = try net.sealed(payload)
      #expect(try await net.deliver(envelope))
      _ = try await net.nodes[1].wait(payload.header.messageID, .incoming, for: .new)
      let root = try XMLElement.parse(envelope, limits: XMLLimits(totalBytes: 1 << 20))
      let signature = try #require(root.child(XMLName(XMLNamespaces.ds, "Signature")))
      root.remove(signature)
      let text = String(decoding: root.serialized(), as: UTF8.self)
        .replacingOccurrences(of: payload.header.messageID.value, with: MessageID.new().value)
        .replacingOccurrences(of: net.a.id.value, with: net.c.id.value)
      let forged = try XMLElement.parse(Array(text.utf8), limits: XMLLimits(totalBytes: 1 << 20))
      try makeSignature(
        references: [
          SignatureReference(
            uri: "", transforms: [.enveloped], digestValue: digest(.sha256, of: forged.canonical(.inclusive10)))
        ], canonicalization: .inclusive10, key: net.c.identity.privateKey,
        keyInfo: X509Data.keyInfo(net.c.identity.certificate), appendingTo: forged)
      let packed = try net.pack(forged.serialized(), from: net.c.id)
      _ = try await net.outcome(packed)
      #expect(try await net.nodes[1].waitForEvent("has been seen in another envelope"))
      #expect(try net.nodes[1].relay.messages().count == 1)
    }
  }

  @Test("E3, E4: three messages that cannot be opened close the door to their sender for an hour, without a receipt")
  func quarantine() async throws {
    try await withNet { net in
      for number in 1...3 {
        #expect(try await net.deliver(net.seal(Array("no XML \(number)".utf8), id: .new())))
      }
      #expect(try await net.nodes[1].waitForEvent("cannot be opened"))
      try await Task.sleep(for: .seconds(1))
      _ = try await events(net, after: "could not be decrypted lately", net.sealed(net.payload()))
      #expect(try net.nodes[1].relay.messages().isEmpty)
      #expect(try net.nodes[0].events().isEmpty)
    }
  }

  @Test("SDK-KVT-10, 2.6.7: a receipt with further reason codes is understood; a second and an unknown one are ignored")
  func foreignReceipt() async throws {
    try await withNet { net in
      let entry = TestDirectory.Entry(
        url: net.nodes[0].url, accessPoint: net.keys.accessPoints[0].certificate, organization: net.a)
      // Node 1 finds no sender and sends no receipt of its own; receipts are made by hand.
      let id = try await net.nodes[0].relay.submit(net.draft())
      net.directory.remove(net.a.id)
      _ = try await net.nodes[0].wait(id, .outgoing, for: .waitingForReceipt)
      #expect(try await net.nodes[1].waitForEvent("refused without a message receipt"))
      net.directory.set(entry)
      for reference in [MessageID.new(), id, id] {
        let line = LineResponse(lineID: "NA", causeCode: "BV", reasonCode: "vendor-specific", reason: "En orsak")
        let response = ApplicationResponse(
          to: net.a.id, from: net.b.id, envelopeID: reference.value, issued: Date(), outcome: .rejected([line]))
        var header = EnvelopeHeader.message(
          id: .new(), from: net.b.id, to: net.a.id, mailbox: net.a.box, federationID: Federation.test)
        header.documentID = .receipt()
        header.documentTypeCode = EnvelopeHeader.receiptTypeCode
        header.isEncrypted = false
        let sink = MemorySink()
        let bytes = try ReceiptWriter.write(response)
        _ = try Envelope.seal(header, encryptedFor: nil, signedBy: net.b.identity, into: sink) { try $0.write(bytes) }
        let packed = try net.pack(sink.bytes, documentID: .receipt(), sender: 1)
        guard case .receipt = try await net.outcome(packed, to: 0) else {
          Issue.record("not signed for")
          continue
        }
      }
      let sent = try await net.nodes[0].wait(id, .outgoing, for: .rejected)
      #expect(sent?.status == .rejected)
      #expect(try await net.nodes[0].waitForEvent("about no message of ours"))
      #expect(try await net.nodes[0].waitForEvent("the message is already REJECTED"))
    }
  }
}
