import Testing
import XMLSecurity

@Suite("XML parser cost") struct ParserCostTests {
  @Test(
    "X14: eight times as much takes about eight times as long",
    arguments: [
      "elements", "attributes", "namespaces", "text", "section", "sections", "comments", "references", "names",
      "canonical", "prefixes",
    ])
  func linear(what: String) throws {
    let count = 1_000
    let small = Cost.shortest { run(what, count) }
    let large = Cost.shortest { run(what, 8 * count) }
    // 64 would be quadratic.
    #expect(large < small * 24, "\(small) and \(large)")
  }

  private func run(_ what: String, _ count: Int) {
    let many = { (each: (Int) -> String) in Array(("<a>" + (0..<count).map(each).joined() + "</a>").utf8) }
    var limits = XMLLimits(totalBytes: 64 << 20)
    limits.textBytes = 64 << 20
    let document: [UInt8]
    switch what {
    case "elements": document = many { _ in "<b>text</b>" }
    case "attributes": document = many { _ in "<b \((0..<32).map { "a\($0)='v'" }.joined(separator: " "))/>" }
    case "namespaces": document = many { _ in "<b \((0..<32).map { "xmlns:a\($0)='urn:v'" }.joined(separator: " "))/>" }
    case "text": document = many { _ in String(repeating: "text ", count: 40) }
    case "section": document = Array("<a><![CDATA[".utf8) + many { _ in "section ]] " } + Array("]]></a>".utf8)
    case "sections": document = many { _ in "<![CDATA[\(String(repeating: "x", count: 400))]]>" }
    case "comments": document = many { "<!-- \($0) -->" }
    case "references": document = many { _ in "&amp;&#65;&lt;" }
    case "names": document = many { "<b\($0)/>" }
    case "prefixes":
      let declared = (0..<60).map { "xmlns:p\($0)='urn:p'" }.joined(separator: " ")
      document = Array("<a \(declared)>".utf8) + many { _ in "<p1:b p2:c='v'/>" } + Array("</a>".utf8)
      _ = try? CanonicalizationTests.streamed(
        document, .exclusive(prefixes: (0..<60).map { "p\($0)" }), pieces: 65_536, limits: limits)
      return
    default:
      document = many { "<b x='\($0)' y='å'>text</b>" }
      _ = try? CanonicalizationTests.streamed(document, .inclusive10, pieces: 65_536, limits: limits)
      return
    }
    #expect(problem(document, limits: limits, pieces: 65_536) == nil)
  }

  @Test("X14: different names, in whatever they stand, are few enough for libxml2's table", .timeLimit(.minutes(1)))
  func names() {
    let limits = XMLLimits(totalBytes: 64 << 20)
    let attributes = (0..<20_000).map { row in "<a \((0..<60).map { "n\(row)_\($0)=''" }.joined(separator: " "))/>" }
    for document in [
      "<r>" + attributes.joined() + "</r>", "<r>" + (0..<20_000).map { "<?n\($0)?>" }.joined() + "</r>",
      "<r>" + (0..<20_000).map { "<n\($0)/>" }.joined() + "</r>",
      "<r>" + (0..<20_000).map { "<a xmlns='urn:\($0)'/>" }.joined() + "</r>",
    ] {
      let bytes = Array(document.utf8)
      var kind: XMLProblem.Kind?
      let time = Cost.shortest(of: 1) { kind = problem(bytes, limits: limits) }
      #expect(kind == .names && time < .seconds(2))
    }
    #expect(problem("<r>" + (0..<9_000).map { "<n\($0)/>" }.joined() + "</r>", limits: limits) == nil)
    let comments = "<a>" + String(repeating: "<!---->", count: 100_000) + "</a>"
    #expect(problem(comments, limits: limits) == .elements)
    #expect(problem("<a><?\(String(repeating: "n", count: 257))?></a>", limits: limits) == .name)
  }

  @Test(
    "X14: tags, comments and instructions are bounded, at the same place however they come", arguments: [1_000, 65_536])
  func markup(pieces: Int) {
    let full = String(repeating: "v", count: XMLLimits.markupBytes)
    for (head, tail) in [("<a b='", "'/>"), ("<a><!--", "--></a>"), ("<a><?p ", "?></a>"), ("<a xmlns='urn:", "'/>")] {
      let fits = head.hasSuffix("urn:") ? String(full.dropFirst(4)) : full
      #expect(problem(Array("\(head)\(fits)\(tail)".utf8), pieces: pieces) == nil, "\(head)")
      #expect(problem(Array("\(head)\(fits)v\(tail)".utf8), pieces: pieces) == .markup, "\(head)")
      #expect(problem(Array("\(head)\(full)\(full)\(full)".utf8), pieces: pieces) == .markup, "\(head)")
    }
  }
}
