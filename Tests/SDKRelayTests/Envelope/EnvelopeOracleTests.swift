import Foundation
import Testing
import XMLSecurity

@testable import SDKRelay

@Suite("What decryption gives away") struct EnvelopeOracleTests {
  @Test("E3: a wrong padding and a plain text that is no XML cannot be told apart by time, in 1,000 tries each")
  func time() throws {
    let key = try EnvelopeKit.recipient.get().privateKey
    let good = String(decoding: try EnvelopeKit.sealed("inte xml, men lika långt som något annat"), as: UTF8.self)
    let attacks = EnvelopeAttackTests()
    let start = try #require(good.range(of: "<xenc:EncryptedData"))
    let end = try #require(good.range(of: "</xenc:EncryptedData>"))
    let noXML = String(good[start.lowerBound..<end.upperBound])
    let wrongPadding = try changingPadding(of: noXML)
    let envelopes = try [noXML, wrongPadding].map { try attacks.signedEnvelope(content: $0) }
    var times: [[Double]] = [[], []]
    for round in 0..<2_000 {
      let kind = round % 2
      let reader = PayloadReader(store: NoAttachments())
      let begin = DispatchTime.now().uptimeNanoseconds
      let outcome = Result { try envelopes[kind].open(with: [key], into: reader) }
      let isUnreadable = if case .success = outcome, case .unreadable = reader.result() { true } else { false }
      times[kind].append(Double(DispatchTime.now().uptimeNanoseconds - begin))
      #expect(isUnreadable == (kind == 0))
    }
    let medians = times.map { $0.sorted()[$0.count / 2] }
    // Well below one more private-key operation or pass; from outside the noise of network and queue comes to it.
    #expect(abs(medians[0] - medians[1]) < 0.25 * max(medians[0], medians[1]), "\(medians)")
  }

  /// The ciphertext with a wrong padding.
  private func changingPadding(of text: String) throws -> String {
    let open = try #require(text.range(of: "<xenc:CipherValue>", options: .backwards))
    let close = try #require(text.range(of: "</xenc:CipherValue>", options: .backwards))
    let place = open.upperBound..<close.lowerBound
    var bytes = try Base64.decode(String(text[place]))
    // Of the block before the last the last byte: in CBC it changes the length of the padding, here to one above 16.
    bytes[bytes.count - 17] ^= 0x55
    return text.replacingCharacters(in: place, with: Base64.encode(bytes))
  }
}

@Suite("Decrypted elements in their context") struct NamespaceContextTests {
  private static let message = "urn:riv:infrastructure:messaging:MessageWithAttachments:3"

  /// Encrypts any text as the payload and opens it again.
  private func opened(_ text: String, declaredOutside: String = "") throws -> String {
    let sealed = String(decoding: try EnvelopeKit.sealed(text), as: UTF8.self)
    let start = try #require(sealed.range(of: "<xenc:EncryptedData"))
    let end = try #require(sealed.range(of: "</xenc:EncryptedData>"))
    let data = String(sealed[start.lowerBound..<end.upperBound])
    let content = data.replacing("<xenc:EncryptedData", with: "<xenc:EncryptedData" + declaredOutside)
    let sink = MemorySink()
    _ = try EnvelopeAttackTests().signedEnvelope(content: content)
      .open(with: [EnvelopeKit.recipient.get().privateKey], into: sink)
    return String(decoding: sink.bytes, as: UTF8.self)
  }

  @Test(
    "what declares all it uses comes out byte for byte",
    arguments: [
      EnvelopeKit.payload, "<a/>", "<?xml version=\"1.0\"?><!-- <x:b> --><?p >?><a b='c>'/>", "\u{FEFF}<a x='y'>t</a>",
      "<p:a\nxmlns:p='urn:p'\tp:b=\"x:y\"><x:c/></p:a>", "", "text", "<", "<a", "<!DOCTYPE a><x:a/>", "<!--",
      "<" + String(repeating: "a", count: 20_000), "<y:a/>",
    ])
  func unchanged(_ text: String) throws {
    #expect(try opened(text) == text)
  }

  @Test("XML Encryption: an element is read with the namespaces of the place where it stood")
  func inContext() throws {
    let element = "<?xml version=\"1.0\"?><x:a xmlns:xha=\"urn:own\" b='>'><xhb:c/><xha:d/></x:a>"
    let root = try XMLElement.parse(Array(try opened(element).utf8), limits: XMLLimits(totalBytes: 10_000))
    #expect(root.name == XMLName("http://docs.oasis-open.org/bdxr/ns/XHE/1/ExchangeHeaderEnvelope", "a"))
    #expect(
      root.elements.map(\.uri) == ["http://docs.oasis-open.org/bdxr/ns/XHE/1/BasicComponents", "urn:own"])
    // By an attribute's prefix alone.
    #expect(try opened("<a x:b=\"c\"/>").hasPrefix("<a xmlns:x=\"http"))
    // What EncryptedData itself declares is gone with it.
    #expect(try opened("<q:a/>", declaredOutside: " xmlns:q=\"urn:q\"") == "<q:a/>")
  }

  @Test("the context comes in pieces of any size", arguments: [1, 2, 3, 1_000])
  func pieces(size: Int) throws {
    let whole = MemorySink()
    let text = Array(
      ("<!-- " + String(repeating: "-> ", count: 100) + "--><p:messagePayload>å</p:messagePayload>").utf8)
    let sink = NamespaceContextSink(
      [XMLNamespace(prefix: "p", uri: "urn:old"), XMLNamespace(prefix: "p", uri: "urn:a&b")], next: whole)
    for start in stride(from: 0, to: text.count, by: size) {
      try sink.write(Array(text[start..<min(start + size, text.count)]))
    }
    try sink.close()
    #expect(
      String(decoding: whole.bytes, as: UTF8.self).hasSuffix(
        "<p:messagePayload xmlns:p=\"urn:a&amp;b\">å</p:messagePayload>"))
  }
}
