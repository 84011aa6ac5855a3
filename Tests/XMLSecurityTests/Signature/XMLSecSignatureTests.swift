import Foundation
import Testing
import XMLSecurity

/// Debian's xmlsec1 as an independent judge of both policies' signatures.
@Suite("Signatures and xmlsec1", .enabled(if: Tool.hasXMLSec, "xmlsec1 is not installed")) struct XMLSecSignatureTests {
  static let wsse = "urn:example:ws"

  func signer() throws -> Identity {
    try TestKeys.issuing.get().issue(TestKeys.request("signer"), key: TestKeys.first.get())
  }

  /// A document with a part to be signed by its id, whose prefixes are declared above it.
  func document() throws -> XMLElement {
    try XMLElement.parse(
      Array(
        """
        <w:env xmlns:w="urn:example:ws" xmlns:used="urn:used" xmlns:inText="urn:text" xml:lang="sv"><w:head>
        <w:part Id="p1" used:a="1" b="å &amp; &lt;">inText:type <used:x/></w:part></w:head></w:env>
        """.utf8), limits: .soap)
  }

  func verify(_ bytes: [UInt8]) throws -> (status: Int32, text: String) {
    let signer = try signer(), root = try TestKeys.root.get().identity.certificate
    return try Tool.withFolder { folder in
      try Tool.run(
        Tool.xmlsec1,
        [
          "--verify", "--enabled-key-data", "x509", "--id-attr:Id", "part", "--trusted-pem",
          folder.file("root.pem", root.pem), "--untrusted-pem", folder.file("ca.pem", signer.chain[0].pem),
          folder.file("document.xml", bytes),
        ])
    }
  }

  @Test(
    "it verifies what we sign, enveloped",
    arguments: [Canonicalization.inclusive10, .inclusive11, .exclusive(), .exclusive(prefixes: ["inText", ""])],
    [false, true])
  func enveloped(method: Canonicalization, hasSecondTransform: Bool) throws {
    let root = try document(), signer = try signer()
    let content = root.canonical(hasSecondTransform ? method : .inclusive10)
    let reference = SignatureReference(
      uri: "", transforms: hasSecondTransform ? [.enveloped, .canonicalization(method)] : [.enveloped],
      digestValue: digest(.sha256, of: content))
    try makeSignature(
      references: [reference], canonicalization: method, key: signer.privateKey,
      keyInfo: X509Data.keyInfo(signer.certificate), appendingTo: root)
    let bytes = root.serialized()
    let judged = try verify(bytes)
    #expect(judged.status == 0, "\(judged.text)")
    try SignatureCorpusTests.verify(XMLElement.parse(bytes, limits: .soap))
  }

  @Test(
    "it verifies what we sign by id, with prefixes that only ancestors declare",
    arguments: [[], ["inText"], ["inText", "w", "nowhere"]])
  func byID(prefixes: [String]) throws {
    let root = try document(), signer = try signer()
    let part = try #require(root.descendants.first { $0.local == "part" })
    let method = Canonicalization.exclusive(prefixes: prefixes)
    let reference = SignatureReference(
      uri: "#p1", transforms: [.canonicalization(method)], digestValue: digest(.sha256, of: part.canonical(method)))
    try makeSignature(
      references: [reference], canonicalization: .exclusive(prefixes: ["w"]), key: signer.privateKey, id: "S1",
      keyInfo: X509Data.keyInfo(signer.certificate), appendingTo: root.elements[0])
    let judged = try verify(root.serialized())
    #expect(judged.status == 0, "\(judged.text)")
    let changed = String(decoding: root.serialized(), as: UTF8.self).replacing("inText:type", with: "inText:typo")
    #expect(try verify(Array(changed.utf8)).status != 0)
  }

  @Test("we verify what it signs by id", arguments: ["", "inText", "inText w #default"])
  func theirs(prefixes: String) throws {
    let signer = try signer()
    let ec =
      prefixes.isEmpty
      ? "" : "<InclusiveNamespaces xmlns=\"\(XMLNamespaces.exclusiveC14N)\" PrefixList=\"\(prefixes)\"/>"
    let method = "Algorithm=\"\(XMLNamespaces.exclusiveC14N)\">\(ec)"
    let template = """
      <Signature xmlns="\(XMLNamespaces.ds)"><SignedInfo>
      <CanonicalizationMethod \(method)</CanonicalizationMethod>
      <SignatureMethod Algorithm="http://www.w3.org/2001/04/xmldsig-more#rsa-sha256"/><Reference URI="#p1">
      <Transforms><Transform \(method)</Transform></Transforms>
      <DigestMethod Algorithm="http://www.w3.org/2001/04/xmlenc#sha256"/><DigestValue/></Reference></SignedInfo>
      <SignatureValue/><KeyInfo><X509Data><X509Certificate/></X509Data></KeyInfo></Signature></w:head>
      """
    let unsigned = String(decoding: try document().serialized(), as: UTF8.self).replacing("</w:head>", with: template)
    let signed = try Tool.withFolder { folder in
      let key = try folder.file("key.pem", signer.privateKey.pem)
      let keys = try key + "," + folder.file("own.pem", signer.certificate.pem)
      let output = folder.appending(path: "signed.xml")
      let judged = try Tool.run(
        Tool.xmlsec1,
        ["--sign", "--privkey-pem", keys, "--id-attr:Id", "part", "--output", output.path]
          + [folder.file("unsigned.xml", Array(unsigned.utf8))])
      try #require(judged.status == 0, "\(judged.text)")
      return Array(try Data(contentsOf: output))
    }
    let document = try XMLElement.parse(signed, limits: .soap)
    let element = try #require(document.descendants.first { $0.local == "Signature" })
    let signature = try ParsedSignature(element, policy: .webServiceSecurity)
    #expect(try signature.certificate() == signer.certificate)
    try signature.verifyValue(with: signer.certificate.publicKey)
    guard case .canonicalization(let method)? = signature.references[0].transforms.first else {
      Issue.record("no canonicalization")
      return
    }
    let part = try #require(document.descendants.first { $0.local == "part" })
    try signature.references[0].check(digest(.sha256, of: part.canonical(method)))
    #expect(throws: SignatureProblem.valueMismatch) { try signature.verifyValue(with: TestKeys.second.get().publicKey) }
  }
}
