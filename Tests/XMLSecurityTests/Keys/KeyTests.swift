import Foundation
import Testing
import XMLSecurity

/// Keys that take long to make, made once.
enum TestKeys {
  static let first = Result { try PrivateKey.generate(bits: 2048) }
  static let second = Result { try PrivateKey.generate(bits: 2048) }
  static let weak = Result { try PrivateKey.generate(bits: 1024) }
  static let root = Result { try CertificateAuthority.root("Keys Test Root", bits: 2048) }
  static let issuing = Result { try root.get().authority("Keys Test CA", bits: 2048) }

  static func request(_ name: String) -> CertificateRequest {
    CertificateRequest(subject: [("C", "SE"), ("O", "Test"), ("CN", name)])
  }
}

@Suite("Keys and certificates") struct KeyTests {
  @Test("keys survive PEM, sign, and verify only what was signed")
  func keys() throws {
    let key = try PrivateKey.load(pem: TestKeys.first.get().pem)
    let message = Array("message".utf8)
    let before = PrivateKey.operations
    let signature = try key.sign(message)
    #expect(PrivateKey.operations > before)
    #expect(key.publicKey.verify(signature: signature, digest: digest(.sha256, of: message)))
    #expect(!key.publicKey.verify(signature: signature, digest: digest(.sha256, of: Array("messagE".utf8))))
    #expect(!(try TestKeys.second.get()).publicKey.verify(signature: signature, digest: digest(.sha256, of: message)))
    #expect(throws: KeyProblem.unreadable) { try PrivateKey.load(pem: Array("no key".utf8)) }
  }

  @Test("a certificate says who, when and for what")
  func certificate() throws {
    let identity = try TestKeys.issuing.get().issue(TestKeys.request("AP9001-TEST"), key: TestKeys.first.get())
    let certificate = try Certificate.load(pem: identity.certificate.pem)[0]
    #expect(certificate == identity.certificate)
    #expect(certificate.commonName == "AP9001-TEST")
    #expect(certificate.keyUsage == [.digitalSignature, .keyEncipherment])
    #expect(!certificate.isCA)
    #expect(certificate.subjectKeyIdentifier?.count == 20)
    #expect(certificate.sha1Thumbprint.count == 20)
    #expect(identity.chain.map(\.commonName) == ["Keys Test CA"])
    #expect(try PKIPath.parse(PKIPath.make(leaf: certificate, chain: identity.chain)).last == certificate)
    #expect(throws: CertificateProblem.unreadable) { try Certificate.parse(der: certificate.der + [0]) }
    #expect(throws: CertificateProblem.unreadable) { try PKIPath.parse([0x30, 0x82, 0xFF, 0xFF]) }
    #expect(throws: KeyProblem.mismatch) { try Identity(certificate: certificate, privateKey: TestKeys.second.get()) }
  }

  @Test("I1: two common names are none")
  func twoNames() throws {
    let request = CertificateRequest(subject: [("C", "SE"), ("CN", "AP9001-TEST"), ("CN", "AP9002-TEST")])
    let certificate = try TestKeys.issuing.get().issue(request, key: TestKeys.first.get()).certificate
    #expect(certificate.commonName == nil)
  }

  @Test("issuer names match in every order and spelling that products write")
  func issuerNames() throws {
    var request = CertificateRequest(
      subject: [("C", "SE"), ("O", "Test, \"Org\" + Co"), ("organizationIdentifier", "999999-9999"), ("CN", "Näme CA")])
    request.isCA = true
    let authority = CertificateAuthority(
      identity: try CertificateAuthority.selfSigned(request, key: TestKeys.second.get()))
    let certificate = try authority.issue(TestKeys.request("leaf"), key: TestKeys.first.get()).certificate
    let serial = certificate.serialNumber
    for name in [
      certificate.issuerName,
      "CN=Näme CA,2.5.4.97=999999-9999,O=Test\\, \\\"Org\\\" \\+ Co,C=SE",
      "C=SE, O=\"Test, \\\"Org\\\" + Co\", organizationIdentifier=999999-9999, CN=N\\C3\\A4me CA",
      "cn=näme  ca, OID.2.5.4.97=#130B3939393939392D39393939, o=Test\\2C \\22Org\\22 \\2B Co, c=SE",
    ] {
      #expect(certificate.issuerMatches(name, serial: serial), "\(name)")
      #expect(!certificate.issuerMatches(name, serial: serial + "0"))
    }
    #expect(!certificate.issuerMatches("CN=Other CA,C=SE", serial: serial))
  }

  @Test("issuer names match with spaces at a value's end, and differ by order within, value, type and count")
  func issuerNameEdges() throws {
    var request = CertificateRequest(subject: [("C", "SE"), ("O", "#Test "), ("O", "Other"), ("CN", "CA")])
    request.isCA = true
    let authority = CertificateAuthority(
      identity: try CertificateAuthority.selfSigned(request, key: TestKeys.second.get()))
    let certificate = try authority.issue(TestKeys.request("leaf"), key: TestKeys.first.get()).certificate
    let serial = certificate.serialNumber
    for name in [
      certificate.issuerName, "CN=CA,O=Other,O=\\#Test\\20,C=SE", "C=SE; O=\\#Test\\ ; O=\"Other\"; CN=CA",
      " 2.5.4.3 = CA , 2.5.4.10 = Other , 2.5.4.10 = \"#Test \" , 2.5.4.6 = SE ",
    ] {
      #expect(certificate.issuerMatches(name, serial: serial), "\(name)")
    }
    for name in [
      "CN=CA,O=\\#Test,O=Other,C=SE", "CN=CA,O=Other,C=SE", "CN=CA,OU=Other,O=\\#Test,C=SE",
      "CN=CA+O=Other,O=\\#Test,C=SE", "CN=CA,O=Other,O=\\#Test,C=SE,C=SE", "", "=", "CN", "\\", "\"", "CN=#", "CN=\"",
    ] {
      #expect(!certificate.issuerMatches(name, serial: serial), "\(name)")
    }
  }

  @Test("a certificate longer than any real one is not read, so that strangers cannot fill the memory")
  func longCertificate() throws {
    var request = TestKeys.request("long")
    request.dnsNames = (0..<700).map { "host\($0).long-names.example.se" }
    #expect(throws: CertificateProblem.unreadable) {
      try TestKeys.issuing.get().issue(request, key: TestKeys.first.get())
    }
  }

  @Test("many threads sign and verify with the same key")
  func concurrency() async throws {
    let key = try TestKeys.first.get()
    try await withThrowingTaskGroup(of: Bool.self) { group in
      for number in 0..<200 {
        group.addTask {
          let message = Array("message \(number)".utf8)
          return key.publicKey.verify(signature: try key.sign(message), digest: digest(.sha256, of: message))
        }
      }
      for try await verified in group { #expect(verified) }
    }
  }
}
