/// A Content-Type header value with its parameters (RFC 2045 §5.1), read so that it has one meaning or none.
///
/// A parameter given twice, a comment, an unfinished quoted string and the continuations of RFC 2231 are refused:
/// readers are known to differ about each (threat T1).
struct MediaType: Hashable, Sendable {
  /// Type and subtype in lower case, such as `multipart/related`.
  let name: String
  /// The parameters by lower-case name; values as sent.
  let parameters: [String: String]

  init?(_ text: String) {
    var reader = FieldReader(text)
    reader.skipSpace()
    guard let type = reader.token(), reader.take("/"), let subtype = reader.token() else { return nil }
    var parameters: [String: String] = [:]
    reader.skipSpace()
    while !reader.isAtEnd {
      guard reader.take(";") else { return nil }
      reader.skipSpace()
      if reader.isAtEnd { break }  // A trailing semicolon is common and harmless.
      guard let name = reader.token()?.lowercased(), !name.contains("*") else { return nil }
      reader.skipSpace()
      guard reader.take("=") else { return nil }
      reader.skipSpace()
      guard let value = reader.value(), parameters.updateValue(value, forKey: name) == nil else { return nil }
      reader.skipSpace()
    }
    name = "\(type)/\(subtype)".lowercased()
    self.parameters = parameters
  }

  /// Whether it is one of the types that hold other parts.
  var isComposite: Bool {
    name.hasPrefix("multipart/") || name.hasPrefix("message/")
  }
}

/// Reads the tokens of a structured header field.
private struct FieldReader {
  private var rest: ArraySlice<UInt8>

  init(_ text: String) {
    rest = Array(text.utf8)[...]
  }

  var isAtEnd: Bool { rest.isEmpty }

  mutating func skipSpace() {
    rest = rest.drop { $0 == 0x20 || $0 == 0x09 }
  }

  mutating func take(_ character: Unicode.Scalar) -> Bool {
    guard rest.first.map({ UInt32($0) == character.value }) == true else { return false }
    rest.removeFirst()
    return true
  }

  mutating func token(and extra: UInt8? = nil) -> String? {
    let token = rest.prefix { isTokenCharacter($0) || $0 == extra }
    guard !token.isEmpty else { return nil }
    rest = rest.dropFirst(token.count)
    return String(decoding: token, as: UTF8.self)
  }

  mutating func value() -> String? {
    // Some products leave out the quotes that a slash needs.
    guard take("\"") else { return token(and: UInt8(ascii: "/")) }
    var value: [UInt8] = []
    while let byte = rest.popFirst() {
      switch byte {
      case UInt8(ascii: "\""): return String(decoding: value, as: UTF8.self)
      case UInt8(ascii: "\\"):
        guard let escaped = rest.popFirst(), (0x20...0x7E).contains(escaped) else { return nil }
        value.append(escaped)
      case 0x20...0x7E: value.append(byte)
      default: return nil
      }
    }
    return nil
  }
}

/// A character of an RFC 2045 token; header field names use the same set here.
func isTokenCharacter(_ byte: UInt8) -> Bool {
  guard (0x21...0x7E).contains(byte) else { return false }
  return !#"()<>@,;:\"/[]?="#.utf8.contains(byte)
}
