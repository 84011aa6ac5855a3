import Foundation
import SDKRelay
import Testing
import XMLSecurity

/// Signatures as other products make them, and as nobody may.
@Suite("Envelope signatures") struct EnvelopeSignatureTests {
  /// An envelope that is signed by hand; the change is made to the finished text.
  private func signed(
    _ method: Canonicalization = .inclusive10, transforms: [SignatureTransform] = [.enveloped], uri: String = "",
    layout: (String) -> String = { $0 }, change: (String) -> String = { $0 }
  ) throws -> [UInt8] {
    let sink = MemorySink()
    _ = try Envelope.seal(EnvelopeKit.header(encrypted: false), encryptedFor: nil, signedBy: nil, into: sink) {
      try $0.write(EnvelopeKit.payload)
    }
    let text = layout(String(decoding: sink.bytes, as: UTF8.self))
    let root = try XMLElement.parse(Array(text.utf8), limits: XMLLimits(totalBytes: 1 << 20))
    let signer = try EnvelopeKit.sender.get()
    try makeSignature(
      references: [
        SignatureReference(uri: uri, transforms: transforms, digestValue: digest(.sha256, of: root.canonical(method)))
      ],
      canonicalization: method, key: signer.privateKey, keyInfo: X509Data.keyInfo(signer.certificate),
      appendingTo: root)
    return Array(change(String(decoding: root.serialized(), as: UTF8.self)).utf8)
  }

  @Test(
    "SDK-XHE-08: every canonicalization is accepted, for the document and for SignedInfo, with one transform or two",
    arguments: [
      Canonicalization.inclusive10, .inclusive11, .exclusive(), .exclusive(prefixes: ["xha"]),
      .exclusive(prefixes: ["", "x", "xhb"]),
    ])
  func canonicalizations(method: Canonicalization) throws {
    let twice: [SignatureTransform] = [.enveloped, .canonicalization(method)]
    _ = try EnvelopeKit.verify(signed(method, transforms: twice))
    // Laid out, with a namespace that only the inclusive forms write where it is declared.
    _ = try EnvelopeKit.verify(
      signed(method, transforms: twice) {
        $0.changingAll("><x", to: ">\n  <x").changingAll(
          "<x:XHE ", to: "<x:XHE xmlns=\"urn:unused\" xmlns:u=\"urn:u\" ")
      })
    guard method == .inclusive10 || method == .inclusive11 else { return }
    _ = try EnvelopeKit.verify(signed(method))
  }

  @Test("SDK-XHE-07: what is sealed is its own canonical form, so that anybody's digest of it is the same")
  func canonical() throws {
    for header in [try EnvelopeKit.header(), try EnvelopeKit.header(encrypted: false)] {
      let bytes = try EnvelopeKit.sealed(header: header)
      let root = try XMLElement.parse(bytes, limits: XMLLimits(totalBytes: 1 << 20))
      #expect(root.serialized() == bytes)
    }
  }

  @Test("SDK-XHE-07: the reported digest is the one that was signed")
  func reportedDigest() throws {
    let sink = MemorySink()
    let sealed = try Envelope.seal(
      EnvelopeKit.header(encrypted: false), encryptedFor: nil, signedBy: EnvelopeKit.sender.get(), into: sink
    ) { try $0.write(EnvelopeKit.payload) }
    let root = try XMLElement.parse(sink.bytes, limits: XMLLimits(totalBytes: 1 << 20))
    let signature = try #require(root.child(XMLName(XMLNamespaces.ds, "Signature")))
    #expect(sealed.signedDigest == digest(.sha256, of: root.canonical(.inclusive10, omitting: signature)))
    #expect(sealed.size == sink.bytes.count)
  }

  private static let enveloped = "http://www.w3.org/2000/09/xmldsig#enveloped-signature"
  private static let inclusive = "http://www.w3.org/TR/2001/REC-xml-c14n-20010315"

  @Test(
    "X5, X8, X9, X11: what is outside the allow-lists is refused as such, not as a wrong digest",
    arguments: [
      ("X5 XSLT", enveloped, "http://www.w3.org/TR/1999/REC-xslt-19991116"),
      ("X5 XPath", enveloped, "http://www.w3.org/TR/1999/REC-xpath-19991116"),
      ("X5 XPath filter", enveloped, "http://www.w3.org/2002/06/xmldsig-filter2"),
      (
        "X5 no transforms", "<ds:Transforms><ds:Transform Algorithm=\"\(enveloped)\"></ds:Transform></ds:Transforms>",
        ""
      ),
      ("X6 with comments", inclusive, inclusive + "#WithComments"),
      ("X8 SHA-1 digest", "2001/04/xmlenc#sha256", "2000/09/xmldsig#sha1"),
      ("X8 SHA-1 signature", "2001/04/xmldsig-more#rsa-sha256", "2000/09/xmldsig#rsa-sha1"),
      ("X8 case variant", "xmldsig-more#rsa-sha256", "xmldsig-more#RSA-SHA256"),
      ("X9 HMAC", "xmldsig-more#rsa-sha256", "xmldsig-more#hmac-sha256"),
      ("X11 http", "URI=\"\"", "URI=\"http://127.0.0.1:9/\""), ("X11 file", "URI=\"\"", "URI=\"file:///etc/passwd\""),
      ("X11 xpointer", "URI=\"\"", "URI=\"#xpointer(/)\""), ("X11 cid", "URI=\"\"", "URI=\"cid:message\""),
      ("X11 no URI", " URI=\"\"", ""),
    ])
  func refused(name: String, old: String, new: String) throws {
    let bytes = try signed(change: { $0.changingAll(old, to: new) })
    #expect(String(decoding: try signed(), as: UTF8.self).contains(old), "\(name) changes nothing")
    do {
      _ = try EnvelopeKit.read(bytes).verify(.signatureOnly, at: Date())
      Issue.record("\(name) was accepted")
    } catch EnvelopeProblem.signature(let problem) {
      switch problem {
      case .shape, .algorithm: break
      case .keyInfo, .valueMismatch, .digestMismatch: Issue.record("\(name): \(problem)")
      }
    }
  }

  @Test(
    "X5: a transform list that is signed as it stands is still refused",
    arguments: [
      [], [.canonicalization(.inclusive10)], [.canonicalization(.inclusive10), .enveloped], [.enveloped, .enveloped],
      [.enveloped, .canonicalization(.inclusive10), .canonicalization(.exclusive())], [.enveloped, .attachmentContent],
    ] as [[SignatureTransform]])
  func transformLists(list: [SignatureTransform]) throws {
    #expect(throws: EnvelopeProblem.self) { try EnvelopeKit.verify(signed(transforms: list)) }
  }

  @Test("X14: a list of prefixes longer than any document's is refused")
  func prefixes() throws {
    let prefixes = (0..<10_000).map { "p\($0)" }
    let method = Canonicalization.exclusive(prefixes: prefixes)
    #expect(throws: EnvelopeProblem.self) {
      try EnvelopeKit.read(signed(method, transforms: [.enveloped, .canonicalization(method)]))
        .verify(.signatureOnly, at: Date())
    }
  }

  @Test(
    "X2, X10: nothing stands in KeyInfo but the one certificate",
    arguments: [
      ("<ds:X509Data>", "<ds:X509Data>hidden"), ("<ds:X509Data>", "<ds:X509Data Id=\"x\">"),
      ("<ds:X509Certificate>", "<ds:X509Certificate x=\"y\">"), ("</ds:KeyInfo>", "hidden</ds:KeyInfo>"),
      ("</ds:KeyInfo>", "<ds:KeyValue></ds:KeyValue></ds:KeyInfo>"),
      ("</ds:X509Data>", "</ds:X509Data><ds:RetrievalMethod URI=\"http://127.0.0.1:9/\"></ds:RetrievalMethod>"),
      ("</ds:X509Data>", "<ds:X509Certificate>AAAA</ds:X509Certificate></ds:X509Data>"),
    ])
  func keyInfo(old: String, new: String) throws {
    let bytes = try signed(change: { $0.changingAll(old, to: new) })
    do {
      _ = try EnvelopeKit.verify(bytes)
      Issue.record("accepted")
    } catch EnvelopeProblem.signature(let problem) {
      guard case .valueMismatch = problem else { return }
      Issue.record("\(problem)")
    }
  }

  @Test(
    "X6: a digest or a value that is written otherwise is not what was signed",
    arguments: [
      ("<ds:DigestValue>", "<ds:DigestValue>\n"), ("<ds:SignedInfo>", "<ds:SignedInfo Id=\"x\">"),
      ("<ds:SignedInfo>", "<ds:SignedInfo></ds:SignedInfo><ds:SignedInfo>"),
    ])
  func signedInfo(old: String, new: String) throws {
    #expect(throws: EnvelopeProblem.self) { try EnvelopeKit.verify(signed(change: { $0.changingAll(old, to: new) })) }
  }

  @Test("X12: a document type declaration is refused in UTF-8 and in disguise, before anything is read")
  func documentType() throws {
    let text = String(decoding: try EnvelopeKit.sealed(), as: UTF8.self)
    let declared = text.changingAll("<x:XHE ", to: "<!DOCTYPE x [<!ENTITY e SYSTEM \"file:///etc/passwd\">]><x:XHE ")
    var disguised: [UInt8] = [0xFE, 0xFF]
    for unit in declared.changingAll("UTF-8", to: "UTF-16").utf16 {
      disguised += [UInt8(unit >> 8), UInt8(unit & 0xFF)]
    }
    for bytes in [Array(declared.utf8), disguised] {
      do {
        _ = try EnvelopeKit.read(bytes)
        Issue.record("accepted")
      } catch EnvelopeProblem.notWellFormed(let problem) {
        #expect(problem.kind == .documentType || problem.kind == .encoding)
      }
    }
  }

  @Test("I3, I4: an envelope that cannot be judged yet gets no verdict")
  func revocationUnknown() throws {
    let authority = try EnvelopeKit.authority.get()
    let stale = try authority.revocationList(
      revoked: [], at: Date(timeIntervalSinceNow: -3 * 86_400), nextUpdate: Date(timeIntervalSinceNow: -2 * 86_400))
    let trust = try TrustStore(anchors: [authority.identity.certificate], revocationLists: [stale])
    do {
      _ = try EnvelopeKit.read(EnvelopeKit.sealed()).verify(.chain(trust), at: Date())
      Issue.record("accepted")
    } catch let problem as EnvelopeProblem {
      #expect(problem.isTransient)
      #expect(problem.receiptProblem == nil)
    }
  }

  @Test("I4: a revoked signer is rejected as SIG security")
  func revoked() throws {
    let authority = try EnvelopeKit.authority.get()
    let list = try authority.revocationList(
      revoked: [EnvelopeKit.sender.get().certificate.serialNumber], nextUpdate: Date(timeIntervalSinceNow: 3_600))
    let trust = try TrustStore(anchors: [authority.identity.certificate], revocationLists: [list])
    do {
      _ = try EnvelopeKit.read(EnvelopeKit.sealed()).verify(.chain(trust), at: Date())
      Issue.record("accepted")
    } catch let problem as EnvelopeProblem {
      #expect(!problem.isTransient)
      #expect(problem.receiptProblem?.cause == .signature)
      #expect(problem.receiptProblem?.detail == .security)
    }
  }
}
