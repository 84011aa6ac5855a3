import Foundation
import Testing
import XMLSecurity

@testable import SDKRelay

@Suite("AS4 hostile messages")
struct AS4HostileTests {
  @Test("W14, X15: a message with any byte of its head changed is refused or means the same")
  func mutations() throws {
    let federation = try AS4Federation.shared()
    let forge = AS4Forge(federation)
    let (contentType, body) = try forge.build()
    try AS4Kit.withFolder { folder in
      let good = try AS4Kit.read(contentType, body, in: folder)
      var generator = SystemRandomNumberGenerator()
      for _ in 0..<400 {
        var changed = body
        let place = Int.random(in: 0..<body.count, using: &generator)
        changed[place] = UInt8.random(in: 0...255, using: &generator)
        guard let read = try? AS4Kit.read(contentType, changed, chunk: 1_500, in: folder) else { continue }
        #expect(read.message == good.message && read.references == good.references, "byte \(place)")
        #expect(try AS4Kit.bytes(read.payloads[0].file.temporary) == forge.contents[0], "byte \(place)")
      }
    }
  }

  // MARK: SOAP and XML

  private static let soap = [
    Wrong.text(
      "DOCTYPE", .invalidHeader, "document type", "<S12:Envelope",
      "<!DOCTYPE x SYSTEM \"file:///etc/passwd\"><S12:Envelope"),
    Wrong.text(
      "entity", .invalidHeader, "document type", "<S12:Envelope", "<!DOCTYPE x [<!ENTITY a \"b\">]><S12:Envelope"),
    Wrong.text("SOAP 1.1", .invalidHeader, "SOAP 1.2", AS4Names.soap, "http://schemas.xmlsoap.org/soap/envelope/"),
    Wrong.text("another root", .invalidHeader, "SOAP part", "<S12:Envelope", "<S12:Envelop"),
    Wrong.text("processing instruction", .invalidHeader, "SOAP part", "<S12:Body", "<?x?><S12:Body"),
    Wrong("a block that must be understood", .invalidHeader, "'Extra' must be understood") {
      $0.afterSigning = {
        $0.root.elements[0].append(XMLElement("S12:Extra", uri: AS4Names.soap, attributes: [.mustUnderstand]))
      }
    },
    Wrong("X14: depth", .invalidHeader, "deeply") {
      $0.soap = {
        $0.replacing(
          "</S12:Header>",
          with: String(repeating: "<x>", count: 80) + String(repeating: "</x>", count: 80) + "</S12:Header>")
      }
    },
    Wrong("X14: attributes", .invalidHeader, "attributes") {
      $0.soap = {
        $0.replacing("</S12:Header>", with: "<x \((0..<100).map { "a\($0)=''" }.joined(separator: " "))/></S12:Header>")
      }
    },
    Wrong("X14: namespaces", .invalidHeader, "namespace") {
      $0.soap = {
        $0.replacing(
          "</S12:Header>", with: "<x \((0..<100).map { "xmlns:a\($0)='u'" }.joined(separator: " "))/></S12:Header>")
      }
    },
    Wrong("X14: size", .invalidHeader, "too large") {
      $0.soap = { $0.replacing("</S12:Header>", with: "<x>\(String(repeating: "x", count: 300_000))</x></S12:Header>") }
    },
    Wrong("X15: trailing data", .invalidHeader, "SOAP part") { $0.soap = { $0 + "<x/>" } },
    Wrong("X15: NUL", .invalidHeader, "SOAP part") {
      $0.soap = { $0.replacing("</S12:Header>", with: "\0</S12:Header>") }
    },
    Wrong("no SOAP", .invalidHeader, "SOAP part") { $0.soap = { _ in "" } },
  ]

  @Test("X12, X14, X15: hostile XML and other envelopes are refused")
  func xmlRefused() throws {
    for wrong in Self.soap { try wrong.check() }
  }

  @Test("X12: a DOCTYPE in UTF-16 is refused too")
  func wide() throws {
    let text =
      "<?xml version=\"1.0\" encoding=\"UTF-16\"?><!DOCTYPE x [<!ENTITY a SYSTEM \"file:///etc/passwd\">]><x>&a;</x>"
    let bytes = Array(try #require(text.data(using: .utf16)))
    try AS4Kit.withFolder { folder in
      let error = #expect(throws: EbMSError.self) { try AS4Kit.read(Signal.contentType, bytes, in: folder) }
      #expect(error?.code == .invalidHeader)
    }
  }

  @Test("X6: a comment inside an id does not change what is read")
  func comments() throws {
    var forge = try AS4Forge(AS4Federation.shared())
    forge.soap = { $0.replacing("0203:arbetsformedling", with: "0203:<!-- x -->arbetsformedling") }
    #expect(try AS4Kit.read(forge).message.finalRecipient == "0203:arbetsformedling.example.se")
  }

  @Test("a Timestamp in Security is tolerated, signed or not, and a signed one must be right")
  func timestamp() throws {
    let add: (OutgoingEnvelope) -> Void = {
      $0.security.append(XMLElement("wsu:Timestamp", uri: AS4Names.utility, attributes: [.utilityID("ts")]))
    }
    var forge = try AS4Forge(AS4Federation.shared())
    forge.afterSigning = add
    _ = try AS4Kit.read(forge)

    let method = Canonicalization.exclusive(prefixes: [])
    var value: [UInt8] = []
    forge.afterSigning = { _ in }
    forge.beforeSigning = { envelope in
      add(envelope)
      value = digest(.sha256, of: try #require(envelope.security.elements.last).canonical(method))
    }
    forge.references = { references in
      references + [SignatureReference(uri: "#ts", transforms: [.canonicalization(method)], digestValue: value)]
    }
    let received = try AS4Kit.read(forge)
    #expect(received.references.count == 4)
    forge.soap = { $0.replacing("<wsu:Timestamp", with: "<wsu:Timestamp x=\"\"") }
    #expect { try AS4Kit.read(forge) } throws: { AS4Kit.isError(.failedAuthentication, "'#ts'")($0) }
  }

  @Test("errors name the message they are about as soon as its header can be read")
  func messageID() throws {
    let federation = try AS4Federation.shared()
    var forge = AS4Forge(federation)
    let id = forge.message.messageID
    forge.message.from.partyID = "ap-c"
    let error = #expect(throws: EbMSError.self) { try AS4Kit.read(forge) }
    #expect(error?.refToMessageID == id)

    forge.message.from.partyID = "ap-a"
    let refused = #expect(throws: EbMSError.self) {
      try AS4Kit.read(
        forge, receiver: federation.receiver { $0.admit = { _ throws(EbMSError) in throw .notServiced("x") } })
    }
    #expect(refused?.refToMessageID == id && refused?.detail == "NOT_SERVICED" && refused?.code == .other)
  }
}
