internal import CLibXML2

/// libxml2's callbacks in Swift's terms, with every limit.
extension XMLStreamParser {
  func checkDeclaration(version: UnsafePointer<xmlChar>?, encoding declared: UnsafePointer<xmlChar>?) throws {
    if let version, String(cString: version) != "1.0" { throw XMLProblem.Kind.version }
    guard let encoding, encoding.allows(declared: declared.map { String(cString: $0) }) else {
      throw XMLProblem.Kind.encoding
    }
  }

  func startElement(
    _ local: UnsafePointer<xmlChar>?, _ prefix: UnsafePointer<xmlChar>?, _ uri: UnsafePointer<xmlChar>?,
    _ namespaces: UnsafeBufferPointer<UnsafePointer<xmlChar>?>,
    _ attributes: UnsafeBufferPointer<UnsafePointer<xmlChar>?>
  ) throws {
    sawRoot = true
    try count()
    guard openElements.count < limits.depth else { throw XMLProblem.Kind.depth }
    let inScope = (openElements.last?.namespacesInScope ?? 0) + namespaces.count / 2
    guard inScope <= limits.namespacesInScope else { throw XMLProblem.Kind.namespaces }
    guard attributes.count / 5 <= limits.attributesPerElement else { throw XMLProblem.Kind.attributes }
    let tag = XMLStartTag(
      prefix: try shortName(prefix), uri: try name(uri), local: try shortName(local),
      namespaces: try stride(from: 0, to: namespaces.count, by: 2).map {
        XMLNamespace(prefix: try shortName(namespaces[$0]), uri: try namespaceName(namespaces[$0 + 1]))
      },
      attributes: try stride(from: 0, to: attributes.count, by: 5).map { try attribute(attributes, at: $0) })
    let values = tag.attributes.reduce(0) { $0 + $1.value.utf8.count }
    let uris = tag.namespaces.reduce(0) { $0 + $1.uri.utf8.count }
    guard values + uris <= XMLLimits.markupBytes else { throw XMLProblem.Kind.markup }
    let isLarge = limits.largeText.contains(tag.name)
    openElements.append(
      OpenElement(textLeft: isLarge ? limits.totalBytes : limits.textBytes, namespacesInScope: inScope))
    try handler.start(tag)
  }

  /// Five pointers an attribute: local name, prefix, URI, and the value's start and end.
  private func attribute(
    _ pointers: UnsafeBufferPointer<UnsafePointer<xmlChar>?>, at start: Int
  ) throws -> XMLAttribute {
    guard let first = pointers[start + 3], let end = pointers[start + 4] else { throw XMLProblem.Kind.notWellFormed }
    let bytes = UnsafeBufferPointer(start: first, count: end - first)
    guard bytes.count <= limits.textBytes else { throw XMLProblem.Kind.text }
    return XMLAttribute(
      prefix: try shortName(pointers[start + 1]), uri: try name(pointers[start + 2]),
      local: try shortName(pointers[start]), value: String(decoding: bytes, as: UTF8.self))
  }

  /// A relative reference means another namespace in each place that a document lies in, and Canonical XML fails on it
  /// (C14N 1.0 §1.3).
  private func namespaceName(_ pointer: UnsafePointer<xmlChar>?) throws -> String {
    let uri = try name(pointer)
    let scheme = uri.utf8.prefix { $0 != UInt8(ascii: ":") }
    guard uri.isEmpty || (scheme.count < uri.utf8.count && Self.isScheme(scheme)) else {
      throw XMLProblem.Kind.namespaceName
    }
    return uri
  }

  /// RFC 3986 §3.1.
  private static func isScheme(_ text: Substring.UTF8View) -> Bool {
    let isLetter = { (byte: UInt8) in (0x61...0x7A).contains(byte | 0x20) }
    guard let first = text.first, isLetter(first) else { return false }
    return text.allSatisfy { isLetter($0) || (0x30...0x39).contains($0) || "+-.".utf8.contains($0) }
  }

  func characters(_ text: UnsafeRawBufferPointer) throws {
    // White space outside the document element belongs to nothing.
    guard let last = openElements.indices.last else { return }
    openElements[last].textLeft -= text.count
    guard openElements[last].textLeft >= 0 else { throw XMLProblem.Kind.text }
    try handler.text(text)
  }

  /// libxml2's push parser hands over a CDATA section as it was written: with overlong UTF-8, and with line ends that are
  /// more than a line feed (XML 1.0 §2.11). A piece ends with a character.
  /// - Parameter next: the byte after the piece.
  func section(_ text: UnsafeRawBufferPointer, next: UInt8?) throws {
    let carriageReturn = UInt8(ascii: "\r")
    let lineFeed = UInt8(ascii: "\n")
    guard String(validating: text, as: UTF8.self) != nil else { throw XMLProblem.Kind.notWellFormed }
    guard text.contains(carriageReturn) else { return try characters(text) }
    var lines: [UInt8] = []
    for (position, byte) in text.enumerated() {
      let follower = position + 1 < text.count ? text[position + 1] : next
      if byte != carriageReturn { lines.append(byte) } else if follower != lineFeed { lines.append(lineFeed) }
    }
    try lines.withUnsafeBytes { try characters($0) }
  }

  func endElement() throws {
    openElements.removeLast()
    try handler.end()
  }

  func comment(_ text: UnsafePointer<xmlChar>?) throws {
    guard isAllowed(limits.comments) else { throw XMLProblem.Kind.comment }
    try count()
    let content = try markup(text)
    // libxml2's push parser takes "<!-->" for a whole comment and stumbles over the rest, unless all has come at once.
    guard !content.hasPrefix(">"), !content.hasPrefix("->") else { throw XMLProblem.Kind.notWellFormed }
    try handler.comment(content)
  }

  func processingInstruction(_ target: UnsafePointer<xmlChar>?, _ data: UnsafePointer<xmlChar>?) throws {
    guard isAllowed(limits.processingInstructions) else { throw XMLProblem.Kind.processingInstruction }
    try count()
    try handler.processingInstruction(shortName(target), markup(data))
  }

  private func count() throws {
    elements += 1
    guard elements <= limits.elements else { throw XMLProblem.Kind.elements }
  }

  private func markup(_ text: UnsafePointer<xmlChar>?) throws -> String {
    let text = text.map { String(cString: $0) } ?? ""
    guard text.utf8.count <= XMLLimits.markupBytes else { throw XMLProblem.Kind.markup }
    return text
  }

  private func isAllowed(_ presence: XMLLimits.Presence) -> Bool {
    switch presence {
    case .allowed: true
    case .outsideRoot: openElements.isEmpty
    case .refused: false
    }
  }
}
