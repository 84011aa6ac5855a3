/// Writes the canonical form of the events it takes, in constant memory.
///
/// Canonical XML 1.0 and 1.1, and Exclusive XML Canonicalization 1.0, all without comments.
public final class Canonicalizer: XMLEventHandler {
  /// Decides which elements are left out with all they contain, as the enveloped-signature transform does. The depth of
  /// the apex is 1.
  public var omit: (_ tag: XMLStartTag, _ depth: Int) -> Bool = { _, _ in false }

  private let sink: any ByteSink
  private let isExclusive: Bool
  private let inclusivePrefixes: Set<String>
  private let apexNamespaces: [XMLNamespace]
  private let apexAttributes: [XMLAttribute]
  /// The declarations in scope, the nearest last.
  private var inScope: [XMLNamespace]
  /// What the output has declared, the nearest last.
  private var rendered: [XMLNamespace] = []
  private var open: [OpenElement] = []
  private var omittedDepth = 0
  private var isDone = false
  private var output: [UInt8] = []
  private static let outputSize = 32 * 1024

  private struct OpenElement {
    let qualifiedName: String
    let inScope: Int
    let rendered: Int
  }

  /// - Parameters:
  ///   - ancestors: the declarations in scope above the apex, the nearest last, for a part of a document.
  ///   - inheritedAttributes: the `xml:` attributes that the apex inherits (see ``XMLElement/canonical(_:omitting:)``).
  public init(
    _ method: Canonicalization, into sink: any ByteSink, ancestors: [XMLNamespace] = [],
    inheritedAttributes: [XMLAttribute] = []
  ) {
    self.sink = sink
    if case .exclusive(let prefixes) = method {
      isExclusive = true
      inclusivePrefixes = Set(prefixes)
    } else {
      isExclusive = false
      inclusivePrefixes = []
    }
    apexNamespaces = ancestors
    apexAttributes = inheritedAttributes
    inScope = ancestors
    output.reserveCapacity(Self.outputSize)
  }

  /// Continues a document in which these namespaces are declared already.
  init(continuing sink: any ByteSink, declared: [XMLNamespace]) {
    self.sink = sink
    isExclusive = false
    inclusivePrefixes = []
    apexNamespaces = []
    apexAttributes = []
    inScope = declared
    rendered = declared
  }

  public func start(_ tag: XMLStartTag) throws {
    guard omittedDepth == 0, !omit(tag, open.count + 1) else {
      omittedDepth += 1
      return
    }
    let isApex = open.isEmpty
    open.append(OpenElement(qualifiedName: tag.qualifiedName, inScope: inScope.count, rendered: rendered.count))
    inScope.append(contentsOf: tag.namespaces)
    put("<")
    put(tag.qualifiedName)
    for namespace in declarations(of: tag, isApex: isApex) {
      rendered.append(namespace)
      put(namespace.prefix.isEmpty ? " xmlns=\"" : " xmlns:\(namespace.prefix)=\"")
      putAttribute(namespace.uri)
      put("\"")
    }
    for attribute in attributes(of: tag, isApex: isApex) {
      put(" ")
      put(attribute.qualifiedName)
      put("=\"")
      putAttribute(attribute.value)
      put("\"")
    }
    put(">")
    try flushIfFull()
  }

  public func text(_ utf8: UnsafeRawBufferPointer) throws {
    guard omittedDepth == 0, !open.isEmpty else { return }
    var start = 0
    for position in utf8.indices {
      let escape: StaticString
      switch utf8[position] {
      case UInt8(ascii: "&"): escape = "&amp;"
      case UInt8(ascii: "<"): escape = "&lt;"
      case UInt8(ascii: ">"): escape = "&gt;"
      case UInt8(ascii: "\r"): escape = "&#xD;"
      default: continue
      }
      try putRun(UnsafeRawBufferPointer(rebasing: utf8[start..<position]))
      put(escape)
      start = position + 1
    }
    try putRun(UnsafeRawBufferPointer(rebasing: utf8[start...]))
  }

  public func end() throws {
    guard omittedDepth == 0 else {
      omittedDepth -= 1
      return
    }
    guard let element = open.popLast() else { return }
    put("</")
    put(element.qualifiedName)
    put(">")
    inScope.removeLast(inScope.count - element.inScope)
    rendered.removeLast(rendered.count - element.rendered)
    if open.isEmpty { isDone = true }
    try flushIfFull()
  }

  public func processingInstruction(_ target: String, _ data: String) throws {
    guard omittedDepth == 0 else { return }
    // Outside the document element a line feed separates what stands beside it (C14N §2.3).
    if open.isEmpty && isDone { put("\n") }
    put("<?")
    put(target)
    if !data.isEmpty {
      put(" ")
      for byte in data.utf8 { byte == UInt8(ascii: "\r") ? put("&#xD;") : output.append(byte) }
    }
    put("?>")
    if open.isEmpty && !isDone { put("\n") }
    try flushIfFull()
  }

  /// Hands over what is still held back. Called once, after the last event.
  public func finish() throws {
    try flush()
    try sink.close()
  }

  // MARK: Namespaces

  /// The declarations to render on an element, sorted by prefix.
  private func declarations(of tag: XMLStartTag, isApex: Bool) -> [XMLNamespace] {
    var candidates: [XMLNamespace] = []
    if isExclusive {
      for prefix in visiblyUtilized(by: tag) { candidates.append(XMLNamespace(prefix: prefix, uri: uri(of: prefix))) }
      for prefix in inclusivePrefixes where !candidates.contains(where: { $0.prefix == prefix }) {
        guard isDeclared(prefix) else { continue }
        candidates.append(XMLNamespace(prefix: prefix, uri: uri(of: prefix)))
      }
    } else if isApex && !apexNamespaces.isEmpty {
      var seen: Set<String> = []
      for namespace in inScope.reversed() where seen.insert(namespace.prefix).inserted { candidates.append(namespace) }
    } else {
      candidates = tag.namespaces
    }
    return candidates.filter { $0.prefix != "xml" && needsRendering($0) }
      .sorted { lessInUTF8($0.prefix, $1.prefix) }
  }

  private func visiblyUtilized(by tag: XMLStartTag) -> Set<String> {
    var prefixes: Set<String> = [tag.prefix]
    for attribute in tag.attributes where !attribute.prefix.isEmpty { prefixes.insert(attribute.prefix) }
    return prefixes
  }

  /// A declaration is superfluous where the output's nearest one for the prefix says the same; `xmlns=""` also where
  /// nothing was declared.
  private func needsRendering(_ namespace: XMLNamespace) -> Bool {
    guard let nearest = rendered.last(where: { $0.prefix == namespace.prefix }) else { return !namespace.uri.isEmpty }
    return nearest.uri != namespace.uri
  }

  private func uri(of prefix: String) -> String {
    inScope.last { $0.prefix == prefix }?.uri ?? ""
  }

  private func isDeclared(_ prefix: String) -> Bool {
    inScope.contains { $0.prefix == prefix }
  }

  private func attributes(of tag: XMLStartTag, isApex: Bool) -> [XMLAttribute] {
    var attributes = tag.attributes
    if isApex && !apexAttributes.isEmpty {
      attributes = apexAttributes + attributes.filter { own in !apexAttributes.contains { $0.name == own.name } }
    }
    guard attributes.count > 1 else { return attributes }
    return attributes.sorted { $0.uri == $1.uri ? lessInUTF8($0.local, $1.local) : lessInUTF8($0.uri, $1.uri) }
  }

  // MARK: Output

  private func put(_ text: StaticString) {
    output.append(contentsOf: UnsafeBufferPointer(start: text.utf8Start, count: text.utf8CodeUnitCount))
  }

  private func put(_ text: String) {
    output.append(contentsOf: text.utf8)
  }

  private func putAttribute(_ value: String) {
    // Nearly every value is put as it is, and at once.
    guard value.utf8.contains(where: { $0 < 0x20 || $0 == 0x22 || $0 == 0x26 || $0 == 0x3C }) else { return put(value) }
    for byte in value.utf8 {
      switch byte {
      case UInt8(ascii: "&"): put("&amp;")
      case UInt8(ascii: "<"): put("&lt;")
      case UInt8(ascii: "\""): put("&quot;")
      case UInt8(ascii: "\t"): put("&#x9;")
      case UInt8(ascii: "\n"): put("&#xA;")
      case UInt8(ascii: "\r"): put("&#xD;")
      default: output.append(byte)
      }
    }
  }

  /// Large runs go on without a copy.
  private func putRun(_ bytes: UnsafeRawBufferPointer) throws {
    if output.count + bytes.count <= Self.outputSize { return output.append(contentsOf: bytes) }
    try flush()
    if bytes.count >= Self.outputSize / 4 { return try sink.write(bytes) }
    output.append(contentsOf: bytes)
  }

  private func flushIfFull() throws {
    if output.count >= Self.outputSize { try flush() }
  }

  private func flush() throws {
    guard !output.isEmpty else { return }
    try output.withUnsafeBytes { try sink.write($0) }
    output.removeAll(keepingCapacity: true)
  }
}

/// Order by code points, which is the order of the UTF-8 bytes.
func lessInUTF8(_ a: String, _ b: String) -> Bool {
  a.utf8.lexicographicallyPrecedes(b.utf8)
}
