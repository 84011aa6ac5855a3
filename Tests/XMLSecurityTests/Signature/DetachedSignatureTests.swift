import Testing

@testable import XMLSecurity

@Suite("Detached signatures") struct DetachedSignatureTests {
  @Test("what was signed verifies and names its signer; other bytes, other forms and cut signatures do not")
  func signAndVerify() throws {
    let authority = try CertificateAuthority.root("O2O CA TEST", bits: 2048)
    let identity = try authority.issue(
      CertificateRequest(subject: [("C", "SE"), ("CN", "a.example.se")]), key: PrivateKey.generate(bits: 2048))
    let signature = try DetachedSignature.make(over: Array("manifest".utf8), by: identity)
    #expect(try DetachedSignature.verify(signature, over: Array("manifest".utf8)) == identity.certificate)
    #expect(throws: SignatureProblem.valueMismatch) {
      try DetachedSignature.verify(signature, over: Array("manifest ".utf8))
    }
    for wrong in [[], Array("no CMS".utf8), Array(signature.dropLast(40)), [UInt8](repeating: 0, count: 300_000)] {
      #expect(throws: SignatureProblem.self) { try DetachedSignature.verify(wrong, over: Array("manifest".utf8)) }
    }
    for index in stride(from: 0, to: signature.count, by: 37) {
      var changed = signature
      changed[index] ^= 1
      let signer = try? DetachedSignature.verify(changed, over: Array("manifest".utf8))
      #expect(signer == nil || signer == identity.certificate)
    }
  }
}
