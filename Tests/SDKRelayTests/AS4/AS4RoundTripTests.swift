import Foundation
import Testing
import XMLSecurity

@testable import SDKRelay

@Suite("AS4 round trip")
struct AS4RoundTripTests {
  static let first = Array("<message>\(String(repeating: "text åäö ", count: 3_000))</message>".utf8)
  static let second = [UInt8]((0..<20_000).map { UInt8(truncatingIfNeeded: $0 &* 31) })

  @Test(
    "TA01, TA05, TA12–TA14, TA22: what is packed is received and acknowledged, under every key reference",
    arguments: KeyReference.allCases, [true, false])
  func keyReferences(reference: KeyReference, compresses: Bool) throws {
    var mode = AS4Kit.mode
    mode.signatureKeyReference = reference
    mode.encryptionKeyReference = reference
    mode.compresses = compresses
    try Self.exchange([Self.first], mode: mode, chunk: 4_096)
    try Self.exchange([Self.first, Self.second], mode: mode, chunk: 70_001)
  }

  @Test("chunks of every size give the same message", arguments: [1, 2, 3, 7, 63, 64, 65, 1_021, 65_536])
  func chunks(size: Int) throws {
    try Self.exchange([Array(Self.first.prefix(500)), Array(Self.second.prefix(300))], chunk: size)
  }

  @Test("an empty payload arrives empty", arguments: [true, false])
  func empty(compresses: Bool) throws {
    var mode = AS4Kit.mode
    mode.compresses = compresses
    try Self.exchange([[]], mode: mode, chunk: 100)
  }

  /// Packs, restores as after a restart, receives, acknowledges and checks the receipt.
  static func exchange(_ contents: [[UInt8]], mode: ProcessingMode = AS4Kit.mode, chunk: Int) throws {
    let federation = try AS4Federation.shared()
    try AS4Kit.withPacked(contents, mode: mode) { packed, folder in
      let restored = try PackedMessage(restoring: packed.file)
      #expect(restored.contentType == packed.contentType)
      #expect(restored.references == packed.references)
      #expect(restored.messageID == packed.messageID && restored.size == packed.size)
      let wire = try AS4Kit.bytes(packed.file)
      #expect(wire.count == packed.size)

      let received = try AS4Kit.read(packed.contentType, wire, chunk: chunk, in: folder)
      #expect(received.message.messageID == packed.messageID)
      #expect(received.signer.certificate == federation.a.certificate)
      #expect(received.references == packed.references)
      #expect(received.payloads.map(\.contentID) == Array(["message", "attachment"].prefix(contents.count)))
      for (payload, content) in zip(received.payloads, contents) {
        #expect(try AS4Kit.bytes(payload.file.temporary) == content)
        #expect(payload.size == content.count)
        #expect(payload.mimeType == "text/xml")
      }

      let receipt = try Signal.receipt(for: received, signer: federation.b, mode: mode)
      let outcome = Signal.read(
        receipt, contentType: Signal.contentType, answering: restored, signers: [federation.b.certificate],
        trust: federation.trust)
      guard case .receipt(receipt) = outcome else {
        Issue.record("\(outcome)")
        return
      }
    }
  }

  @Test("TA16, TA17, TA21: a ping is plain SOAP, gets a receipt and has nothing to deliver")
  func ping() throws {
    let federation = try AS4Federation.shared()
    var message = AS4Kit.message()
    message.service = TypedValue(AS4Names.pingService)
    message.action = AS4Names.pingAction
    message.properties = []
    try AS4Kit.withPacked([], message: message) { packed, folder in
      #expect(packed.contentType == "application/soap+xml; charset=UTF-8")
      let received = try AS4Kit.read(packed.contentType, AS4Kit.bytes(packed.file), in: folder)
      #expect(received.isPing && received.payloads.isEmpty)
      let receipt = try Signal.receipt(for: received, signer: federation.b, mode: AS4Kit.mode)
      let outcome = Signal.read(
        receipt, contentType: Signal.contentType, answering: packed, signers: [federation.b.certificate],
        trust: federation.trust)
      guard case .receipt = outcome else {
        Issue.record("\(outcome)")
        return
      }
    }
  }

  @Test("TA04: a part that is not compressed is taken as it is, although compression is agreed upon")
  func notCompressed() throws {
    var forge = try AS4Forge(AS4Federation.shared())
    forge.compresses = false
    let received = try AS4Kit.read(forge)
    #expect(received.payloads[0].size == forge.contents[0].count)
  }

  @Test("TA07, TA45: the header's order of parts is kept even where the parts arrive in another")
  func order() throws {
    var forge = try AS4Forge(AS4Federation.shared())
    forge.contents = [Self.first, Self.second]
    let (contentType, body) = try forge.build()
    let delimiter = Array("\r\n--forge\r\n".utf8)
    let starts = (0..<body.count - delimiter.count).filter { body[$0..<$0 + delimiter.count].elementsEqual(delimiter) }
    let end = body.count - Array("\r\n--forge--\r\n".utf8).count
    let swapped = body[..<starts[0]] + body[starts[1]..<end] + body[starts[0]..<starts[1]] + body[end...]
    try AS4Kit.withFolder { folder in
      let received = try AS4Kit.read(contentType, Array(swapped), in: folder)
      #expect(received.payloads.map(\.contentID) == ["part-1", "part-2"])
      #expect(try received.payloads.map { try AS4Kit.bytes($0.file.temporary) } == [Self.first, Self.second])
    }
  }

  @Test("TA23–TA25, TA27, TA32, TA33: compressed parts say so, and consumers get the content and its former type")
  func compression() throws {
    try AS4Kit.withPacked([Self.first]) { packed, folder in
      let received = try AS4Kit.read(packed.contentType, AS4Kit.bytes(packed.file), in: folder)
      #expect(
        received.message.parts[0].properties.map(\.name) == ["MimeType", "CharacterSet", "CompressionType"])
      #expect(received.payloads[0].mimeType == "text/xml")
      #expect(received.payloads[0].characterSet == "UTF-8")
      #expect(packed.size < Self.first.count)
    }
  }

  @Test("TA29: UTF-8 and UTF-16 content survive byte by byte", arguments: ["UTF-8", "UTF-16"])
  func encodings(name: String) throws {
    let text = "<?xml version=\"1.0\" encoding=\"\(name)\"?><m>åäö 😀</m>"
    let data = try #require(text.data(using: name == "UTF-8" ? .utf8 : .utf16))
    try Self.exchange([Array(data)], chunk: 11)
  }

  @Test("TA19, 4CT_TA01–4CT_TA03: conversation, participants, tracking and access points arrive")
  func header() throws {
    var message = AS4Kit.message()
    message.properties.append(MessageProperty(name: "trackingIdentifier", value: "track-1"))
    try AS4Kit.withPacked([Self.first], message: message) { packed, folder in
      let received = try AS4Kit.read(packed.contentType, AS4Kit.bytes(packed.file), in: folder).message
      #expect(received.conversationID == message.conversationID && received.refToMessageID == nil)
      #expect(received.finalRecipient == "0203:arbetsformedling.example.se")
      #expect(received.properties.contains { $0.name == "trackingIdentifier" && $0.value == "track-1" })
      #expect(received.from.partyID == "ap-a" && received.to.partyID == "ap-b")
    }
  }

  @Test("the signed header fits the room left for it, whatever it says", arguments: KeyReference.allCases)
  func room(reference: KeyReference) throws {
    var mode = AS4Kit.mode
    mode.signatureKeyReference = reference
    mode.encryptionKeyReference = reference
    var message = AS4Kit.message(mode: mode)
    message.agreement = TypedValue("A1", type: "urn:example")
    message.conversationID = "\"<&>\"" + String(repeating: "å", count: 300)
    try AS4Kit.withPacked([Self.first, Self.second], message: message, mode: mode) { packed, folder in
      let received = try AS4Kit.read(packed.contentType, AS4Kit.bytes(packed.file), in: folder)
      #expect(received.message.conversationID == message.conversationID)
      #expect(received.message.agreement == message.agreement)
    }
  }

  @Test("E8: packing again gives other keys and vectors; the packed file never changes")
  func fresh() throws {
    try AS4Kit.withPacked([Self.first]) { one, _ in
      try AS4Kit.withPacked([Self.first]) { two, _ in
        let wires = (try AS4Kit.bytes(one.file), try AS4Kit.bytes(two.file))
        #expect(wires.0 != wires.1)
        #expect(one.references.last?.digestValue == two.references.last?.digestValue)
      }
    }
  }

  @Test("one private-key operation is spent on sending, one on receiving and one on the receipt")
  func operations() async {
    // In a process of its own, since operations are counted for the process.
    await #expect(processExitsWith: .success) {
      _ = try AS4Federation.shared()
      let before = PrivateKey.operations
      try AS4RoundTripTests.exchange([AS4RoundTripTests.first], chunk: 4_096)
      guard PrivateKey.operations - before == 3 else { throw KeyProblem.failed }
    }
  }

  @Test("I10: a former key still decrypts, and a renewed certificate with the same key is found by its key identifier")
  func rollover() throws {
    let federation = try AS4Federation.shared()
    let newB = try AS4Federation.accessPoint("ap-b", federation.authority)
    let renewedA = try AS4Federation.accessPoint("ap-a", federation.authority, key: federation.a.privateKey)
    var forge = AS4Forge(federation)
    forge.mode.signatureKeyReference = .subjectKeyIdentifier
    let received = try AS4Kit.read(
      forge,
      receiver: federation.receiver {
        $0.identities = [newB, federation.b]
        $0.knownCertificates = [renewedA.certificate, federation.a.certificate]
      })
    #expect(received.signer.certificate == renewedA.certificate)
  }
}
