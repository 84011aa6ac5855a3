import Foundation
import Testing
import XMLSecurity

/// Other people's signatures: the federation's example, and a corpus with every feature that XML Signature has.
@Suite("Signatures of others", .enabled(if: SecurityCorpus.isPresent, "no ../shared")) struct SignatureCorpusTests {
  func official(_ path: String) throws -> XMLElement {
    let url = CanonicalizationTests.shared.appending(path: "official/\(path)")
    return try XMLElement.parse(Array(Data(contentsOf: url)), limits: .envelope(totalBytes: 1 << 20))
  }

  /// Verifies value and digest of a document whose root holds an enveloped signature.
  static func verify(_ document: XMLElement) throws {
    let element = try #require(document.child(XMLName(XMLNamespaces.ds, "Signature")))
    let signature = try ParsedSignature(element, policy: .envelope)
    try signature.verifyValue(with: signature.certificate().publicKey)
    guard case .canonicalization(let method)? = signature.references[0].transforms.last else {
      let content = document.canonical(.inclusive10, omitting: element)
      return try signature.references[0].check(digest(.sha256, of: content))
    }
    try signature.references[0].check(digest(.sha256, of: document.canonical(method, omitting: element)))
  }

  @Test("the federation's signed example verifies; the one that was indented after signing does not")
  func federation() throws {
    try Self.verify(official("xhe/examples/XHE-tm-base-ext-sigenc.xml"))
    let indented = try official("examples/message/xhe_unencrypted_payload.xml")
    #expect(throws: SignatureProblem.self) { try Self.verify(indented) }
  }

  @Test("X5, X8, X9, X10: of a corpus of every kind of signature only the allowed kind is read")
  func corpus() throws {
    var read: [String] = []
    var seen = 0
    for (path, bytes) in try SecurityCorpus.files.get() where path.hasSuffix(".xml") {
      guard let document = try? XMLElement.parse(bytes, limits: .envelope(totalBytes: 4 << 20)) else { continue }
      let (signatures, accepted) = Self.judge(document)
      seen += signatures
      read += accepted.map { "\(path) \($0)" }
    }
    #expect(seen > 100)
    #expect(read == [])
    // The same eyes see the one kind that is allowed.
    #expect(Self.judge(try official("xhe/examples/XHE-tm-base-ext-sigenc.xml")) == (1, [true]))
    #expect(Self.judge(try SignatureTests().signed()) == (1, [true]))
  }

  /// The document's signatures, and of those that a policy allows whether their values verify.
  private static func judge(_ document: XMLElement) -> (signatures: Int, accepted: [Bool]) {
    let signatures = document.descendants.filter { $0.name == XMLName(XMLNamespaces.ds, "Signature") }
    let accepted = signatures.flatMap { element in
      [SignaturePolicy.envelope, .webServiceSecurity].compactMap { policy -> Bool? in
        guard let signature = try? ParsedSignature(element, policy: policy) else { return nil }
        guard let certificate = try? signature.certificate() else { return nil }
        return (try? signature.verifyValue(with: certificate.publicKey)) != nil
      }
    }
    return (signatures.count, accepted)
  }

  @Test("X9: every HMAC method of the corpus is refused as a method, in a signature that is right in all else")
  func hmac() throws {
    let tests = SignatureTests()
    try tests.verify(tests.signed())
    var methods: Set<String> = []
    for (path, bytes) in try SecurityCorpus.files.get() where path.hasSuffix(".xml") {
      guard let document = try? XMLElement.parse(bytes, limits: .envelope(totalBytes: 4 << 20)) else { continue }
      for element in document.descendants where element.name == XMLName(XMLNamespaces.ds, "SignatureMethod") {
        guard element.attribute("Algorithm")?.contains("hmac") == true else { continue }
        methods.insert(String(decoding: element.serialized(declaration: false), as: UTF8.self))
      }
    }
    #expect(methods.count >= 6 && methods.contains { $0.contains("HMACOutputLength") })
    for method in methods {
      #expect(throws: SignatureProblem.algorithm("the signature method"), "\(method)") {
        try tests.parsed(tests.signed { $0.replacing(/<ds:SignatureMethod.*<\/ds:SignatureMethod>/, with: method) })
      }
    }
  }
}
