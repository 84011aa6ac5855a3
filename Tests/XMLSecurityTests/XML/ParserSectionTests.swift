import Testing
import XMLSecurity

@Suite("CDATA sections") struct ParserSectionTests {
  private final class Collector: XMLEventHandler {
    var text: [UInt8] = []
    func start(_ tag: XMLStartTag) {}
    func text(_ utf8: UnsafeRawBufferPointer) { text += utf8 }
    func end() {}
  }

  private func text(_ bytes: [UInt8], pieces: Int, limits: XMLLimits = XMLLimits(totalBytes: 64 << 20)) throws
    -> [UInt8]
  {
    let collector = Collector()
    try feed(bytes, to: XMLStreamParser(limits: limits, handler: collector), pieces: pieces)
    return collector.text
  }

  @Test("X7: line ends in a CDATA section become line feeds, wherever the pieces end", arguments: [1, 2, 3, 7, 4_096])
  func lineEnds(pieces: Int) throws {
    for (section, expected) in [
      ("<![CDATA[a\r\nb\rc\n\r\r\n]]>", "a\nb\nc\n\n\n"), ("<![CDATA[\r]]>\n", "\n\n"),
      ("<![CDATA[\r]]><![CDATA[\n]]>", "\n\n"),
      ("\r<![CDATA[\n]]>", "\n\n"), ("<![CDATA[]]>", ""), ("<![CDATA[\r\n]]]]><![CDATA[>\r]]>", "\n]]>\n"),
    ] {
      #expect(try text(Array("<a>\(section)</a>".utf8), pieces: pieces) == Array(expected.utf8))
    }
    // As long as what libxml2 passes on at once, with the pair at every place.
    for length in 280..<310 {
      let start = String(repeating: "x", count: length)
      let document = Array("<a><![CDATA[\(start)\r\n\(start)\r\(start)\r\n]]></a>".utf8)
      #expect(try text(document, pieces: pieces) == Array("\(start)\n\(start)\n\(start)\n".utf8))
    }
  }

  @Test("X14: a CDATA section may be as long as its element's text", arguments: [1_000, 16_384, 1 << 20])
  func long(pieces: Int) throws {
    let unit = Array("å]]\r\n> 𝄞]\n]&<".utf8)
    let section = Array(repeating: unit, count: (1 << 20) / unit.count).joined()
    let expected = Array(String(decoding: section, as: UTF8.self).replacing("\r\n", with: "\n").utf8)
    for head in ["<a><![CDATA[", "<a>text<b/><![CDATA["] {
      let document = Array(head.utf8) + section + Array("]]></a>".utf8)
      #expect(try text(document, pieces: pieces).suffix(expected.count) == expected[...])
    }
    let wide = utf16(
      "<a><![CDATA[\(String(decoding: section, as: UTF8.self))]]></a>", bigEndian: true, mark: true)
    #expect(try text(wide, pieces: pieces) == expected)
    let full = [UInt8](repeating: 0x41, count: 1 << 20)
    let whole = Array("<a><![CDATA[".utf8) + full + Array("]]></a>".utf8)
    #expect(problem(whole, pieces: pieces) == nil)
    #expect(problem(Array(whole.dropLast(7)) + Array("A]]></a>".utf8), pieces: pieces) == .text)
    #expect(problem(Array(whole.dropLast(7)), pieces: pieces) == .notWellFormed)
  }

  @Test("X15: a CDATA section holds characters of XML in the shortest UTF-8", arguments: [1, 2, 4_096])
  func characters(pieces: Int) {
    for bytes: [UInt8] in [
      [0xC0, 0x80], [0xC1, 0xA5], [0xE0, 0x80, 0xBC], [0xE0, 0x9F, 0xBF], [0xF0, 0x80, 0x80, 0xBC], [0xED, 0xA0, 0x80],
      [0xF4, 0x90, 0x80, 0x80], [0xFF], [0x80], [0xC3], [0x01], [0xEF, 0xBF, 0xBE],
    ] {
      for filler in [0, 290, 299, 1_000] {
        let text = [UInt8](repeating: 0x41, count: filler) + bytes + [UInt8](repeating: 0x41, count: filler)
        #expect(problem(Array("<a><![CDATA[".utf8) + text + Array("]]></a>".utf8), pieces: pieces) == .notWellFormed)
      }
    }
  }

  private final class Counter: XMLEventHandler {
    var count = 0
    func start(_ tag: XMLStartTag) {}
    func text(_ utf8: UnsafeRawBufferPointer) { count += utf8.count }
    func end() {}
  }

  @Test("X14: an attachment of 30 MB in a CDATA section takes no more memory than any other")
  func attachment() throws {
    let limits = XMLLimits.payload(totalBytes: 64 << 20, largeText: [XMLName("", "content")])
    let line = Array(String(repeating: "QUJD", count: 16_384).utf8)
    let counter = Counter()
    let parser = XMLStreamParser(limits: limits, handler: counter)
    let before = try Cost.peakMemory()
    try parser.write("<r><content><![CDATA[")
    for _ in 0..<480 { try parser.write(line) }
    try parser.write("]]></content></r>")
    try parser.close()
    #expect(counter.count == 480 * line.count)
    #expect(try Cost.peakMemory() - before < 10 << 20)
  }
}
