import Foundation
import SDKRelay
import XMLSecurity

/// Writes the package's documents: elements without content that XML cannot carry.
struct ArchiveXML {
  private let xml: XMLWriter

  init(into sink: any ByteSink) {
    xml = XMLWriter(into: sink)
  }

  /// A whole document.
  static func document(
    _ root: String, namespaces: [(prefix: String, uri: String)], attributes: [(name: String, value: String)] = [],
    into sink: any ByteSink, _ content: (ArchiveXML) throws -> Void
  ) throws {
    let writer = ArchiveXML(into: sink)
    try writer.xml.declaration()
    try writer.xml.start(
      root, namespaces: namespaces.map { XMLNamespace(prefix: $0.prefix, uri: $0.uri) },
      attributes: attributes.map { ($0.name, $0.value.asXML) })
    try content(writer)
    try writer.xml.end()
    try sink.write("\n")
  }

  func nested(
    _ name: String, _ attributes: [(name: String, value: String?)] = [], _ content: () throws -> Void = {}
  ) throws {
    try xml.start(name, attributes: Self.present(attributes))
    try content()
    try xml.end()
  }

  /// An element with a text; none where there is no text.
  func element(_ name: String, _ text: String?, _ attributes: [(name: String, value: String?)] = []) throws {
    guard let text else { return }
    try xml.element(name, text.asXML, attributes: Self.present(attributes))
  }

  private static func present(_ attributes: [(name: String, value: String?)]) -> [(name: String, value: String)] {
    attributes.compactMap { name, value in value.map { (name, $0.asXML) } }
  }
}

extension String {
  /// Without characters that no XML document may have: a replacement character stands where one was.
  var asXML: String {
    func isAllowed(_ scalar: Unicode.Scalar) -> Bool {
      switch scalar.value {
      case 0x9, 0xA, 0xD, 0x20...0xD7FF, 0xE000...0xFFFD, 0x1_0000...0x10_FFFF: true
      default: false
      }
    }
    guard !unicodeScalars.allSatisfy(isAllowed) else { return self }
    return String(String.UnicodeScalarView(unicodeScalars.map { isAllowed($0) ? $0 : "\u{FFFD}" }))
  }
}
