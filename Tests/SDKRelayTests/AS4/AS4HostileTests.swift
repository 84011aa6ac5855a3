import Foundation
import Testing
import XMLSecurity

@testable import SDKRelay

/// A message with something wrong about it, and the answer it must get.
private struct Wrong: Sendable, CustomTestStringConvertible {
  let testDescription: String
  let code: EbMSCode
  let detail: String
  let change: @Sendable (inout AS4Forge) throws -> Void

  init(
    _ name: String, _ code: EbMSCode, _ detail: String = "",
    _ change: @escaping @Sendable (inout AS4Forge) throws -> Void
  ) {
    testDescription = name
    self.code = code
    self.detail = detail
    self.change = change
  }

  /// Replaces text in the SOAP part, after it has been signed.
  static func text(_ name: String, _ code: EbMSCode, _ detail: String, _ old: String, _ new: String) -> Wrong {
    Wrong(name, code, detail) { forge in
      forge.soap = { text in
        if !text.contains(old) { Issue.record("\(name): nothing to replace") }
        return text.replacing(old, with: new, maxReplacements: 1)
      }
    }
  }

  func check() throws {
    var forge = AS4Forge(try AS4Federation.shared())
    try change(&forge)
    #expect("\(testDescription)") {
      try AS4Kit.read(forge)
    } throws: { error in
      if !AS4Kit.isError(code, detail)(error) { Issue.record("\(testDescription): \(error)") }
      return (error as? EbMSError)?.severity == .failure
    }
  }
}

@Suite("AS4 hostile messages")
struct AS4HostileTests {
  // MARK: Signatures

  private static let wrapping = [
    Wrong(
      "signed Messaging moved into another block, a forged one in its place", .failedAuthentication, "unexpected place"
    ) { forge in
      forge.afterSigning = { envelope in
        let header = envelope.root.elements[0]
        let signed = header.elements[0]
        let forged = MessagingWriter.element(AS4Kit.message(), id: "forged")
        header.remove(signed)
        header.insert(forged, at: 0)
        header.append(XMLElement("w:Wrapper", uri: "urn:w", namespaces: [XMLNamespace(prefix: "w", uri: "urn:w")]))
          .append(signed)
      }
    },
    Wrong("signed Messaging moved into the Body", .failedAuthentication, "unexpected place") { forge in
      forge.afterSigning = { envelope in
        let header = envelope.root.elements[0]
        let signed = header.elements[0]
        header.remove(signed)
        header.insert(MessagingWriter.element(AS4Kit.message(), id: "forged"), at: 0)
        envelope.root.elements[1].append(signed)
      }
    },
    Wrong("signed Messaging as a header block beside the forged one", .invalidHeader, "eb:Messaging") { forge in
      forge.afterSigning = {
        $0.root.elements[0].insert(MessagingWriter.element(AS4Kit.message(), id: "forged"), at: 0)
      }
    },
    Wrong("signed Messaging hidden in the signature", .failedAuthentication, "other children") { forge in
      forge.afterSigning = { envelope in
        let header = envelope.root.elements[0]
        let signed = header.elements[0]
        header.remove(signed)
        header.insert(MessagingWriter.element(AS4Kit.message(), id: "forged"), at: 0)
        let signature = try #require(envelope.security.child(.ds("Signature")))
        signature.append(XMLElement(ds: "Object")).append(signed)
      }
    },
    Wrong("a second element with Messaging's id", .failedAuthentication, "occurs twice") { forge in
      forge.afterSigning = { envelope in
        let id = envelope.root.elements[0].elements[0].attribute("Id", uri: AS4Names.utility) ?? ""
        envelope.security.append(XMLElement(security: "Extra", attributes: [XMLAttribute("Id", id)]))
      }
    },
    Wrong("a second element with Messaging's id as xml:id", .failedAuthentication, "occurs twice") { forge in
      forge.afterSigning = { envelope in
        let id = envelope.root.elements[0].elements[0].attribute("Id", uri: AS4Names.utility) ?? ""
        envelope.security.append(
          XMLElement(
            security: "Extra",
            attributes: [XMLAttribute(prefix: "xml", uri: AS4Names.xml, local: "id", value: id)]))
      }
    },
    Wrong("a second Body", .invalidHeader, "S12:Body") { forge in
      forge.afterSigning = { $0.root.append(XMLElement(soap: "Body")) }
    },
    Wrong("a second Security", .failedAuthentication, "2 wsse:Security") { forge in
      forge.afterSigning = {
        $0.root.elements[0].append(XMLElement("wsse:Security", uri: AS4Names.security, namespaces: [.security]))
      }
    },
    Wrong("a second signature", .failedAuthentication, "more than one ds:Signature") { forge in
      forge.afterSigning = {
        $0.security.append(XMLElement("ds:Signature", uri: AS4Names.ds, namespaces: [.ds]))
      }
    },
    Wrong("Messaging changed after signing", .failedAuthentication, "digest differs") { forge in
      forge.soap = { $0.replacing("0203:arbetsformedling", with: "0203:nagonannan") }
    },
  ]

  @Test("X3: wrapped and doubled elements are refused")
  func wrappedRefused() throws {
    for wrong in Self.wrapping { try wrong.check() }
  }

  private static let coverage = [
    Wrong("unsigned Messaging", .policyNoncompliance, "eb:Messaging") { $0.references = { Array($0.dropFirst()) } },
    Wrong("unsigned part", .policyNoncompliance, "part 'part-1'") { $0.references = { Array($0.dropLast()) } },
    Wrong("second part unsigned", .policyNoncompliance, "part 'part-2'") {
      $0.contents = [[1], [2]]
      $0.references = { Array($0.dropLast()) }
    },
    Wrong("unsigned Body with text", .policyNoncompliance, "S12:Body") {
      $0.references = { references in [references[0]] + references.dropFirst(2) }
      $0.afterSigning = { $0.root.elements[1].append(text: "x") }
    },
    Wrong("unsigned Body with an element", .policyNoncompliance, "S12:Body") {
      $0.references = { references in [references[0]] + references.dropFirst(2) }
      $0.afterSigning = { $0.root.elements[1].append(XMLElement(soap: "x")) }
    },
    Wrong("signed Body with content", .invalidHeader, "S12:Body must be empty") {
      $0.beforeSigning = { $0.root.elements[1].append(text: "x") }
    },
    Wrong("content put into a signed empty Body", .failedAuthentication, "digest differs") {
      $0.afterSigning = { $0.root.elements[1].append(text: "x") }
    },
    Wrong("no signature", .policyNoncompliance, "not signed") {
      $0.afterSigning = { envelope in
        envelope.security.remove(try #require(envelope.security.child(.ds("Signature"))))
      }
    },
    Wrong("no Security", .policyNoncompliance, "not signed") {
      $0.afterSigning = { $0.root.elements[0].remove($0.security) }
    },
    Wrong("a reference to a part that the header does not name", .mimeInconsistency, "part-9") {
      $0.references = { references in
        var extra = references[2]
        extra.uri = "cid:part-9"
        return references + [extra]
      }
    },
  ]

  @Test("X4, TA05: what is not covered is refused")
  func uncoveredRefused() throws {
    for wrong in Self.coverage { try wrong.check() }
  }

  @Test("X4: an unsigned Body is accepted where it is empty")
  func emptyBody() throws {
    var forge = try AS4Forge(AS4Federation.shared())
    forge.references = { references in [references[0]] + references.dropFirst(2) }
    forge.afterSigning = { $0.root.elements[1].append(text: " \n") }
    _ = try AS4Kit.read(forge)
  }

  private static let transform = "http://www.w3.org/2001/10/xml-exc-c14n#\"></ds:Transform>"
  private static let digestMethod = "http://www.w3.org/2001/04/xmlenc#sha256\"></ds:DigestMethod><ds:DigestValue>"
  private static let method = "http://www.w3.org/2001/04/xmldsig-more#rsa-sha256"

  private static let algorithms = [
    Wrong.text(
      "XSLT", .policyNoncompliance, "", transform, "http://www.w3.org/TR/1999/REC-xslt-19991116\"></ds:Transform>"),
    Wrong.text(
      "XPath", .policyNoncompliance, "", transform, "http://www.w3.org/TR/1999/REC-xpath-19991116\"></ds:Transform>"),
    Wrong.text(
      "inclusive C14N", .policyNoncompliance, "", transform,
      "http://www.w3.org/TR/2001/REC-xml-c14n-20010315\"></ds:Transform>"),
    Wrong.text(
      "with comments", .policyNoncompliance, "", transform,
      "http://www.w3.org/2001/10/xml-exc-c14n#WithComments\"></ds:Transform>"),
    Wrong.text(
      "enveloped", .policyNoncompliance, "", transform,
      "http://www.w3.org/2000/09/xmldsig#enveloped-signature\"></ds:Transform>"),
    Wrong.text(
      "two transforms", .policyNoncompliance, "", transform, "\(transform)<ds:Transform Algorithm=\"\(transform)"),
    Wrong.text(
      "SHA-1 digest", .policyNoncompliance, "digest", digestMethod,
      digestMethod.replacing("2001/04/xmlenc#sha256", with: "2000/09/xmldsig#sha1")),
    Wrong.text(
      "MD5 digest", .policyNoncompliance, "digest", digestMethod,
      digestMethod.replacing("2001/04/xmlenc#sha256", with: "2001/04/xmldsig-more#md5")),
    Wrong.text(
      "case variant", .policyNoncompliance, "signature method", method,
      method.replacing("rsa-sha256", with: "RSA-SHA256")),
    Wrong.text(
      "RSA-SHA1", .policyNoncompliance, "signature method", method, "http://www.w3.org/2000/09/xmldsig#rsa-sha1"),
    Wrong.text(
      "X9: HMAC with the public key", .policyNoncompliance, "signature method", method,
      "http://www.w3.org/2001/04/xmldsig-more#hmac-sha256"),
    Wrong.text("no algorithm", .policyNoncompliance, "signature method", method, ""),
  ]

  @Test("X5, X8, X9: algorithms outside the allow-list are refused before any cryptography")
  func algorithmRefused() throws {
    for wrong in Self.algorithms { try wrong.check() }
  }

  private static let references = [
    Wrong.text("http", .failedAuthentication, "", "URI=\"#_messaging", "URI=\"http://127.0.0.1:1/#_messaging"),
    Wrong.text("file", .failedAuthentication, "", "URI=\"#_messaging", "URI=\"file:///etc/passwd#_messaging"),
    Wrong.text("xpointer", .failedAuthentication, "leads nowhere", "URI=\"#_messaging", "URI=\"#xpointer(/)_messaging"),
    Wrong("whole document", .failedAuthentication) {
      $0.references = { references in
        var references = references
        references[0].uri = ""
        return references
      }
    },
    Wrong("unknown id", .failedAuthentication, "leads nowhere") {
      $0.references = { references in
        var references = references
        references[0].uri = "#nothing"
        return references
      }
    },
    Wrong("Messaging as cid", .failedAuthentication) {
      $0.references = { references in
        var references = references
        references[0].uri = "cid:message"
        return references
      }
    },
  ]

  @Test("X11: references to elsewhere are refused, never followed")
  func referencesRefused() throws {
    for wrong in Self.references {
      // Whether shape or policy refuses it does not matter here.
      var forge = AS4Forge(try AS4Federation.shared())
      try wrong.change(&forge)
      let error = #expect(throws: EbMSError.self, "\(wrong.testDescription)") { try AS4Kit.read(forge) }
      #expect(error.map { [.failedAuthentication, .policyNoncompliance].contains($0.code) } == true)
    }
  }

  private static func keyInfo(_ name: String, _ content: String) -> Wrong {
    Wrong(name, .failedAuthentication) { forge in
      forge.afterSigning = { envelope in
        let signature = try #require(envelope.security.child(.ds("Signature")))
        let info = try #require(signature.child(.ds("KeyInfo")))
        signature.remove(info)
        let text = "<ds:KeyInfo xmlns:ds=\"\(AS4Names.ds)\" xmlns:wsse=\"\(AS4Names.security)\">\(content)</ds:KeyInfo>"
        signature.append(try XMLElement.parse(Array(text.utf8), limits: .soap))
      }
    }
  }

  private static func tokenReference(_ name: String, _ content: String) -> Wrong {
    keyInfo(name, "<wsse:SecurityTokenReference>\(content)</wsse:SecurityTokenReference>")
  }

  private static func keyIdentifier(_ name: String, _ type: String) -> Wrong {
    tokenReference(name, "<wsse:KeyIdentifier ValueType=\"\(type)\">AAAA</wsse:KeyIdentifier>")
  }

  private static let issuerSerial =
    "<ds:X509IssuerSerial><ds:X509IssuerName>CN=x</ds:X509IssuerName>"
    + "<ds:X509SerialNumber>1</ds:X509SerialNumber></ds:X509IssuerSerial>"

  private static let keyInfos = [
    keyInfo("nothing", ""),
    keyInfo("bare key", "<ds:KeyValue><ds:RSAKeyValue/></ds:KeyValue>"),
    keyInfo("name", "<ds:KeyName>ap-a</ds:KeyName>"),
    keyInfo("retrieval", "<ds:RetrievalMethod URI=\"http://127.0.0.1:1/\"/>"),
    keyInfo("embedded certificate", "<ds:X509Data><ds:X509Certificate>AAAA</ds:X509Certificate></ds:X509Data>"),
    tokenReference("empty reference", ""),
    tokenReference("remote token", "<wsse:Reference URI=\"http://127.0.0.1:1/\"/>"),
    tokenReference("unknown token", "<wsse:Reference URI=\"#x\"/>"),
    tokenReference("two references", "<wsse:Reference URI=\"#x\"/><wsse:Reference URI=\"#y\"/>"),
    keyIdentifier("unknown thumbprint", AS4Names.thumbprint),
    keyIdentifier("unknown key identifier", AS4Names.subjectKeyIdentifier),
    keyIdentifier("another kind of identifier", "urn:x"),
    keyInfo("unknown serial", "<ds:X509Data>\(issuerSerial)</ds:X509Data>"),
    tokenReference("unknown serial in a reference", "<ds:X509Data>\(issuerSerial)</ds:X509Data>"),
    Wrong("a token that is no certificate", .failedAuthentication, "not a certificate") { forge in
      forge.afterSigning = { envelope in
        let token = try #require(envelope.security.elements.first)
        envelope.security.remove(token)
        let other = XMLElement(security: "BinarySecurityToken", attributes: token.attributes)
        other.append(text: "AAAA")
        envelope.security.insert(other, at: 0)
      }
    },
  ]

  @Test("X10: exactly one certificate from an accepted kind of reference")
  func keyInfoRefused() throws {
    for wrong in Self.keyInfos { try wrong.check() }
  }

  // MARK: Who signs

  @Test("I1: the sender is the certificate's only common name, character by character")
  func party() throws {
    let federation = try AS4Federation.shared()
    for name in ["ap-c", "AP-A", "ap-a2", "ap-", "ap\u{2010}a"] {
      try Wrong("\(name)", .failedAuthentication, "eb:From/eb:PartyId") { $0.message.from.partyID = name }.check()
    }
    let twoNames = try AS4Federation.accessPoint("ap-a", federation.authority) {
      $0.subject.append((type: "CN", value: "ap-c"))
    }
    try Wrong("two names", .failedAuthentication, "no single common name") { $0.signer = twoNames }.check()
  }

  @Test("I2: certificates of other authorities are refused, whatever they call themselves")
  func authorities() throws {
    let federation = try AS4Federation.shared()
    let other = try CertificateAuthority.root("Other Root CA", bits: 2048)
    let sameRoot = try CertificateAuthority.root("Test AP Root CA", bits: 2048)
    let sameName = try sameRoot.authority("Test AP Issuing CA", bits: 2048)
    var request = CertificateRequest(subject: [("C", "SE"), ("O", "Example"), ("CN", "ap-a")])
    let signers = [
      ("another authority", try AS4Federation.accessPoint("ap-a", other)),
      ("an authority of the same name", try AS4Federation.accessPoint("ap-a", sameName)),
      ("self-signed", try CertificateAuthority.selfSigned(request, key: try PrivateKey.generate(bits: 2048))),
      (
        "issued by an access point", try AS4Federation.accessPoint("ap-a", CertificateAuthority(identity: federation.c))
      ),
    ]
    for (name, signer) in signers {
      for reference in [KeyReference.binarySecurityToken, .pkiPath] {
        try Wrong("\(name), \(reference)", .failedAuthentication, "signing certificate") {
          $0.signer = signer
          $0.mode.signatureKeyReference = reference
        }.check()
      }
    }
    request.isCA = true
    let authority = try CertificateAuthority.selfSigned(request, key: try PrivateKey.generate(bits: 2048))
    try Wrong("an authority's own certificate", .failedAuthentication) { $0.signer = authority }.check()
  }

  @Test("I3: expired, future, weak and wrongly used certificates are refused, with the reason")
  func certificates() throws {
    let authority = try AS4Federation.shared().authority
    let signers = [
      ("expired", try AS4Federation.accessPoint("ap-a", authority) { $0.notAfter = Date(timeIntervalSinceNow: -60) }),
      ("future", try AS4Federation.accessPoint("ap-a", authority) { $0.notBefore = Date(timeIntervalSinceNow: 3_600) }),
      ("weak", try AS4Federation.accessPoint("ap-a", authority, bits: 1024)),
      ("usage", try AS4Federation.accessPoint("ap-a", authority) { $0.keyUsage = "critical,keyEncipherment" }),
    ]
    for (name, signer) in signers {
      try Wrong(name, .failedAuthentication, "signing certificate: ") { $0.signer = signer }.check()
    }
  }

  @Test("I4: a revoked signer is refused; where revocation cannot be known the refusal is temporary")
  func revocation() throws {
    let federation = try AS4Federation.shared()
    let authority = federation.authority
    let lists = [
      ("is revoked", false, try authority.revocationList(revoked: [federation.a.certificate.serialNumber])),
      (
        "cannot be checked", true,
        try authority.revocationList(
          revoked: [], at: Date(timeIntervalSinceNow: -900_000), nextUpdate: Date(timeIntervalSinceNow: -800_000))
      ),
    ]
    for (reason, isTransient, list) in lists {
      let trust = try TrustStore(anchors: [authority.identity.certificate], revocationLists: [list])
      let error = #expect(throws: EbMSError.self) {
        try AS4Kit.read(AS4Forge(federation), receiver: federation.receiver { $0.trust = trust })
      }
      #expect(error?.code == .failedAuthentication && error?.detail.contains(reason) == true, "\(reason)")
      #expect(error?.isTransient == isTransient, "\(reason)")
    }
  }

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
        #expect(try AS4Kit.bytes(read.payloads[0].file.temporaryURL) == forge.contents[0], "byte \(place)")
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
        $0.root.elements[0].append(XMLElement(soap: "Extra")).setAttribute(.mustUnderstand)
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
        forge, receiver: federation.receiver { $0.admit = { _, _ throws(EbMSError) in throw .notServiced } })
    }
    #expect(refused?.refToMessageID == id && refused?.detail == "NOT_SERVICED" && refused?.code == .other)
  }
}
