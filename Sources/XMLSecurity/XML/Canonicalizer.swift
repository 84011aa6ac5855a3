/// Writes the canonical form of the events it takes, in constant memory.
///
/// Canonical XML 1.0 and 1.1, and Exclusive XML Canonicalization 1.0, all without comments.
public final class Canonicalizer: XMLEventHandler {
  /// Decides which elements are left out with all they contain, as the enveloped-signature transform does. The depth of
  /// the apex is 1.
  public var omit: (_ tag: XMLStartTag, _ depth: Int) -> Bool = { _, _ in false }

  private let sink: any ByteSink
  private let isExclusive: Bool
  private let inclusivePrefixes: Set<ExactText>
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
      inclusivePrefixes = Set(prefixes.map(ExactText.init))
    } else {
      isExclusive = false
      inclusivePrefixes = []
    }
    apexAttributes = inheritedAttributes
    inScope = ancestors
    output.reserveCapacity(Self.outputSize)
  }

  /// Continues a document in which these namespaces are declared already.
  init(continuing sink: any ByteSink, declared: [XMLNamespace]) {
    self.sink = sink
    isExclusive = false
    inclusivePrefixes = []
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
      output.append(namespace.uri, escaped: XMLEscape.inAttribute)
      put("\"")
    }
    for attribute in attributes(of: tag, isApex: isApex) {
      put(" ")
      put(attribute.qualifiedName)
      put("=\"")
      output.append(attribute.value, escaped: XMLEscape.inAttribute)
      put("\"")
    }
    put(">")
    try flushIfFull()
  }

  public func text(_ utf8: UnsafeRawBufferPointer) throws {
    guard omittedDepth == 0, !open.isEmpty else { return }
    var start = 0
    for position in utf8.indices {
      guard let escape = XMLEscape.inText(utf8[position]) else { continue }
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
      output.append(data, escaped: XMLEscape.inInstruction)
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
    let candidates =
      if isExclusive {
        exclusiveDeclarations(of: tag, isApex: isApex)
      } else {
        isApex ? nearestInScope() : tag.namespaces
      }
    return candidates.filter { !sameBytes($0.prefix, "xml") && needsRendering($0) }
      .sorted { lessInUTF8($0.prefix, $1.prefix) }
  }

  /// What the element uses, and what it declares of the listed prefixes: any other listed prefix was rendered where it
  /// was declared, or on the apex.
  private func exclusiveDeclarations(of tag: XMLStartTag, isApex: Bool) -> [XMLNamespace] {
    var declarations = [declaration(of: tag.prefix)]
    func add(_ prefix: String) {
      guard !declarations.contains(where: { sameBytes($0.prefix, prefix) }) else { return }
      declarations.append(declaration(of: prefix))
    }
    for attribute in tag.attributes where !attribute.prefix.isEmpty { add(attribute.prefix) }
    guard !inclusivePrefixes.isEmpty else { return declarations }
    for namespace in isApex ? inScope : tag.namespaces where inclusivePrefixes.contains(ExactText(namespace.prefix)) {
      add(namespace.prefix)
    }
    return declarations
  }

  private func nearestInScope() -> [XMLNamespace] {
    var seen: Set<ExactText> = []
    return inScope.reversed().filter { seen.insert(ExactText($0.prefix)).inserted }
  }

  /// A declaration is superfluous where the output's nearest one for the prefix says the same; `xmlns=""` also where
  /// nothing was declared.
  private func needsRendering(_ namespace: XMLNamespace) -> Bool {
    guard let nearest = rendered.last(where: { sameBytes($0.prefix, namespace.prefix) }) else {
      return !namespace.uri.isEmpty
    }
    return !sameBytes(nearest.uri, namespace.uri)
  }

  private func declaration(of prefix: String) -> XMLNamespace {
    inScope.last { sameBytes($0.prefix, prefix) } ?? XMLNamespace(prefix: prefix, uri: "")
  }

  private func attributes(of tag: XMLStartTag, isApex: Bool) -> [XMLAttribute] {
    let attributes = isApex ? apexAttributes + tag.attributes : tag.attributes
    guard attributes.count > 1 else { return attributes }
    return attributes.sorted { sameBytes($0.uri, $1.uri) ? lessInUTF8($0.local, $1.local) : lessInUTF8($0.uri, $1.uri) }
  }

  // MARK: Output

  private func put(_ text: StaticString) {
    output.append(text)
  }

  private func put(_ text: String) {
    output.append(contentsOf: text.utf8)
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
