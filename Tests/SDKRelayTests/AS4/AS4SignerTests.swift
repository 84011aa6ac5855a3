import Foundation
import Testing
import XMLSecurity

@testable import SDKRelay

@Suite("AS4 signers")
struct AS4SignerTests {
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
    token("a token that is no certificate", "AAAA", "not a certificate"),
    token("a certificate with another kind of key", ellipticCertificate, "not an RSA key"),
  ]

  private static func token(_ name: String, _ content: String, _ detail: String) -> Wrong {
    Wrong(name, .failedAuthentication, detail) { forge in
      forge.afterSigning = { envelope in
        let token = try #require(envelope.security.elements.first)
        envelope.security.remove(token)
        let other = XMLElement(security: "BinarySecurityToken", attributes: token.attributes)
        other.append(text: content)
        envelope.security.insert(other, at: 0)
      }
    }
  }

  /// CN=ap-a with a P-256 key.
  private static let ellipticCertificate =
    "MIIBsTCCAVegAwIBAgIUQhpEb8N8UWzUsE6nsjDsvuZALRMwCgYIKoZIzj0EAwIwLjELMAkGA1UEBhMCU0UxEDAOBgNVBAoMB0V4YW1wbGUx"
    + "DTALBgNVBAMMBGFwLWEwHhcNMjYxMTI0MjEyNjQ0WhcNMjYxMjI0MjEyNjQ0WjAuMQswCQYDVQQGEwJTRTEQMA4GA1UECgwHRXhhbXBsZTEN"
    + "MAsGA1UEAwwEYXAtYTBZMBMGByqGSM49AgEGCCqGSM49AwEHA0IABLBqNEokjknW+NqiRExg9+l5uAirZxTdHbhNHj61WFzatAOaYVVsh6hk"
    + "b19tbQ3x/anL3tssNoBtQJ1lKlNnu42jUzBRMB0GA1UdDgQWBBQo/g3oxTDnR+AZVAxJyX4mnnsnrDAfBgNVHSMEGDAWgBQo/g3oxTDnR+AZ"
    + "VAxJyX4mnnsnrDAPBgNVHRMBAf8EBTADAQH/MAoGCCqGSM49BAMCA0gAMEUCIFxD0BOe8Wv8a1FPuM40FJkwMfhDoFho8aRxR6z717aIAiEA"
    + "iFjhE0W73GK3cTBGbACm/4PNCUmYK43W4SolacSoc8Y="

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
}
