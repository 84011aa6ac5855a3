import Foundation
import Testing
import XMLSecurity

@Suite("XML parser") struct ParserLimitTests {
  /// Parses into a tree; nil or the problem's kind.
  func problem(
    _ bytes: [UInt8], limits: XMLLimits = XMLLimits(totalBytes: 64 << 20), pieces: Int = 4_096
  ) -> XMLProblem.Kind? {
    do {
      try feed(bytes, to: XMLStreamParser(limits: limits, handler: XMLTreeBuilder()), pieces: pieces)
      return nil
    } catch let problem as XMLProblem {
      return problem.kind
    } catch {
      Issue.record("another error: \(type(of: error))")
      return nil
    }
  }

  func problem(_ text: String, limits: XMLLimits = XMLLimits(totalBytes: 64 << 20)) -> XMLProblem.Kind? {
    problem(Array(text.utf8), limits: limits)
  }

  /// The text in UTF-16, with or without byte order mark.
  func utf16(_ text: String, bigEndian: Bool, mark: Bool) -> [UInt8] {
    let units = (mark ? [0xFEFF] : []) + Array(text.utf16)
    return units.flatMap { unit in
      let bytes = [UInt8(unit >> 8), UInt8(unit & 0xFF)]
      return bigEndian ? bytes : bytes.reversed()
    }
  }

  @Test("X12: a document type declaration is refused in every encoding and at every place", arguments: [1, 3, 64, 4_096])
  func documentType(pieces: Int) {
    let internalSubset = "<!DOCTYPE a [<!ENTITY e SYSTEM \"file:///etc/passwd\">]><a>&e;</a>"
    let external = "<!-- c --><!DOCTYPE a SYSTEM \"http://127.0.0.1:9/x.dtd\"><a/>"
    let parameter = "<!DOCTYPE a [<!ENTITY % p SYSTEM \"http://127.0.0.1:9/p\"> %p;]><a/>"
    for text in [internalSubset, external, parameter, "<!DOCTYPE a><a/>"] {
      #expect(problem(Array(text.utf8), pieces: pieces) == .documentType)
      #expect(problem([0xEF, 0xBB, 0xBF] + Array(text.utf8), pieces: pieces) == .documentType)
      for bigEndian in [true, false] {
        #expect(problem(utf16(text, bigEndian: bigEndian, mark: true), pieces: pieces) == .documentType)
        let declared = "<?xml version=\"1.0\" encoding=\"UTF-16\(bigEndian ? "BE" : "LE")\"?>" + text
        #expect(problem(utf16(declared, bigEndian: bigEndian, mark: false), pieces: pieces) != nil)
      }
    }
    #expect(problem("<a><!DOCTYPE a></a>") == .notWellFormed)
    #expect(problem("<a>&e;</a>") == .notWellFormed)
    #expect(problem("<a b='&e;'/>") == .notWellFormed)
  }

  @Test("X13: entity expansion never starts")
  func entityExpansion() {
    var laughs = "<!DOCTYPE l [<!ENTITY a0 \"lol\">"
    for level in 1..<10 {
      laughs += "<!ENTITY a\(level) \"\(String(repeating: "&a\(level - 1);", count: 10))\">"
    }
    let quadratic = "<!DOCTYPE q [<!ENTITY a \"\(String(repeating: "x", count: 50_000))\">]><q>"
    for text in [laughs + "]><l>&a9;</l>", quadratic + String(repeating: "&a;", count: 50_000) + "</q>"] {
      let start = ContinuousClock.now
      #expect(problem(text) == .documentType)
      #expect(ContinuousClock.now - start < .milliseconds(200))
    }
  }

  @Test("X14: depth, attributes, namespaces, names and elements are capped")
  func caps() {
    let start = ContinuousClock.now
    #expect(problem(String(repeating: "<a>", count: 20_000)) == .depth)
    let attributes = (0..<30_000).map { " a\($0)='v'" }.joined()
    #expect([.attributes, .text].contains(problem("<a\(attributes)/>")))
    #expect(problem("<a" + (0..<65).map { " a\($0)='v'" }.joined() + "/>") == .attributes)
    #expect(problem("<a" + (0..<64).map { " a\($0)='v'" }.joined() + "/>") == nil)
    let namespaces = (0..<3_000).map { " xmlns:n\($0)='urn:\($0)'" }.joined()
    #expect([.namespaces, .text].contains(problem("<a\(namespaces)>" + String(repeating: "<b>", count: 3_000))))
    let nested = (0..<33).map { "<a xmlns:a\($0)='urn:a' xmlns:b\($0)='urn:b'>" }.joined()
    #expect(problem(nested) == .namespaces)
    #expect(problem("<\(String(repeating: "n", count: 257))/>") == .name)
    #expect(problem("<\(String(repeating: "n", count: 256))/>") == nil)
    #expect(problem("<a>" + String(repeating: "<b/>", count: 100_001) + "</a>") == .elements)
    #expect(problem("<a b='\(String(repeating: "v", count: 2_000_000))'/>") != nil)
    #expect(ContinuousClock.now - start < .seconds(10))
  }

  @Test("X14: large text passes where content is expected and nowhere else")
  func largeText() throws {
    let line = Array(String(repeating: "QUJD", count: 16_384).utf8)
    func parse(_ limits: XMLLimits, element: String) throws -> Int {
      let counter = TextCounter()
      let parser = XMLStreamParser(limits: limits, handler: counter)
      try parser.write("<r><\(element)>")
      for _ in 0..<200 { try parser.write(line) }
      try parser.write("</\(element)></r>")
      try parser.close()
      return counter.count
    }
    let limits = XMLLimits.payload(totalBytes: 100 << 20, largeText: [XMLName("", "content")])
    #expect(try parse(limits, element: "content") == 200 * line.count)
    #expect(throws: XMLProblem.self) { try parse(limits, element: "label") }
    #expect(throws: XMLProblem.self) { try parse(XMLLimits.payload(totalBytes: 1 << 20), element: "content") }
  }

  private final class TextCounter: XMLEventHandler {
    var count = 0
    func start(_ tag: XMLStartTag) {}
    func text(_ utf8: UnsafeRawBufferPointer) { count += utf8.count }
    func end() {}
  }

  @Test("X15: broken bytes, truncation and trailing data are refused")
  func broken() {
    let good = Array("<a x='1'>tëxt<b/><![CDATA[c]]></a>".utf8)
    #expect(problem(good) == nil)
    for length in 0..<good.count { #expect(problem(Array(good[..<length])) == .notWellFormed, "cut at \(length)") }
    for bytes: [UInt8] in [
      [], [0], Array("<a>".utf8) + [0] + Array("</a>".utf8), Array("<a>".utf8) + [0xC3, 0x28] + Array("</a>".utf8),
      Array("<a>".utf8) + [0xED, 0xA0, 0x80] + Array("</a>".utf8), good + Array("<a/>".utf8), good + Array("x".utf8),
      Array("<a b='1' b='2'/>".utf8), Array("<p:a/>".utf8), Array("<a>&#0;</a>".utf8), Array("<a>&#xFFFE;</a>".utf8),
      Array("<a xmlns:p=''/>".utf8), Array("<a xmlns:xml='urn:x'/>".utf8), Array("text".utf8),
    ] {
      #expect(problem(bytes) != nil)
      #expect(problem(bytes, pieces: 1) != nil)
    }
    #expect(problem(good + Array("\n<!-- after -->\n".utf8)) == nil)
  }

  @Test("only XML 1.0 in known encodings")
  func declarations() {
    #expect(problem("<?xml version=\"1.1\"?><a/>") != nil)
    #expect(problem("<?xml version=\"1.0\" encoding=\"UTF-7\"?><a/>") != nil)
    #expect(problem("<?xml version=\"1.0\" encoding=\"IBM037\"?><a/>") != nil)
    #expect(problem("<?xml version=\"1.0\" encoding=\"utf-8\"?><a/>") == nil)
    #expect(problem([0xEF, 0xBB, 0xBF] + Array("<a/>".utf8)) == nil)
  }

  @Test("TA29: UTF-16 and ISO-8859-1 become the same UTF-8 text", arguments: [1, 5, 4_096])
  func encodings(pieces: Int) throws {
    func text(_ bytes: [UInt8]) throws -> String? {
      let builder = XMLTreeBuilder()
      try feed(bytes, to: XMLStreamParser(limits: .soap, handler: builder), pieces: pieces)
      return builder.root?.text
    }
    let document = "<?xml version=\"1.0\" encoding=\"UTF-16\"?><a>åäö</a>"
    for bigEndian in [true, false] {
      #expect(try text(utf16(document, bigEndian: bigEndian, mark: true)) == "åäö")
    }
    let latin = Array("<?xml version=\"1.0\" encoding=\"ISO-8859-1\"?><a>".utf8) + [0xE5, 0xE4, 0xF6] + Array("</a>".utf8)
    #expect(try text(latin) == "åäö")
  }

  @Test("X6: comments and processing instructions stand where the limits allow")
  func comments() {
    let envelope = XMLLimits.envelope(totalBytes: 1_000)
    #expect(problem("<!-- c --><?p i?><a>x</a><!-- c -->", limits: envelope) == nil)
    #expect(problem("<a>x<!-- c -->y</a>", limits: envelope) == .comment)
    #expect(problem("<a>x<?p i?>y</a>", limits: envelope) == .processingInstruction)
    #expect(problem("<?p i?><a/>", limits: .soap) == .processingInstruction)
    let tree = try? XMLElement.parse(Array("<a>x<!-- c -->y</a>".utf8), limits: .receipt)
    #expect(tree?.text == "xy")
  }

  @Test("X7: the tree and the stream agree on mutated documents")
  func agreement() throws {
    var generator = DocumentGenerator(seed: 4_711)
    for _ in 0..<1_500 {
      var document = Array(generator.document().utf8)
      for _ in 0..<Int.random(in: 1...3, using: &generator.random) {
        let place = Int.random(in: 0..<document.count, using: &generator.random)
        document[place] = UInt8.random(in: 0...255, using: &generator.random)
      }
      let whole = problem(document, pieces: document.count)
      let pieces = problem(document, pieces: Int.random(in: 1...17, using: &generator.random))
      #expect((whole == nil) == (pieces == nil))
      guard whole == nil else { continue }
      let tree = try XMLElement.parse(document, limits: XMLLimits(totalBytes: 1 << 20))
      let withoutInstructions = generator.pick([Canonicalization.inclusive10, .exclusive()])
      let streamed = try CanonicalizationTests.streamed(document, withoutInstructions)
      let text = String(decoding: streamed, as: UTF8.self).replacing(/\n?<\?.*?\?>\n?/, with: "")
      #expect(String(decoding: tree.canonical(withoutInstructions), as: UTF8.self).utf8.count <= text.utf8.count + 64)
    }
  }

  @Test("X15: hostile strings survive a round trip or are refused", .enabled(if: CanonicalizationTests.hasShared, "no ../shared"))
  func naughtyStrings() throws {
    let file = CanonicalizationTests.shared.appending(path: "vectors/strings/blns.json")
    let strings = try JSONDecoder().decode([String].self, from: Data(contentsOf: file))
    for string in strings {
      let element = XMLElement("a", uri: "", attributes: [XMLAttribute(local: "v", value: string)])
      element.append(text: string)
      guard let read = try? XMLElement.parse(element.serialized(), limits: .receipt) else { continue }
      #expect(read.text.utf8.elementsEqual(string.utf8))
      #expect(read.attribute("v").map { $0.utf8.elementsEqual(string.utf8) } == true)
    }
  }
}
