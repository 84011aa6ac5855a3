internal import CLibXML2

/// libxml2's callbacks in Swift's terms, with every limit.
extension XMLStreamParser {
  private static let encodings: Set<String> = ["UTF-8", "UTF-16", "UTF-16LE", "UTF-16BE", "ISO-8859-1", "US-ASCII"]

  func checkDeclaration(version: UnsafePointer<xmlChar>?, encoding: UnsafePointer<xmlChar>?) throws {
    if let version, String(cString: version) != "1.0" { throw XMLProblem.Kind.version }
    if let encoding, !Self.encodings.contains(String(cString: encoding).uppercased()) {
      throw XMLProblem.Kind.encoding
    }
  }

  func startElement(
    _ local: UnsafePointer<xmlChar>?, _ prefix: UnsafePointer<xmlChar>?, _ uri: UnsafePointer<xmlChar>?,
    _ namespaces: UnsafeBufferPointer<UnsafePointer<xmlChar>?>, _ attributes: UnsafeBufferPointer<UnsafePointer<xmlChar>?>
  ) throws {
    sawRoot = true
    elements += 1
    guard elements <= limits.elements else { throw XMLProblem.Kind.elements }
    guard openElements.count < limits.depth else { throw XMLProblem.Kind.depth }
    let inScope = (openElements.last?.namespacesInScope ?? 0) + namespaces.count / 2
    guard inScope <= limits.namespacesInScope else { throw XMLProblem.Kind.namespaces }
    guard attributes.count / 5 <= limits.attributesPerElement else { throw XMLProblem.Kind.attributes }
    let tag = XMLStartTag(
      prefix: try shortName(prefix), uri: try name(uri), local: try shortName(local),
      namespaces: try stride(from: 0, to: namespaces.count, by: 2).map {
        XMLNamespace(prefix: try shortName(namespaces[$0]), uri: try name(namespaces[$0 + 1]))
      },
      attributes: try stride(from: 0, to: attributes.count, by: 5).map { try attribute(attributes, at: $0) })
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

  func characters(_ text: UnsafeRawBufferPointer) throws {
    // White space outside the document element belongs to nothing.
    guard let last = openElements.indices.last else { return }
    openElements[last].textLeft -= text.count
    guard openElements[last].textLeft >= 0 else { throw XMLProblem.Kind.text }
    try handler.text(text)
  }

  func endElement() throws {
    openElements.removeLast()
    try handler.end()
  }

  func comment(_ text: UnsafePointer<xmlChar>?) throws {
    guard isAllowed(limits.comments) else { throw XMLProblem.Kind.comment }
    try handler.comment(text.map { String(cString: $0) } ?? "")
  }

  func processingInstruction(_ target: UnsafePointer<xmlChar>?, _ data: UnsafePointer<xmlChar>?) throws {
    guard isAllowed(limits.processingInstructions) else { throw XMLProblem.Kind.processingInstruction }
    try handler.processingInstruction(
      target.map { String(cString: $0) } ?? "", data.map { String(cString: $0) } ?? "")
  }

  private func isAllowed(_ presence: XMLLimits.Presence) -> Bool {
    switch presence {
    case .allowed: true
    case .outsideRoot: openElements.isEmpty
    case .refused: false
    }
  }
}
