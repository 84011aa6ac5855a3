import Foundation
import SDKRelay
import Testing
import XMLSecurity

@Suite("Envelope attacks") struct EnvelopeAttackTests {
  /// Where the parts of a sealed envelope lie in its text.
  struct Pieces {
    let text: String
    let declaration: String
    let root: String
    let signature: String
    /// The envelope's content without the signature.
    let content: String

    init(_ bytes: [UInt8]) throws {
      text = String(decoding: bytes, as: UTF8.self)
      let start = try #require(text.range(of: "<x:XHE"))
      declaration = String(text[..<start.lowerBound])
      let afterRoot = try #require(text.range(of: ">", range: start.upperBound..<text.endIndex))
      root = String(text[start.lowerBound..<afterRoot.upperBound])
      let signatureStart = try #require(text.range(of: "<ds:Signature "))
      let signatureEnd = try #require(text.range(of: "</ds:Signature>"))
      signature = String(text[signatureStart.lowerBound..<signatureEnd.upperBound])
      content = String(text[afterRoot.upperBound..<signatureStart.lowerBound])
    }

    var whole: String { root + content + signature + "</x:XHE>" }
    var unsigned: String { root + content + "</x:XHE>" }
    /// The same envelope to somebody else.
    var forged: String {
      content.replacingOccurrences(of: "0203:arbetsformedlingen.example.se", with: "0203:evil.example.se")
    }
  }

  func refuses(_ text: String, _ comment: Comment, sourceLocation: SourceLocation = #_sourceLocation) {
    #expect(throws: EnvelopeProblem.self, comment, sourceLocation: sourceLocation) {
      try EnvelopeKit.verify(Array(text.utf8))
    }
  }

  @Test("X1, SDK-XHE-14: signature wrapping in every arrangement is refused")
  func wrapping() throws {
    let p = try Pieces(EnvelopeKit.sealed())
    let withId = p.root.replacingOccurrences(of: "<x:XHE", with: "<x:XHE Id=\"original\"")
    let byId = p.signature.replacingOccurrences(of: "URI=\"\"", with: "URI=\"#original\"")
    refuses(
      p.root + p.forged + p.signature.replacingOccurrences(of: "</ds:Signature>", with: p.unsigned + "</ds:Signature>")
        + "</x:XHE>", "XSW1: the original in the signature")
    refuses(p.root + p.forged + p.whole + p.signature + "</x:XHE>", "XSW2: the original beside the signature")
    refuses(p.root + p.unsigned + p.forged + p.signature + "</x:XHE>", "XSW3: the original first")
    refuses(
      p.root + p.root + p.forged + "</x:XHE>" + p.content + p.signature + "</x:XHE>", "XSW4: the forged one first")
    refuses(p.root + p.forged + p.signature + p.unsigned + "</x:XHE>", "XSW5: the original after the signature")
    refuses(
      p.root + p.forged + p.signature.replacingOccurrences(of: "<ds:KeyInfo>", with: "<ds:KeyInfo>" + p.unsigned)
        + "</x:XHE>", "XSW6: the original in KeyInfo")
    refuses(
      p.root + "<ext:XHEExtensions xmlns:ext=\"http://docs.oasis-open.org/bdxr/ns/XHE/1/ExtensionComponents\">"
        + p.whole + "</ext:XHEExtensions>" + p.forged + p.signature + "</x:XHE>", "XSW7: the original in an extension")
    refuses(
      p.root + p.forged
        + p.signature.replacingOccurrences(
          of: "</ds:Signature>", with: "<ds:Object>" + p.whole + "</ds:Object></ds:Signature>") + "</x:XHE>",
      "XSW8: the original in an Object")
    refuses(withId + p.content + byId + "</x:XHE>", "a reference by Id")
    refuses(p.root + p.forged + withId + p.content + "</x:XHE>" + byId + "</x:XHE>", "a reference by Id to a copy")
  }

  @Test("X1: the one signature is the last child of the document element")
  func place() throws {
    let p = try Pieces(EnvelopeKit.sealed())
    refuses(p.root + p.signature + p.content + "</x:XHE>", "first")
    refuses(p.root + p.content + p.signature + p.signature + "</x:XHE>", "twice")
    refuses(
      p.root + p.content.replacingOccurrences(of: "<xha:Payloads>", with: p.signature + "<xha:Payloads>") + "</x:XHE>",
      "in between")
    refuses(
      p.root + p.content.replacingOccurrences(of: "</xha:Header>", with: p.signature + "</xha:Header>") + "</x:XHE>",
      "in the header")
    refuses(p.unsigned, "none at all")
  }

  @Test("X2: nothing can be hidden in the signature")
  func hole() throws {
    let p = try Pieces(EnvelopeKit.sealed())
    for (old, new) in [
      ("</ds:Signature>", "<xha:Header/></ds:Signature>"), ("</ds:Signature>", "<!-- hidden --></ds:Signature>"),
      ("</ds:Signature>", "text</ds:Signature>"), ("</ds:KeyInfo>", "<ds:KeyName>x</ds:KeyName></ds:KeyInfo>"),
      ("</ds:X509Data>", "<ds:X509SubjectName>x</ds:X509SubjectName></ds:X509Data>"),
      ("<ds:SignatureValue>", "<ds:SignatureValue x=\"y\">"),
    ] {
      let signature = p.signature.replacingOccurrences(of: old, with: new)
      #expect(signature != p.signature)
      refuses(p.root + p.content + signature + "</x:XHE>", "\(new)")
    }
  }

  @Test("X6: comments and processing instructions inside the envelope are refused")
  func comments() throws {
    let p = try Pieces(EnvelopeKit.sealed())
    refuses(p.whole.replacingOccurrences(of: "0203:komvux", with: "0203:kom<!-- -->vux"), "comment in an address")
    refuses(p.whole.replacingOccurrences(of: "<xha:Payloads>", with: "<?x y?><xha:Payloads>"), "processing instruction")
    refuses(
      p.whole.replacingOccurrences(of: "<ds:DigestValue>", with: "<ds:DigestValue><!-- -->"), "comment in the digest")
  }

  @Test("X10, I5, SDK-XHE-11: another signer's certificate, a stranger's or an unpublished one is refused")
  func signers() throws {
    let header = try EnvelopeKit.header()
    let sink = MemorySink()
    _ = try Envelope.seal(
      header, encryptedFor: EnvelopeKit.recipient.get().certificate, signedBy: EnvelopeKit.stranger.get(), into: sink
    ) { try $0.write(EnvelopeKit.payload) }
    let envelope = try EnvelopeKit.read(sink.bytes)
    #expect(throws: Never.self) { try envelope.verify(.signatureOnly, at: Date()) }
    #expect(throws: EnvelopeProblem.self) { try envelope.verify(.chain(EnvelopeKit.trust()), at: Date()) }
    let good = try EnvelopeKit.read(EnvelopeKit.sealed())
    let published = try EnvelopeKit.sender.get().certificate
    let other = try EnvelopeKit.recipient.get().certificate
    #expect(throws: Never.self) { try good.verify(.published([published], EnvelopeKit.trust()), at: Date()) }
    #expect(throws: EnvelopeProblem.notPublished) {
      try good.verify(.published([other], EnvelopeKit.trust()), at: Date())
    }
    #expect(throws: EnvelopeProblem.notPublished) { try good.verify(.published([], EnvelopeKit.trust()), at: Date()) }
    // A certificate with the right name but a stranger's key does not match the signature.
    let p = try Pieces(EnvelopeKit.sealed())
    let swapped = p.signature.replacing(
      /<ds:X509Certificate>[^<]*/, with: "<ds:X509Certificate>" + Base64.encode(other.der))
    refuses(p.root + p.content + swapped + "</x:XHE>", "certificate swapped")
  }

  @Test("I3: an expired signer's certificate counts at the time of verification")
  func time() throws {
    let envelope = try EnvelopeKit.read(EnvelopeKit.sealed())
    let trust = EnvelopeTrust.chain(try EnvelopeKit.trust())
    #expect(throws: EnvelopeProblem.self) {
      try envelope.verify(trust, at: Date(timeIntervalSinceNow: 5 * 365 * 86_400))
    }
    #expect(throws: Never.self) { try envelope.verify(trust, at: Date()) }
  }

  @Test("E2: a wrapped key can be written in one way only, so that it is recognised when it comes again")
  func wrappedKeyLength() throws {
    let recipient = try EnvelopeKit.recipient.get()
    let key = randomBytes(32)
    var wrapped: [UInt8] = []
    // One in 256 begins with a zero byte, which RSA itself would not miss.
    repeat {
      wrapped = try KeyTransport.oaepSHA1.wrap(key, for: recipient.certificate.publicKey)
    } while wrapped.first != 0
    #expect(try KeyTransport.oaepSHA1.unwrap(wrapped, with: recipient.privateKey) == key)
    for other in [Array(wrapped.dropFirst()), [0] + wrapped] {
      #expect(throws: DecryptionFailed.self) { try KeyTransport.oaepSHA1.unwrap(other, with: recipient.privateKey) }
    }
  }

  @Test("E9: an envelope encrypted for somebody else opens for nobody here")
  func otherRecipient() throws {
    let verified = try EnvelopeKit.verify(EnvelopeKit.sealed())
    let sink = MemorySink()
    #expect(throws: EnvelopeProblem.undecryptable) {
      try verified.open(with: [EnvelopeKit.sender.get().privateKey], into: sink)
    }
    #expect(throws: EnvelopeProblem.undecryptable) { try verified.open(with: [], into: sink) }
    #expect(sink.bytes.isEmpty)
    #expect(EnvelopeProblem.undecryptable.receiptProblem == nil)
  }

  /// Seals by hand, so that the encryption can be wrong under a right signature.
  func signedEnvelope(content: String) throws -> VerifiedEnvelope {
    let header = try EnvelopeKit.header(encrypted: false)
    let sink = MemorySink()
    _ = try Envelope.seal(header, encryptedFor: nil, signedBy: nil, into: sink) { try $0.write(content) }
    let text = String(decoding: sink.bytes, as: UTF8.self)
      .replacingOccurrences(of: "Indicator>false<", with: "Indicator>true<")
    let root = try XMLElement.parse(Array(text.utf8), limits: XMLLimits(totalBytes: 1 << 20))
    let reference = SignatureReference(
      uri: "", transforms: [.enveloped], digestValue: digest(.sha256, of: root.canonical(.inclusive10)))
    let signer = try EnvelopeKit.sender.get()
    try makeSignature(
      references: [reference], canonicalization: .inclusive10, key: signer.privateKey,
      keyInfo: X509Data.keyInfo(signer.certificate), appendingTo: root)
    return try EnvelopeKit.verify(root.serialized())
  }

  func encryptedData(
    cipher: String = ContentCipher.aes256CBC.uri, transport: KeyTransport = .oaepSHA1, method: String? = nil,
    data: String? = nil, inKeyInfo: String = ""
  ) throws -> String {
    let recipient = try EnvelopeKit.recipient.get().certificate
    let key = randomBytes(32)
    let content = MemorySink()
    let cipherKind = ContentCipher(uri: cipher) ?? .aes256CBC
    let encrypting = EncryptingSink(
      cipherKind, key: Array(key.prefix(cipherKind.keyLength)), next: Base64EncodingSink(next: content))
    try encrypting.write(EnvelopeKit.payload)
    try encrypting.close()
    let element = EncryptedKey.element(
      transport: transport, keyInfo: X509Data.keyInfo(recipient),
      value: try transport.wrap(key, for: recipient.publicKey))
    var keyText = String(decoding: element.serialized(declaration: false), as: UTF8.self)
    if let method {
      keyText = keyText.replacing(/Algorithm="[^"]*"/, with: "Algorithm=\"\(method)\"", maxReplacements: 1)
    }
    let value = data ?? "<xenc:CipherValue>\(String(decoding: content.bytes, as: UTF8.self))</xenc:CipherValue>"
    return """
      <xenc:EncryptedData xmlns:xenc="\(XMLNamespaces.xenc)" Type="http://www.w3.org/2001/04/xmlenc#Element">\
      <xenc:EncryptionMethod Algorithm="\(cipher)"/><ds:KeyInfo xmlns:ds="\(XMLNamespaces.ds)">\(inKeyInfo)\(keyText)</ds:KeyInfo>\
      <xenc:CipherData>\(value)</xenc:CipherData></xenc:EncryptedData>
      """
  }

  @Test("both content ciphers and both digests of the key transport are opened")
  func accepted() throws {
    for cipher in [ContentCipher.aes256CBC, .aes256GCM] {
      for transport in [KeyTransport.oaepSHA1, .oaepMGF1PwithSHA256] {
        let envelope = try signedEnvelope(content: encryptedData(cipher: cipher.uri, transport: transport))
        let sink = MemorySink()
        _ = try envelope.open(with: [EnvelopeKit.recipient.get().privateKey], into: sink)
        #expect(String(decoding: sink.bytes, as: UTF8.self) == EnvelopeKit.payload)
      }
    }
  }

  @Test("E5, E7: other ciphers, transports and shapes are refused before the key is touched")
  func refused() throws {
    let wrong = [
      try encryptedData(cipher: "http://www.w3.org/2001/04/xmlenc#tripledes-cbc"),
      try encryptedData(cipher: "http://www.w3.org/2001/04/xmlenc#aes128-cbc"),
      try encryptedData(cipher: ContentCipher.aes128GCM.uri),
      try encryptedData(method: "http://www.w3.org/2001/04/xmlenc#rsa-1_5"),
      try encryptedData(transport: .oaep256),
      try encryptedData(data: "<xenc:CipherReference URI=\"http://127.0.0.1:9/\"/>"),
      try encryptedData(inKeyInfo: "<ds:KeyName>x</ds:KeyName>"),
      try encryptedData(inKeyInfo: "<ds:RetrievalMethod URI=\"#x\"/>"),
      try encryptedData(data: "<xenc:EncryptedData/>"),
    ]
    for content in wrong {
      let envelope = try signedEnvelope(content: content)
      let sink = MemorySink()
      do {
        _ = try envelope.open(with: [EnvelopeKit.recipient.get().privateKey], into: sink)
        Issue.record("opened")
      } catch let problem as EnvelopeProblem {
        guard case .encryption = problem else {
          Issue.record("\(problem)")
          continue
        }
        #expect(problem.receiptProblem == nil)
      }
      #expect(sink.bytes.isEmpty)
    }
  }

  @Test("E3, E6: what cannot be decrypted fails alike, and an authenticated cipher's output is never seen")
  func broken() throws {
    for (cipher, value) in [
      (ContentCipher.aes256GCM, "<xenc:CipherValue>\(Base64.encode(randomBytes(200)))</xenc:CipherValue>"),
      (.aes256CBC, "<xenc:CipherValue>\(Base64.encode(randomBytes(15)))</xenc:CipherValue>"),
      (.aes256CBC, "<xenc:CipherValue>not base64!</xenc:CipherValue>"), (.aes256CBC, "<xenc:CipherValue/>"),
    ] {
      let envelope = try signedEnvelope(content: encryptedData(cipher: cipher.uri, data: value))
      let sink = MemorySink()
      #expect(throws: EnvelopeProblem.undecryptable) {
        try envelope.open(with: [EnvelopeKit.recipient.get().privateKey], into: sink)
      }
      #expect(sink.bytes.isEmpty)
    }
  }

  @Test("TF-10, SDK-AS4-02, SDK-AS4-03: addresses outside and inside an envelope are the same")
  func addressing() throws {
    let header = try EnvelopeKit.header()
    let same = TransportAddressing(
      originalSender: "0203:KOMVUX.kommun.example.se", finalRecipient: header.to.value, service: "bdx:noprocess",
      serviceType: EnvelopeHeader.processScheme, action: header.documentID.action)
    #expect(same.differences(from: header).isEmpty)
    var other = same
    other.originalSender = "0203:evil.example.se"
    other.finalRecipient = "evil"
    other.service = "other"
    other.serviceType = "urn:fdc:Digg.se:edelivery:process"
    other.action += "x"
    #expect(
      other.differences(from: header) == ["originalSender", "finalRecipient", "Service", "Service/@type", "Action"])
  }

  @Test("2.4.9, SDK-PAY-03, SDK-PAY-07, SDK-PAY-08: a payload mirrors its envelope, or is refused as BV security")
  func mirror() throws {
    let header = try EnvelopeKit.header()
    let same = PayloadAddressing(
      messageID: try #require(MessageID(header.id)), sender: header.from, recipient: header.to,
      recipientFunction: "sdk:inkorg")
    #expect(same.problems(with: header).isEmpty)
    let other = PayloadAddressing(
      messageID: .new(), sender: header.to, recipient: header.from, recipientFunction: "sdk:other")
    let problems = other.problems(with: header)
    #expect(problems.count == 4)
    #expect(problems.allSatisfy { $0.cause == .business && $0.detail == .security })
    var silent = header
    silent.handlingServiceID = nil
    #expect(other.problems(with: silent).count == 3)
  }
}
