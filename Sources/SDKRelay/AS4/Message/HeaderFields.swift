import XMLSecurity

/// Reads the fields of an ebMS header and names the one that is wrong.
struct HeaderFields {
  let element: XMLElement
  /// Where the element stands, as error texts show it.
  let path: String

  init(_ element: XMLElement, path: String) {
    self.element = element
    self.path = path
  }

  /// The one child with this name.
  func one(_ local: String) throws(EbMSError) -> HeaderFields {
    guard let field = try optional(local) else {
      throw EbMSError(.invalidHeader, "\(path)/eb:\(local) is missing")
    }
    return field
  }

  /// The child with this name, which may be absent but not repeated.
  func optional(_ local: String) throws(EbMSError) -> HeaderFields? {
    let found = element.children(.ebms(local))
    guard found.count <= 1 else { throw EbMSError(.invalidHeader, "\(path)/eb:\(local) occurs \(found.count) times") }
    return found.first.map { HeaderFields($0, path: "\(path)/eb:\(local)") }
  }

  /// All children with this name, in order.
  func all(_ local: String) -> [HeaderFields] {
    element.children(.ebms(local)).enumerated().map { HeaderFields($1, path: "\(path)/eb:\(local)[\($0 + 1)]") }
  }

  /// The text of a leaf: not empty, no white space at its ends, no control characters, 1,024 bytes at most.
  func text() throws(EbMSError) -> String {
    guard element.elements.isEmpty else { throw EbMSError(.invalidHeader, "\(path) holds elements") }
    return try checked(element.text, path)
  }

  /// The one child's text.
  func text(_ local: String) throws(EbMSError) -> String {
    try one(local).text()
  }

  func attribute(_ name: String) throws(EbMSError) -> String {
    guard let value = try optionalAttribute(name) else {
      throw EbMSError(.invalidHeader, "\(path)/@\(name) is missing")
    }
    return value
  }

  func optionalAttribute(_ name: String) throws(EbMSError) -> String? {
    guard let value = element.attribute(name) else { return nil }
    return try checked(value, "\(path)/@\(name)")
  }

  /// A type attribute; an empty one, which some products send, means none.
  func type() throws(EbMSError) -> String? {
    element.attribute("type") == "" ? nil : try optionalAttribute("type")
  }

  /// A message id: printable ASCII without spaces or brackets, 255 bytes at most.
  func messageID(_ local: String) throws(EbMSError) -> String {
    let field = try one(local)
    let id = try field.text()
    guard id.utf8.count <= 255, id.utf8.allSatisfy({ (0x21...0x7E).contains($0) && $0 != 0x3C && $0 != 0x3E }) else {
      throw EbMSError(.invalidHeader, "\(field.path) is not a message id")
    }
    return id
  }

  private func checked(_ value: String, _ path: String) throws(EbMSError) -> String {
    guard !value.isEmpty else { throw EbMSError(.invalidHeader, "\(path) is empty") }
    guard value.utf8.count <= 1_024 else { throw EbMSError(.invalidHeader, "\(path) exceeds 1,024 bytes") }
    guard value.first?.isWhitespace == false, value.last?.isWhitespace == false,
      value.unicodeScalars.allSatisfy({ $0.value >= 0x20 && !(0x7F...0x9F).contains($0.value) })
    else { throw EbMSError(.invalidHeader, "\(path) has white space at its ends or control characters") }
    return value
  }
}
