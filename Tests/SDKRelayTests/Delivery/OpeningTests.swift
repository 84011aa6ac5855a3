import Foundation
import GRDB
import Testing
import XMLSecurity

@testable import SDKRelay

@Suite("SDK-TST-02: opening received envelopes, with the official cases for message services")
struct OpeningTests {
  @Test("SDK-KVT-02, SDK-KVT-07: a valid message, its reference unknown here, is ACCEPTED")
  func valid() async throws {
    let result = try await verdict { message, _ in message.payload.header.refToMessageID = .new() }
    #expect(result.verdicts == ["ACCEPTED"])
    #expect(result.delivered == 1)
  }

  @Test("2.2.1, SDK-KVT-07: references of unknown roots and to unknown messages are ACCEPTED and kept")
  func unknownReferences() async throws {
    try await withNet(running: [1]) { net in
      var message = try HandMade(net)
      let unknown = MessageID.new()
      message.payload.header.refToMessageID = unknown
      message.payload.header.sender.attention?.references = [
        Reference(id: InstanceIdentifier(root: "unregistred", extension: "X 1"))
      ]
      try await message.send(to: net)
      try await net.settle(1)
      #expect(try net.verdicts() == ["ACCEPTED"])
      let stored = try #require(try net.nodes[1].message(message.payload.header.messageID, .incoming))
      #expect(stored.refToMessageID == unknown)
      #expect(stored.content.references.map(\.root) == ["unregistred"])
    }
  }

  @Test("2.4.6, SDK-KVT-06: ACCEPTED as soon as it is stored here; without a client it stays in the mailbox, unread")
  func noClient() async throws {
    try await withNet { net in
      let id = try await net.nodes[0].relay.submit(net.draft())
      #expect(try await net.nodes[0].wait(id, .outgoing, for: .accepted)?.status == .accepted)
      // The node starts anew, and still nobody has read it.
      await net.nodes[1].stop()
      try await net.start([1])
      let waiting = try net.nodes[1].relay.messages(MessageFilter(direction: .incoming))
      #expect(waiting.map(\.id) == [id])
      #expect(waiting.map(\.status) == [.new])
      #expect(waiting.first?.recipient.mailbox == net.b.box)
      #expect(waiting.first?.content.documents.first?.texts == ["# Hej\n\nText."])
    }
  }

  @Test("2.4.5, SDK-ADR-01: a function that the directory does not have is BV not-found")
  func function() async throws {
    let result = try await verdict { message, _ in
      let address = try FunctionalAddress("sdk:finns-inte")
      message.payload.header.recipient.attention.subOrganization.address = address
      message.envelope.handlingServiceID = address.value
    }
    // Of the payload and of the envelope.
    #expect(result.verdicts == ["REJECTED BV not-found BV not-found"])
    #expect(result.delivered == 0)
    let inside = try await verdict { message, _ in
      let address = try FunctionalAddress("sdk:finns-inte")
      message.payload.header.recipient.attention.subOrganization.address = address
      message.envelope.handlingServiceID = nil
    }
    #expect(inside.verdicts == ["REJECTED BV not-found"])
    let outside = try await verdict { message, _ in message.envelope.handlingServiceID = "sdk:finns-inte" }
    #expect(outside.verdicts == ["REJECTED BV security BV not-found"])
  }

  @Test("2.4.9: a payload that does not mirror its envelope is BV security")
  func mirror() async throws {
    let result = try await verdict { message, net in message.payload.header.sender.id = net.c.id }
    #expect(result.verdicts == ["REJECTED BV security"])
    #expect(result.delivered == 0)
    let nobody = try await verdict { message, _ in
      message.payload.header.sender.id = try ParticipantID("0203:finns-inte.example.se")
    }
    #expect(nobody.verdicts == ["REJECTED BV security BV invariant"])
  }

  @Test("SDK-KVT-02, SDK-PAY-13: a file of a type that is not taken here is BV not-supported, PDF never is")
  func fileType() async throws {
    for (type, expected) in [("image/png", "REJECTED BV not-supported"), ("application/pdf", "ACCEPTED")] {
      let result = try await verdict { message, _ in
        let file = ContentFile(
          fileName: "a", contentType: type,
          content: ContentReference(number: 0, size: 3, sha256: [UInt8](digest(.sha256, of: [1, 2, 3]))))
        message.payload.documents[0].files = [file]
        message.files = [[1, 2, 3]]
      }
      #expect(result.verdicts == [expected])
    }
  }

  @Test("2.4.8: an incoming message over the limit is BV too-long")
  func large() async throws {
    let limited = { (settings: inout NodeSettings) in settings.limits.incoming = 20_000 }
    let result = try await verdict(change: limited) { message, _ in
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
    "2.4.1, 2.4.2, SDK-KVT-02: the wrong messages of the official cases are rejected with their codes, and no content",
    arguments: [
      ("creationDateTime>2", "creationDateTime>den 2", "SV structure"),
      ("root>iso6523-actorid-upis", "root>icke-godkänt-kodverk", "BV invariant"),
    ])
  func wrong(right: String, wrong: String, codes: String) async throws {
    let result = try await verdict { message, _ in
      let sink = MemorySink()
      try PayloadWriter.write(message.payload, into: sink) { _, _ in }
      message.rawPayload = Array(String(decoding: sink.bytes, as: UTF8.self).replacing(right, with: wrong).utf8)
    }
    #expect(result.verdicts.first?.contains(codes) == true, "\(result.verdicts)")
    #expect(!result.events.contains { $0.contains("icke-godkänt") })
  }

  @Test(
    "2.4.1, 2.4.2: the official wrong payloads are rejected as the catalogue demands",
    .enabled(if: OfficialFiles.isPresent, "the reference files are not beside the package"))
  func official() async throws {
    let first = try await verdict { message, _ in
      message.rawPayload = Array(try OfficialFiles.text("examples/testdata/TF2.4.1.xml").utf8)
    }
    #expect(first.verdicts == ["REJECTED SV structure BV invariant BV invariant"])
    // TF2.4.2 is not in the set: it is min.xml with another root of the sender.
    let second = try await verdict { message, _ in
      let xml = try OfficialFiles.text("examples/testdata/min.xml")
      let sender = try #require(xml.range(of: "<ns2:senderID>"))
      let root = try #require(xml.range(of: "iso6523-actorid-upis", range: sender.upperBound..<xml.endIndex))
      message.rawPayload = Array(xml.replacingCharacters(in: root, with: "icke-godkänt-kodverk").utf8)
    }
    #expect(second.verdicts == ["REJECTED BV invariant"])
    for result in [first, second] {
      #expect(result.delivered == 0)
      #expect(!result.events.contains { $0.contains("icke-godkänt") || $0.contains("Sept") })
    }
  }

  @Test("TF-06: an envelope with everything that is allowed, laid out as other products do, is delivered and ACCEPTED")
  func maximal() async throws {
    try await withNet(running: [1]) { net in
      let box = try FunctionalAddress(String(repeating: "å", count: 256))
      net.directory.set(
        TestDirectory.Entry(
          url: net.nodes[1].url, accessPoint: net.keys.accessPoints[1].certificate,
          organization: TestOrganization(net.b, box: box)))
      var message = try HandMade(net)
      message.envelope.handlingServiceID = box.value
      message.payload.header.recipient.attention.subOrganization.address = box
      let bytes = try net.resigned(message.sealed(), as: net.a.identity) { text in
        text.replacing(
          "<x:XHE ",
          with: "<!-- made by hand -->\n<x:XHE xmlns:xsi=\"\(XMLNamespaces.xsi)\" xsi:schemaLocation=\"urn:a b.xsd\" "
        )
        .replacing("><xh", with: ">\n  <xh").replacing("Indicator>true<", with: "Indicator>1<")
      }
      _ = try await net.send(message.packed(bytes, in: net))
      try await net.settle(1)
      #expect(try net.verdicts() == ["ACCEPTED"])
      #expect(try net.delivered == 1)
    }
  }

  @Test("TF-07, SDK-XHE-04: the smallest envelope, without functional address, is delivered and ACCEPTED")
  func minimal() async throws {
    let result = try await verdict { message, _ in message.envelope.handlingServiceID = nil }
    #expect(result.verdicts == ["ACCEPTED"])
    #expect(result.delivered == 1)
  }

  @Test("SDK-KVT-03: a receipt goes to the sender's function where the payload names it, else to the message's own")
  func receiptFunction() async throws {
    try await withNet(running: [1]) { net in
      let changes: [(inout HandMade) throws -> Void] = [
        { _ in }, { $0.payload.header.sender.id = net.c.id },
        { message in
          let sink = MemorySink()
          try PayloadWriter.write(message.payload, into: sink) { _, _ in }
          message.rawPayload = Array(
            String(decoding: sink.bytes, as: UTF8.self).replacing("confidentiality>false", with: "confidentiality>x")
              .utf8)
        },
        { $0.signer = net.c.identity },
      ]
      for (number, change) in changes.enumerated() {
        var message = try HandMade(net)
        try change(&message)
        try await message.send(to: net)
        try await net.settle(number + 1)
      }
      #expect(try net.receiptFunctions() == [net.a.box, net.a.box, net.a.box, net.b.box].map(\.value))
    }
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

  @Test("SDK-KVT-02: a message from another access point than its sender's is BV security, signed or not")
  func wrongSender() async throws {
    for isPlain in [false, true] {
      for isForged in [true, false] {
        let result = try await verdict { message, net in
          if isPlain { message.makePlain() }
          if isForged { net.publish(net.a, accessPoint: net.keys.accessPoints[1].certificate) }
        }
        #expect(result.verdicts == [isForged ? "REJECTED BV security" : "ACCEPTED"], "plain: \(isPlain)")
        #expect(result.delivered == (isForged ? 0 : 1))
      }
    }
  }

  @Test("an access point that has changed its certificate keeps its name, and is still its participants' own")
  func accessPointRollover() async throws {
    let result = try await verdict { _, net in
      let renewed = try TestKeys.issue("AP9001-TEST", net.keys.accessPointCA)
      net.publish(net.a, accessPoint: renewed.certificate)
    }
    #expect(result.verdicts == ["ACCEPTED"])
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
}
