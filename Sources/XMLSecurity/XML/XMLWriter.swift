/// Writes a document in Canonical XML 1.0, as long as its caller gives namespaces sorted by prefix and attributes sorted
/// by name: what is written can be digested as it goes.
public final class XMLWriter {
  private let sink: any ByteSink
  private var open: [String] = []

  public init(into sink: any ByteSink) {
    self.sink = sink
  }

  /// The XML declaration, which is not part of the canonical form.
  public func declaration() throws {
    try sink.write("<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n")
  }

  /// The start of an element, its values escaped.
  public func start(
    _ qualifiedName: String, namespaces: [XMLNamespace] = [], attributes: [(name: String, value: String)] = []
  ) throws {
    var tag = Array("<\(qualifiedName)".utf8)
    for namespace in namespaces {
      tag += (namespace.prefix.isEmpty ? " xmlns=\"" : " xmlns:\(namespace.prefix)=\"").utf8
      tag.append(namespace.uri, escaped: XMLEscape.inAttribute)
      tag.append("\"")
    }
    for attribute in attributes {
      tag += " \(attribute.name)=\"".utf8
      tag.append(attribute.value, escaped: XMLEscape.inAttribute)
      tag.append("\"")
    }
    tag.append(">")
    try sink.write(tag)
    open.append(qualifiedName)
  }

  /// Character data, escaped.
  public func text(_ text: String) throws {
    var escaped: [UInt8] = []
    escaped.append(text, escaped: XMLEscape.inText)
    try sink.write(escaped)
  }

  /// Lets the body write straight into the content. What it writes must need no escaping, as base64 does not.
  public func raw(_ body: (any ByteSink) throws -> Void) throws {
    try body(sink)
  }

  /// The end of the element that was started last.
  public func end() throws {
    guard let name = open.popLast() else { return }
    try sink.write("</\(name)>")
  }

  /// An element with text only.
  public func element(
    _ qualifiedName: String, _ text: String, attributes: [(name: String, value: String)] = []
  ) throws {
    try start(qualifiedName, attributes: attributes)
    try self.text(text)
    try end()
  }

  /// The text as the value of an attribute in double quotes, in canonical form.
  public static func escapedAttribute(_ text: String) -> String {
    var escaped: [UInt8] = []
    escaped.append(text, escaped: XMLEscape.inAttribute)
    return String(decoding: escaped, as: UTF8.self)
  }
}
