import Foundation
import Testing
import XMLSecurity

@Suite("XML parser") struct ParserLimitTests {
  @Test(
    "X12: a document type declaration is refused in every encoding and at every place", arguments: [1, 3, 64, 4_096])
  func documentType(pieces: Int) throws {
    let listener = try LoopbackListener()
    let internalSubset = "<!DOCTYPE a [<!ENTITY e SYSTEM \"file:///etc/passwd\">]><a>&e;</a>"
    let external = "<!-- c --><!DOCTYPE a SYSTEM \"\(listener.url)x.dtd\"><a/>"
    let parameter = "<!DOCTYPE a [<!ENTITY % p SYSTEM \"\(listener.url)p\"> %p;]><a/>"
    for text in [internalSubset, external, parameter, "<!DOCTYPE a><a/>"] {
      #expect(problem(Array(text.utf8), pieces: pieces) == .documentType)
      #expect(problem([0xEF, 0xBB, 0xBF] + Array(text.utf8), pieces: pieces) == .documentType)
      for bigEndian in [true, false] {
        #expect(problem(utf16(text, bigEndian: bigEndian, mark: true), pieces: pieces) == .documentType)
        let declared = "<?xml version=\"1.0\" encoding=\"UTF-16\(bigEndian ? "BE" : "LE")\"?>" + text
        #expect(problem(utf16(declared, bigEndian: bigEndian, mark: false), pieces: pieces) != nil)
      }
    }
    #expect(try listener.connections() == 0)
    #expect(problem("<a><!DOCTYPE a></a>") == .notWellFormed)
    #expect(problem("<a>&e;</a>") == .notWellFormed)
    #expect(problem("<a b='&e;'/>") == .notWellFormed)
  }

  @Test("X13: entity expansion never starts: 10 ms and 10 MB are more than enough")
  func entityExpansion() throws {
    var laughs = "<!DOCTYPE l [<!ENTITY a0 \"lol\">"
    for level in 1..<10 {
      laughs += "<!ENTITY a\(level) \"\(String(repeating: "&a\(level - 1);", count: 10))\">"
    }
    let quadratic = "<!DOCTYPE q [<!ENTITY a \"\(String(repeating: "x", count: 50_000))\">]><q>"
    for text in [laughs + "]><l>&a9;</l>", quadratic + String(repeating: "&a;", count: 50_000) + "</q>"] {
      let bytes = Array(text.utf8)
      #expect(problem(bytes) == .documentType)
      let before = try Cost.peakMemory()
      #expect(Cost.shortest { _ = problem(bytes) } < .milliseconds(10))
      #expect(try Cost.peakMemory() - before < 10 << 20)
    }
  }

  @Test("X14: depth, attributes, namespaces, names and elements are capped")
  func caps() {
    let start = ContinuousClock.now
    #expect(problem(String(repeating: "<a>", count: 20_000)) == .depth)
    let attributes = (0..<30_000).map { " a\($0)='v'" }.joined()
    #expect([.attributes, .markup].contains(problem("<a\(attributes)/>")))
    #expect(problem("<a" + (0..<65).map { " a\($0)='v'" }.joined() + "/>") == .attributes)
    #expect(problem("<a" + (0..<64).map { " a\($0)='v'" }.joined() + "/>") == nil)
    let namespaces = (0..<3_000).map { " xmlns:n\($0)='urn:\($0)'" }.joined()
    #expect([.namespaces, .markup].contains(problem("<a\(namespaces)>" + String(repeating: "<b>", count: 3_000))))
    let nested = (0..<33).map { "<a xmlns:a\($0)='urn:a' xmlns:b\($0)='urn:b'>" }.joined()
    #expect(problem(nested) == .namespaces)
    #expect(problem("<\(String(repeating: "n", count: 257))/>") == .name)
    #expect(problem("<\(String(repeating: "n", count: 256))/>") == nil)
    #expect(problem("<a>" + String(repeating: "<b/>", count: 100_001) + "</a>") == .elements)
    #expect(problem("<a b='\(String(repeating: "v", count: 2_000_000))'/>") == .markup)
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

  @Test("X6: comments and processing instructions stand where the limits allow")
  func comments() {
    let envelope = XMLLimits.envelope(totalBytes: 1_000)
    #expect(problem("<!-- c --><?p i?><a>x</a><!-- c -->", limits: envelope) == nil)
    #expect(problem("<a>x<!-- c -->y</a>", limits: envelope) == .comment)
    #expect(problem("<a>x<?p i?>y</a>", limits: envelope) == .processingInstruction)
    #expect(problem("<?p i?><a/>", limits: .soap) == .processingInstruction)
    for text in ["<a><!-->--></a>", "<a><!--->--></a>", "<!-->- c --><a/>"] {
      for pieces in [1, 5, 4_096] { #expect(problem(Array(text.utf8), pieces: pieces) == .notWellFormed) }
    }
    let tree = try? XMLElement.parse(Array("<a>x<!-- c -->y</a>".utf8), limits: .receipt)
    #expect(tree?.text == "xy")
  }

  @Test(
    "X15: hostile strings survive a round trip or are refused",
    .enabled(if: CanonicalizationTests.hasShared, "no ../shared"))
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
