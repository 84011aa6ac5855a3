import Testing
import XMLSecurity

@Suite("Signatures") struct SignatureTests {
  func certificate() throws -> Certificate {
    try TestKeys.issuing.get().issue(TestKeys.request("signer"), key: TestKeys.first.get()).certificate
  }

  /// A signed document; the change is made to the signature's text before it is read again.
  func signed(
    _ canonicalization: Canonicalization = .inclusive10, transforms: [SignatureTransform] = [.enveloped],
    uri: String = "", change: (String) -> String = { $0 }
  ) throws -> XMLElement {
    let root = XMLElement("d:doc", uri: "urn:d", namespaces: [XMLNamespace(prefix: "d", uri: "urn:d")])
    root.append(text: "content")
    let reference = SignatureReference(
      uri: uri, transforms: transforms, digestValue: digest(.sha256, of: root.canonical(canonicalization)))
    try makeSignature(
      references: [reference], canonicalization: canonicalization, key: TestKeys.first.get(),
      keyInfo: X509Data.keyInfo(certificate()), appendingTo: root)
    let text = change(String(decoding: root.serialized(declaration: false), as: UTF8.self))
    return try XMLElement.parse(Array(text.utf8), limits: .soap)
  }

  func parsed(_ document: XMLElement, policy: SignaturePolicy = .envelope) throws -> ParsedSignature {
    try ParsedSignature(#require(document.child(XMLName(XMLNamespaces.ds, "Signature"))), policy: policy)
  }

  func verify(_ document: XMLElement) throws {
    let signature = try parsed(document)
    try signature.verifyValue(with: signature.certificate().publicKey)
    let content = document.canonical(signature.canonicalization, omitting: signature.element)
    try signature.references[0].check(digest(.sha256, of: content))
  }

  @Test(
    "SDK-XHE-08: every canonicalization verifies, with one transform or two",
    arguments: [Canonicalization.inclusive10, .inclusive11, .exclusive(), .exclusive(prefixes: ["d"])])
  func methods(method: Canonicalization) throws {
    try verify(signed(method))
    try verify(signed(method, transforms: [.enveloped, .canonicalization(method)]))
  }

  @Test("a changed value, digest or content does not verify")
  func changes() throws {
    #expect(throws: SignatureProblem.digestMismatch(reference: "")) {
      try verify(signed { $0.replacing("content", with: "kontent") })
    }
    #expect(throws: SignatureProblem.valueMismatch) {
      try verify(signed { $0.replacing("<ds:DigestValue>", with: "<ds:DigestValue> ") })
    }
  }

  static let envelopedURI = "http://www.w3.org/2000/09/xmldsig#enveloped-signature"

  @Test(
    "X5: a transform outside the allow-list is refused before any cryptography",
    arguments: [
      "http://www.w3.org/TR/1999/REC-xslt-19991116", "http://www.w3.org/TR/1999/REC-xpath-19991116",
      "http://www.w3.org/2002/06/xmldsig-filter2", "http://www.w3.org/2000/09/xmldsig#base64",
      "http://www.w3.org/2001/10/xml-exc-c14n#WithComments", "HTTP://www.w3.org/2000/09/xmldsig#enveloped-signature",
      "",
    ])
  func transforms(uri: String) throws {
    #expect(throws: SignatureProblem.self) {
      try parsed(signed { $0.replacing(Self.envelopedURI, with: uri) })
    }
  }

  @Test("X5: no transform, three transforms, and parameters that are not expected")
  func transformLists() throws {
    let lists: [[SignatureTransform]] = [
      [], [.canonicalization(.inclusive10)], [.canonicalization(.inclusive10), .enveloped], [.enveloped, .enveloped],
      [.enveloped, .canonicalization(.inclusive10), .canonicalization(.inclusive10)], [.attachmentContent],
    ]
    for list in lists {
      #expect(throws: SignatureProblem.self) { try parsed(signed(transforms: list)) }
    }
    #expect(throws: SignatureProblem.self) {
      let xpath = "<ds:XPath xmlns:ds=\"http://www.w3.org/2000/09/xmldsig#\">true()</ds:XPath></ds:Transform>"
      _ = try parsed(signed { $0.replacing("</ds:Transform>", with: xpath) })
    }
  }

  @Test("X5: a list of prefixes stands in the exclusive form only, once, and is short")
  func prefixLists() throws {
    let list =
      "<e:InclusiveNamespaces xmlns:e=\"\(XMLNamespaces.exclusiveC14N)\" PrefixList=\"d\"></e:InclusiveNamespaces>"
    let end = "</ds:CanonicalizationMethod>"
    _ = try parsed(signed(.exclusive()) { $0.replacing(end, with: list + end) })
    for (method, wrong) in [
      (Canonicalization.inclusive10, list), (.exclusive(), list + list),
      (.exclusive(), list.replacing("><", with: " evil=\"1\"><")),
      (.exclusive(), list.replacing("><", with: ">hidden<")),
    ] {
      #expect(throws: SignatureProblem.self) { try parsed(signed(method) { $0.replacing(end, with: wrong + end) }) }
    }
    let prefixes = (1...64).map { "p\($0)" }
    _ = try parsed(signed(.exclusive(prefixes: prefixes)))
    #expect(throws: SignatureProblem.self) { try parsed(signed(.exclusive(prefixes: prefixes + ["more"]))) }
  }

  @Test(
    "X8, X9: other signature methods, in any spelling, are refused",
    arguments: [
      "http://www.w3.org/2000/09/xmldsig#rsa-sha1", "http://www.w3.org/2001/04/xmldsig-more#rsa-md5",
      "http://www.w3.org/2000/09/xmldsig#hmac-sha1", "http://www.w3.org/2001/04/xmldsig-more#hmac-sha256",
      "http://www.w3.org/2001/04/xmldsig-more#RSA-SHA256", "http://www.w3.org/2001/04/xmldsig-more#rsa-sha256 ", "",
    ])
  func signatureMethods(uri: String) throws {
    #expect(throws: SignatureProblem.algorithm("the signature method")) {
      _ = try parsed(signed { $0.replacing("http://www.w3.org/2001/04/xmldsig-more#rsa-sha256", with: uri) })
    }
  }

  @Test(
    "X8: other digests are refused",
    arguments: ["http://www.w3.org/2000/09/xmldsig#sha1", "http://www.w3.org/2001/04/xmlenc#sha512"])
  func digests(uri: String) throws {
    #expect(throws: SignatureProblem.self) {
      _ = try parsed(signed { $0.replacing("http://www.w3.org/2001/04/xmlenc#sha256", with: uri) })
    }
  }

  @Test("X9: an HMAC output length is refused")
  func outputLength() throws {
    #expect(throws: SignatureProblem.self) {
      let parameter = "#rsa-sha256\"><ds:HMACOutputLength>1</ds:HMACOutputLength></ds:SignatureMethod>"
      _ = try parsed(signed { $0.replacing("#rsa-sha256\"></ds:SignatureMethod>", with: parameter) })
    }
  }

  @Test(
    "X2, X6: a signature holds SignedInfo, SignatureValue and KeyInfo, once each and nothing else",
    arguments: [
      ("</ds:KeyInfo>", "</ds:KeyInfo><ds:Object>hidden</ds:Object>"),
      ("<ds:SignedInfo>", "<x>hidden</x><ds:SignedInfo>"), ("<ds:SignedInfo>", "hidden<ds:SignedInfo>"),
      ("<ds:SignatureValue>", "<ds:SignedInfo></ds:SignedInfo><ds:SignatureValue>"),
      ("<ds:SignedInfo>", "<ds:SignedInfo evil=\"1\">"), ("<ds:DigestValue>", "<ds:DigestValue><b></b>"),
      ("<ds:KeyInfo>", "<ds:KeyInfo></ds:KeyInfo><ds:KeyInfo>"), ("<ds:Transforms>", "<ds:Transforms>hidden"),
      ("<ds:SignedInfo>", "\u{2003}<ds:SignedInfo>"), ("<ds:DigestValue>", "<ds:DigestValue evil=\"1\">"),
      ("<ds:Transforms>", "<ds:Transforms evil=\"1\">"), ("</ds:SignatureMethod>", "hidden</ds:SignatureMethod>"),
      ("</ds:DigestMethod>", "hidden</ds:DigestMethod>"), ("</ds:Transform>", "hidden</ds:Transform>"),
      ("<ds:X509Data>", "<ds:X509Data>hidden"), ("<ds:X509Certificate>", "<ds:X509Certificate evil=\"1\">"),
    ])
  func shapes(old: String, new: String) throws {
    #expect(throws: SignatureProblem.self) {
      _ = try parsed(
        signed {
          #expect($0.contains(old))
          return $0.replacing(old, with: new)
        }
      ).certificate()
    }
  }

  @Test(
    "X10: exactly one certificate, no bare key, nothing to fetch",
    arguments: [
      "<ds:KeyValue><ds:RSAKeyValue></ds:RSAKeyValue></ds:KeyValue>",
      "<ds:RetrievalMethod URI=\"http://127.0.0.1:9/\"></ds:RetrievalMethod>",
      "<ds:KeyName>name</ds:KeyName>", "<ds:X509Data></ds:X509Data>",
      "<ds:X509Data><ds:X509Certificate>AAAA</ds:X509Certificate></ds:X509Data>", "",
    ])
  func keyInfo(content: String) throws {
    #expect(throws: SignatureProblem.self) {
      let element = try signed {
        $0.replacing(/<ds:X509Data>.*<\/ds:X509Data>/, with: content)
      }
      _ = try parsed(element).certificate()
    }
    #expect(throws: SignatureProblem.self) {
      let element = try signed { text in
        guard let data = text.firstMatch(of: /<ds:X509Data>.*<\/ds:X509Data>/) else { return text }
        return text.replacing(data.output, with: data.output + data.output)
      }
      _ = try parsed(element).certificate()
    }
  }

  @Test("X11: references to elsewhere are refused and not followed")
  func references() throws {
    let listener = try LoopbackListener()
    let elsewhere = [listener.url, listener.url + "#id", "file:///etc/passwd", "#xpointer(/)", "#id", "cid:part"]
    for uri in elsewhere {
      #expect(throws: SignatureProblem.self, "\(uri)") { try parsed(signed(uri: uri)) }
      #expect(throws: SignatureProblem.self, "\(uri)") { try parsed(signed(uri: uri), policy: .webServiceSecurity) }
    }
    let method = "<ds:RetrievalMethod URI=\"\(listener.url)\"></ds:RetrievalMethod>"
    #expect(throws: SignatureProblem.self) {
      try verify(signed { $0.replacing(/<ds:X509Data>.*<\/ds:X509Data>/, with: method) })
    }
    #expect(try listener.connections() == 0)
  }

  @Test("a reference from outside is shown shortened and in ASCII")
  func shownReference() throws {
    let problem = SignatureProblem.digestMismatch(reference: "x\n\u{1B}[31må" + String(repeating: "y", count: 10_000))
    #expect(problem.description.utf8.count < 200)
    #expect(problem.description.unicodeScalars.allSatisfy { (0x20...0x7E).contains($0.value) || $0 == "…" })
  }

  @Test("an xml:base above a SignedInfo in Canonical XML 1.1 is refused; elsewhere it is content")
  func base() throws {
    func with(_ method: Canonicalization, _ base: String) throws -> XMLElement {
      let text = String(decoding: try signed(method).serialized(declaration: false), as: UTF8.self)
      return try XMLElement.parse(Array(text.replacing("<d:doc ", with: "<d:doc \(base) ").utf8), limits: .soap)
    }
    #expect(throws: SignatureProblem.shape("xml:base stands above a SignedInfo in Canonical XML 1.1")) {
      try parsed(with(.inclusive11, "xml:base='http://x/'"))
    }
    _ = try parsed(with(.inclusive11, "base='http://x/'"))
    _ = try parsed(with(.inclusive10, "xml:base='http://x/'"))
    _ = try parsed(with(.exclusive(), "xml:base='http://x/'"))
  }

  @Test("web-service security takes elements by id in exclusive form and parts by content id")
  func webService() throws {
    let exclusive = SignatureTransform.canonicalization(.exclusive(prefixes: ["d"]))
    #expect(throws: Never.self) {
      _ = try parsed(signed(.exclusive(), transforms: [exclusive], uri: "#id"), policy: .webServiceSecurity)
      _ = try parsed(
        signed(.exclusive(), transforms: [.attachmentContent], uri: "cid:part"), policy: .webServiceSecurity)
    }
    for (transforms, uri) in [
      ([SignatureTransform.enveloped], ""), ([exclusive], "cid:part"), ([.attachmentContent], "#id"),
      ([exclusive], "#"), ([.attachmentContent], "cid:"), ([exclusive], ""),
      ([exclusive, exclusive], "#id"), ([.canonicalization(.inclusive10)], "#id"), ([exclusive], "http://127.0.0.1/"),
    ] {
      #expect(throws: SignatureProblem.self) {
        try parsed(signed(.exclusive(), transforms: transforms, uri: uri), policy: .webServiceSecurity)
      }
    }
    #expect(throws: SignatureProblem.self) {
      try parsed(signed(.inclusive10, transforms: [exclusive], uri: "#id"), policy: .webServiceSecurity)
    }
  }
}
