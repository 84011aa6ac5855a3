import Foundation
import SDKRelay
import Testing
import XMLSecurity

/// Debian's xmlsec1 as an independent judge.
@Suite(
  "xmlsec1",
  .enabled(if: FileManager.default.isExecutableFile(atPath: "/usr/bin/xmlsec1"), "skipped: xmlsec1 is not installed"))
struct XMLSecInteropTests {
  let folder: URL

  init() throws {
    folder = FileManager.default.temporaryDirectory.appending(path: "xmlsec-\(UUID().uuidString)")
    try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
  }

  func file(_ name: String, _ bytes: [UInt8]) throws -> String {
    let url = folder.appending(path: name)
    try Data(bytes).write(to: url)
    return url.path
  }

  @Test("what we seal, it verifies and decrypts")
  func ours() throws {
    defer { try? FileManager.default.removeItem(at: folder) }
    let envelope = try file("envelope.xml", EnvelopeKit.sealed())
    let anchor = try file("ca.pem", EnvelopeKit.authority.get().identity.certificate.pem)
    let verified = try EnvelopeKit.run(
      "/usr/bin/xmlsec1", ["--verify", "--enabled-key-data", "x509", "--trusted-pem", anchor, envelope])
    #expect(verified.status == 0, "\(verified.text)")
    // A receipt's envelope, which is signed only.
    let plain = try file("plain-signed.xml", EnvelopeKit.sealed(header: EnvelopeKit.header(encrypted: false)))
    let plainVerified = try EnvelopeKit.run(
      "/usr/bin/xmlsec1", ["--verify", "--enabled-key-data", "x509", "--trusted-pem", anchor, plain])
    #expect(plainVerified.status == 0, "\(plainVerified.text)")
    let key = try file("key.pem", EnvelopeKit.recipient.get().privateKey.pem)
    let decrypted = try EnvelopeKit.run("/usr/bin/xmlsec1", ["--decrypt", "--privkey-pem", key, envelope])
    #expect(decrypted.status == 0, "\(decrypted.text)")
    #expect(decrypted.text.contains("å &amp; b</p:messagePayload>"))
  }

  @Test(
    "what it encrypts and signs, we open",
    arguments: [
      ("http://www.w3.org/TR/2001/REC-xml-c14n-20010315", false, false),
      ("http://www.w3.org/2001/10/xml-exc-c14n#", true, false), ("http://www.w3.org/2006/12/xml-c14n11", true, false),
      ("http://www.w3.org/TR/2001/REC-xml-c14n-20010315", true, true),
    ])
  func theirs(canonicalization: String, hasSecondTransform: Bool, declaresOutside: Bool) throws {
    defer { try? FileManager.default.removeItem(at: folder) }
    // The envelope that they encrypt: ours, unsigned, with the plain payload in it.
    let plain = MemorySink()
    _ = try Envelope.seal(EnvelopeKit.header(encrypted: false), encryptedFor: nil, signedBy: nil, into: plain) {
      try $0.write(EnvelopeKit.payload)
    }
    var document = String(decoding: plain.bytes, as: UTF8.self)
    if declaresOutside {
      // It encrypts the element without what its ancestors declare.
      let declaration = " xmlns:p=\"urn:riv:infrastructure:messaging:MessageWithAttachments:3\""
      document = document.changing(declaration, to: "").changing("<x:XHE", to: "<x:XHE" + declaration)
    }
    let template = try file(
      "template.xml",
      Array(
        """
        <EncryptedData xmlns="\(XMLNamespaces.xenc)" Type="http://www.w3.org/2001/04/xmlenc#Element">
        <EncryptionMethod Algorithm="http://www.w3.org/2001/04/xmlenc#aes256-cbc"/>
        <KeyInfo xmlns="\(XMLNamespaces.ds)"><EncryptedKey xmlns="\(XMLNamespaces.xenc)">
        <EncryptionMethod Algorithm="http://www.w3.org/2001/04/xmlenc#rsa-oaep-mgf1p"/>
        <KeyInfo xmlns="\(XMLNamespaces.ds)"><X509Data><X509Certificate/></X509Data></KeyInfo>
        <CipherData><CipherValue/></CipherData></EncryptedKey></KeyInfo>
        <CipherData><CipherValue/></CipherData></EncryptedData>
        """.utf8))
    let recipient = try file("recipient.pem", EnvelopeKit.recipient.get().certificate.pem)
    let encrypted = folder.appending(path: "encrypted.xml").path
    let encryption = try EnvelopeKit.run(
      "/usr/bin/xmlsec1",
      [
        "--encrypt", "--pubkey-cert-pem", recipient, "--session-key", "aes-256", "--xml-data",
        try file("plain.xml", Array(document.utf8)), "--node-name",
        "urn:riv:infrastructure:messaging:MessageWithAttachments:3:messagePayload", "--output", encrypted, template,
      ])
    #expect(encryption.status == 0, "\(encryption.text)")
    let second = hasSecondTransform ? "<Transform Algorithm=\"\(canonicalization)\"/>" : ""
    let text = try String(contentsOfFile: encrypted, encoding: .utf8)
      .replacingOccurrences(of: "Indicator>false<", with: "Indicator>true<")
      .replacingOccurrences(
        of: "</x:XHE>",
        with: """
          <Signature xmlns="\(XMLNamespaces.ds)"><SignedInfo><CanonicalizationMethod Algorithm="\(canonicalization)"/>
          <SignatureMethod Algorithm="http://www.w3.org/2001/04/xmldsig-more#rsa-sha256"/><Reference URI=""><Transforms>
          <Transform Algorithm="http://www.w3.org/2000/09/xmldsig#enveloped-signature"/>\(second)</Transforms>
          <DigestMethod Algorithm="http://www.w3.org/2001/04/xmlenc#sha256"/><DigestValue/></Reference></SignedInfo>
          <SignatureValue/><KeyInfo><X509Data><X509Certificate/></X509Data></KeyInfo></Signature></x:XHE>
          """)
    let signer = try EnvelopeKit.sender.get()
    let keys = try file("signer.pem", signer.privateKey.pem) + "," + file("signer-cert.pem", signer.certificate.pem)
    let signed = folder.appending(path: "signed.xml").path
    let signing = try EnvelopeKit.run(
      "/usr/bin/xmlsec1",
      ["--sign", "--privkey-pem", keys, "--output", signed, try file("unsigned.xml", Array(text.utf8))])
    #expect(signing.status == 0, "\(signing.text)")
    let opened = try EnvelopeKit.open(Array(try Data(contentsOf: URL(filePath: signed))))
    #expect(try XMLElement.parse(Array(opened.utf8), limits: XMLLimits(totalBytes: 1 << 20)).text == "å & b")
  }
}
