import Foundation
import Testing
import XMLSecurity

/// libxml2's own vectors. A document type declaration is refused here, so it is taken off first and its default
/// attributes are written out; of node sets by XPath those that are whole subtrees are run.
@Suite("Canonicalization vectors", .enabled(if: CanonicalizationTests.hasShared, "no ../shared"))
struct CanonicalizationVectorTests {
  static let folder = CanonicalizationTests.shared.appending(path: "vectors/c14n-libxml2")

  @Test(
    "every vector whose node set is a document or subtrees has libxml2's canonical form",
    arguments: [("without-comments", 7), ("1-1-without-comments", 11), ("exc-without-comments", 5)])
  func vectors(name: String, expected: Int) throws {
    var run: [String] = []
    var left: [String] = []
    let inputs = Self.folder.appending(path: "test/c14n/\(name)")
    for file in try FileManager.default.contentsOfDirectory(atPath: inputs.path).sorted() where file.hasSuffix(".xml") {
      let stem = String(file.dropLast(4))
      guard let ours = try Self.canonical(inputs.appending(path: stem), name) else {
        left.append(stem)
        continue
      }
      run.append(stem)
      let theirs = Array(try Data(contentsOf: Self.folder.appending(path: "result/c14n/\(name)/\(stem)")))
      // As text of the bytes, which a failure shows shorter than two lists of numbers.
      #expect(Data(ours).base64EncodedString() == Data(theirs).base64EncodedString(), "\(name)/\(stem)")
    }
    #expect(run.count == expected, "left out: \(left)")
  }

  /// Our canonical form, or nil where the vector is about something that does not exist here.
  private static func canonical(_ stem: URL, _ name: String) throws -> [UInt8]? {
    if notDone.contains(stem.lastPathComponent) { return nil }
    let document = withoutDocumentType(try text(stem, "xml") ?? "")
    let method = try method(name, prefixes: text(stem, "ns") ?? "")
    guard let xpath = try text(stem, "xpath") else { return try CanonicalizationTests.streamed(document, method) }
    guard let apex = try apex(of: xpath) else { return nil }
    let tree = try XMLElement.parse(document, limits: XMLLimits(totalBytes: 1 << 20))
    return outermost(apex, in: tree).flatMap { $0.canonical(method) }
  }

  /// Tokens of a type that a document type declares; entities; and values of `xml:base` above the apex, which are refused
  /// instead of joined (``ParsedSignature``).
  private static let notDone: Set<String> = [
    "example-4", "example-5", "xmlbase-prop-2", "xmlbase-prop-3", "xmlbase-prop-4", "xmlbase-prop-5", "xmlbase-prop-6",
  ]

  private static func text(_ stem: URL, _ ending: String) throws -> String? {
    let file = stem.appendingPathExtension(ending)
    guard FileManager.default.fileExists(atPath: file.path) else { return nil }
    return String(decoding: try Data(contentsOf: file), as: UTF8.self)
  }

  private static func method(_ name: String, prefixes: String) -> Canonicalization {
    switch name {
    case "without-comments": .inclusive10
    case "1-1-without-comments": .inclusive11
    default:
      .exclusive(prefixes: prefixes.split(whereSeparator: \.isWhitespace).map { $0 == "#default" ? "" : String($0) })
    }
  }

  private static func withoutDocumentType(_ text: String) -> [UInt8] {
    var document = text.replacing(/<!DOCTYPE[^\[>]*(\[[^\]]*\])?\s*>\n?/, with: "")
    for match in text.matches(of: /<!ATTLIST\s+(\w+)\s+([\w:]+)\s+CDATA\s+"([^"]*)"\s*>/) {
      let (_, element, attribute, value) = match.output
      document = document.replacing("<\(element) ", with: "<\(element) \(attribute)=\"\(value)\" ")
    }
    return Array(document.utf8)
  }

  /// The name in `(//. | //@* | //namespace::*)[ancestor-or-self::name]`.
  private static func apex(of xpath: String) throws -> XMLName? {
    guard let root = try? XMLElement.parse(withoutDocumentType(xpath), limits: .receipt) else { return nil }
    let plain =
      /\s*\(\/\/\.\s*\|\s*\/\/@\*\s*\|\s*\/\/namespace::\*\)\s*\[\s*ancestor-or-self::(?:(\w+):)?(\w+)\s*\]\s*/
    guard let (_, prefix, local) = root.text.wholeMatch(of: plain)?.output else { return nil }
    return XMLName(root.namespaces.first { $0.prefix == prefix ?? "" }?.uri ?? "", String(local))
  }

  private static func outermost(_ name: XMLName, in element: XMLElement) -> [XMLElement] {
    element.name == name ? [element] : element.elements.flatMap { outermost(name, in: $0) }
  }
}
