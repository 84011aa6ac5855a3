import Foundation
import SDKRelay
import Testing
import XMLSecurity

@Suite("Envelope") struct EnvelopeTests {
  @Test("SDK-XHE-03, SDK-XHE-06, SDK-XHE-09: document type, algorithms and both certificates are the federation's")
  func algorithms() throws {
    let root = try XMLElement.parse(EnvelopeKit.sealed(), limits: XMLLimits(totalBytes: 1 << 20))
    func values(_ local: String, _ attribute: String? = nil) -> [String] {
      root.descendants.filter { $0.local == local }.map { element in
        attribute.map { element.attribute($0) ?? "" } ?? element.text
      }
    }
    #expect(
      values("DocumentTypeCode") == ["Q{urn:riv:infrastructure:messaging:MessageWithAttachments:3}messagePayload"])
    #expect(
      EnvelopeHeader.receiptTypeCode
        == "Q{urn:oasis:names:specification:ubl:schema:xsd:ApplicationResponse-2}ApplicationResponse")
    #expect(
      values("EncryptionMethod", "Algorithm") == [
        "http://www.w3.org/2001/04/xmlenc#aes256-cbc", "http://www.w3.org/2001/04/xmlenc#rsa-oaep-mgf1p",
      ])
    #expect(
      values("DigestMethod", "Algorithm") == [
        "http://www.w3.org/2000/09/xmldsig#sha1", "http://www.w3.org/2001/04/xmlenc#sha256",
      ])
    #expect(values("SignatureMethod", "Algorithm") == ["http://www.w3.org/2001/04/xmldsig-more#rsa-sha256"])
    #expect(
      values("X509Certificate") == [
        Base64.encode(try EnvelopeKit.recipient.get().certificate.der),
        Base64.encode(try EnvelopeKit.sender.get().certificate.der),
      ])
  }

  @Test("SDK-XHE-05: what is sealed opens with the recipient's key, after the signature has been verified")
  func roundTrip() throws {
    let bytes = try EnvelopeKit.sealed()
    #expect(try EnvelopeKit.open(bytes) == EnvelopeKit.payload)
    let text = String(decoding: bytes, as: UTF8.self)
    #expect(!text.contains("messagePayload xmlns"))
    #expect(text.contains("http://www.w3.org/2001/04/xmlenc#aes256-cbc"))
    #expect(text.contains("http://www.w3.org/2001/04/xmlenc#rsa-oaep-mgf1p"))
  }

  @Test("SDK-KVT-03: an unencrypted signed envelope passes its payload on as a document of its own")
  func unencrypted() throws {
    let bytes = try EnvelopeKit.sealed(header: EnvelopeKit.header(encrypted: false))
    let opened = try EnvelopeKit.open(bytes)
    let element = try XMLElement.parse(Array(opened.utf8), limits: .receipt)
    #expect(element.local == "messagePayload")
    #expect(element.text == "å & b")
  }

  @Test("SDK-XHE-07: the official signed example verifies", .enabled(if: EnvelopeKit.hasShared, "no ../shared"))
  func official() throws {
    let bytes = try EnvelopeKit.official("xhe/examples/XHE-tm-base-ext-sigenc.xml")
    let envelope = try EnvelopeKit.read(bytes)
    #expect(envelope.header.id == "862693f7-53d4-4d96-b35c-470055710092")
    let verified = try envelope.verify(.signatureOnly, at: Date())
    #expect(verified.signer.commonName == "SendOrg2")
  }

  @Test(
    "the official unsigned examples have the right form", .enabled(if: EnvelopeKit.hasShared, "no ../shared"),
    arguments: ["XHE-tm-base.xml", "XHE-NonXML-tm-base.xml"])
  func officialUnsigned(name: String) throws {
    let envelope = try EnvelopeKit.read(EnvelopeKit.official("xhe/examples/\(name)"))
    #expect(!envelope.isSigned)
    #expect(throws: EnvelopeProblem.unsigned) { try envelope.verify(.signatureOnly, at: Date()) }
    let sink = MemorySink()
    _ = try envelope.openUnsigned(into: sink)
    #expect(!sink.bytes.isEmpty)
  }

  @Test(
    "the official example that was re-indented after signing is refused",
    .enabled(if: EnvelopeKit.hasShared, "no ../shared"))
  func officialBroken() throws {
    let envelope = try EnvelopeKit.read(EnvelopeKit.official("examples/message/xhe_unencrypted_payload.xml"))
    #expect(throws: EnvelopeProblem.self) { try envelope.verify(.signatureOnly, at: Date()) }
  }

  @Test(
    "any changed byte of the signed part makes the official example invalid",
    .enabled(if: EnvelopeKit.hasShared, "no ../shared"))
  func anyByte() throws {
    let bytes = try EnvelopeKit.official("xhe/examples/XHE-tm-base-ext-sigenc.xml")
    let text = String(decoding: bytes, as: UTF8.self)
    // Signed are the document element and, by the value, SignedInfo; the XML declaration and KeyInfo are not.
    let first = try #require(text.range(of: "<x:XHE")).lowerBound.utf16Offset(in: text)
    let signature = try #require(text.range(of: "<SignedInfo"))
    let last = try #require(text.range(of: "</SignatureValue>", range: signature.upperBound..<text.endIndex))
    let end = text[..<last.lowerBound].utf8.count
    let signatureStart = text[..<signature.lowerBound].utf8.count
    // Closely in the signature, widely in the ciphertext; steps that are odd, so that every bit has its turn.
    let positions =
      Array(stride(from: first, to: signatureStart, by: 29)) + Array(stride(from: signatureStart, to: end, by: 5))
    for position in positions {
      var changed = bytes
      changed[position] ^= 1 << UInt8(position % 8)
      guard let envelope = try? EnvelopeKit.read(changed) else { continue }
      #expect(throws: EnvelopeProblem.self, "byte \(position)") { try envelope.verify(.signatureOnly, at: Date()) }
    }
  }

  @Test("a changed byte of ours is refused everywhere but in the XML declaration, with the chain checked too")
  func anyByteOfOurs() throws {
    let bytes = try EnvelopeKit.sealed()
    let start = try #require(String(decoding: bytes, as: UTF8.self).range(of: "<x:XHE")).lowerBound
      .utf16Offset(in: String(decoding: bytes, as: UTF8.self))
    for position in stride(from: start, to: bytes.count, by: 37) {
      var changed = bytes
      changed[position] ^= 1 << UInt8((position / 37) % 8)
      #expect(throws: EnvelopeProblem.self, "byte \(position)") { try EnvelopeKit.verify(changed) }
    }
  }
}
