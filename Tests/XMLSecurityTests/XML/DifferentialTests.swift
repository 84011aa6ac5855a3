import Testing
import XMLSecurity

@Suite("XML parser and libxml2's own") struct DifferentialTests {
  /// What libxml2 reads and this parser refuses on purpose.
  private static let stricter: Set<XMLProblem.Kind> = [
    .documentType, .version, .encoding, .namespaceName, .depth, .attributes, .namespaces, .name,
  ]

  @Test("X7: stream, tree and libxml2's tree agree about mutated documents, in verdict and bytes", arguments: 0..<4)
  func mutations(block: UInt64) throws {
    var accepted = 0
    var refused = 0
    for seed in block * 1_000..<(block + 1) * 1_000 {
      var generator = DocumentGenerator(seed: 300_000 + seed)
      let document = Self.mutated(Array(generator.document().utf8), with: &generator)
      let method = generator.method()
      let pieces = Int.random(in: 1...17, using: &generator.random)
      let verdict = problem(document, pieces: document.count)
      #expect((verdict == nil) == (problem(document, pieces: pieces) == nil), "seed \(seed)")
      let theirs = LibXML2Oracle.canonical(document, method)
      guard verdict == nil else {
        refused += 1
        #expect(theirs == nil || Self.stricter.contains(verdict ?? .size), "seed \(seed): \(verdict.debugDescription)")
        continue
      }
      accepted += 1
      let streamed = try CanonicalizationTests.streamed(document, method, pieces: pieces)
      #expect(streamed == theirs || LibXML2Oracle.isWrong(about: streamed), "seed \(seed)")
      // Processing instructions are not kept in trees.
      let text = String(decoding: streamed, as: UTF8.self)
      guard !text.contains("<?") else { continue }
      #expect(try XMLElement.parse(document, limits: XMLLimits(totalBytes: 1 << 20)).canonical(method) == streamed)
    }
    #expect(accepted > 100 && refused > 100)
  }

  /// Bytes changed, taken out, doubled, or replaced by something that XML has a meaning for.
  private static func mutated(_ document: [UInt8], with generator: inout DocumentGenerator) -> [UInt8] {
    var document = document
    for _ in 0..<Int.random(in: 1...2, using: &generator.random) {
      let place = Int.random(in: 0..<document.count, using: &generator.random)
      switch Int.random(in: 0..<12, using: &generator.random) {
      case 0: document[place] = UInt8.random(in: 0...255, using: &generator.random)
      case 1: document.remove(at: place)
      case 2: document.insert(document[place], at: place)
      case 3: document.insert(contentsOf: generator.pick(badUTF8), at: place)
      default: document.insert(contentsOf: Array(generator.pick(tokens).utf8), at: place)
      }
    }
    return document
  }

  private static let badUTF8: [[UInt8]] = [[0xC1, 0xA5], [0xE0, 0x80, 0xBC], [0xED, 0xA0, 0x80], [0xFF], [0xC3]]
  private static let tokens = [
    "\r", "\n", "\r\n", "]]>", "<![CDATA[", "<!--", "-->", "<?p ", "?>", "&amp;", "&#13;", "&#0;", "&e;", "<", ">", "'",
    " xmlns:K='urn:K'", " xmlns='rel'", " xmlns=''", "\u{212A}", "\u{30A}", "\u{FEFF}", "<K/>",
    "<e xmlns:a='urn:x' a:K=''/>",
  ]

  @Test("C14N 1.0 §1.3: a document with relative namespace names is refused, as libxml2 refuses to canonicalize it")
  func relativeNamespaces() {
    for name in ["rel", "../x", "/x", "//host/x", "#x", "?x", "a/b:c", "1a:b", ":x", "x y:z"] {
      for document in ["<a xmlns='\(name)'/>", "<a xmlns:p='\(name)'/>", "<a><b xmlns:p='\(name)'/></a>"] {
        #expect(problem(document) == .namespaceName, "\(name)")
        #expect(LibXML2Oracle.canonical(Array(document.utf8), .inclusive10) == nil, "\(name)")
      }
    }
    for name in ["urn:x", "x:", "http://x", "a+b-c.1:x", "URN:X"] {
      #expect(problem("<a xmlns:p='\(name)'/>") == nil, "\(name)")
      #expect(LibXML2Oracle.canonical(Array("<a xmlns:p='\(name)'/>".utf8), .inclusive10) != nil, "\(name)")
    }
  }
}
