import Testing
import XMLSecurity

/// Texts that Swift's `==` calls equal and XML does not. One of them must never stand for the other in something signed.
@Suite("Exact comparison") struct ExactComparisonTests {
  static let pairs = [("K", "\u{212A}"), ("\u{E5}", "a\u{30A}"), ("\u{C5}", "\u{212B}"), ("a;", "a\u{37E}")]

  @Test("X7: equivalent texts are different names, prefixes, values and keys", arguments: pairs)
  func comparison(one: String, other: String) {
    #expect(one == other)
    #expect(!sameBytes(one, other) && sameBytes(one, one) && sameBytes("", ""))
    #expect(!sameBytes(one, "") && !sameBytes(one, one + " "))
    #expect(Set([one, other].map(ExactText.init)).count == 2)
    #expect(Set([XMLName(one, "x"), XMLName(other, "x"), XMLName("x", one), XMLName("x", other)]).count == 4)
    #expect(
      Set([(one, "x"), (other, "x"), ("x", one), ("x", other)].map { XMLNamespace(prefix: $0, uri: $1) }).count == 4)
    #expect(XMLAttribute(local: one, value: "x") != XMLAttribute(local: other, value: "x"))
    #expect(XMLAttribute(local: "x", value: one) != XMLAttribute(local: "x", value: other))
    let element = XMLElement("e", uri: "", attributes: [XMLAttribute(local: one, value: "1")])
    #expect(element.attribute(one) == "1" && element.attribute(other) == nil)
  }

  @Test(
    "X7: a prefix that another is equivalent to keeps its own namespace in every form",
    arguments: pairs.dropLast(), [Canonicalization.inclusive10, .inclusive11, .exclusive()])
  func prefixes(pair: (String, String), method: Canonicalization) throws {
    let (one, other) = pair
    for text in [
      "<r xmlns:\(one)='urn:a' xmlns:\(other)='urn:b'><\(one):x \(other):y=''/><\(other):x/></r>",
      "<\(one):r xmlns:\(one)='urn:evil' xmlns:\(other)='urn:good'><\(one):x/></\(one):r>",
      "<r xmlns:\(one)='urn:a'><x xmlns:\(other)='urn:a'><\(other):y \(one):z='' \(other):w=''/></x></r>",
    ] {
      let document = Array(text.utf8)
      for method in [method, .exclusive(prefixes: [one]), .exclusive(prefixes: [other])] {
        #expect(try CanonicalizationTests.streamed(document, method) == LibXML2Oracle.canonical(document, method))
      }
    }
  }

  @Test(
    "X7: a signed prefix cannot be declared anew under an equivalent name",
    arguments: [Canonicalization.inclusive10, .exclusive()])
  func swappedPrefix(method: Canonicalization) throws {
    let tests = SignatureTests()
    let good = String(decoding: try tests.signed(method).serialized(), as: UTF8.self)
      .replacing("d:doc", with: "K:doc").replacing("xmlns:d=", with: "xmlns:K=")
    let reference = try XMLElement.parse(Array(good.utf8), limits: .soap)
    let signature = try tests.parsed(reference).element
    let content = reference.canonical(method, omitting: signature)
    let evil = good.replacing("xmlns:K=\"urn:d\"", with: "xmlns:K=\"urn:evil\" xmlns:\u{212A}=\"urn:d\"")
    let changed = try XMLElement.parse(Array(evil.utf8), limits: .soap)
    #expect(changed.uri == "urn:evil")
    #expect(changed.canonical(method, omitting: try tests.parsed(changed).element) != content)
  }

  @Test("X2: KeyInfo spelt with the Kelvin sign is no KeyInfo")
  func keyInfo() throws {
    let tests = SignatureTests()
    #expect(throws: SignatureProblem.self) {
      try tests.parsed(tests.signed { $0.replacing("ds:KeyInfo", with: "ds:\u{212A}eyInfo") })
    }
    #expect(throws: SignatureProblem.self) {
      try tests.parsed(tests.signed { $0.replacing(" Algorithm=", with: " \u{212A}lgorithm=") })
    }
  }
}
