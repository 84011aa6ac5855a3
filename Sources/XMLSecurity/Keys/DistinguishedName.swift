internal import COpenSSL

/// A distinguished name for comparison: types by their object identifier, values folded, in order.
struct DistinguishedName: Equatable {
  /// Each relative name's attributes, sorted, since a set has no order.
  private var parts: [[String]]

  private init(parts: [[String]]) {
    self.parts = parts
  }

  /// Reads the string form (RFC 4514, RFC 2253 and RFC 1779, whose separators and quotes it also understands).
  init(_ text: String) {
    parts = Self.split(text, at: [",", ";"]).map { relative in
      Self.split(relative, at: ["+"]).map(Self.normalised).sorted()
    }
  }

  func reversed() -> DistinguishedName {
    DistinguishedName(parts: parts.reversed())
  }

  /// The string form of OpenSSL's name (RFC 4514: the most significant part last, UTF-8 unescaped).
  static func text(_ name: OpaquePointer?) -> String {
    guard let name, let output = BIO_new(BIO_s_mem()) else { return "" }
    defer { BIO_free(output) }
    // XN_FLAG_RFC2253 without escaping of multi-byte characters.
    let flags =
      UInt(XN_FLAG_SEP_COMMA_PLUS | XN_FLAG_DN_REV | XN_FLAG_FN_SN | XN_FLAG_DUMP_UNKNOWN_FIELDS)
      | UInt(ASN1_STRFLGS_ESC_2253 | ASN1_STRFLGS_ESC_CTRL | ASN1_STRFLGS_UTF8_CONVERT | ASN1_STRFLGS_DUMP_UNKNOWN)
      | UInt(ASN1_STRFLGS_DUMP_DER)
    guard X509_NAME_print_ex(output, name, 0, flags) >= 0 else { return "" }
    return String(decoding: contents(of: output), as: UTF8.self)
  }

  private static func split(_ text: String, at separators: Set<Character>) -> [String] {
    var pieces: [String] = [""]
    var isQuoted = false, isEscaped = false
    for character in text {
      if !isEscaped && character == "\"" { isQuoted.toggle() }
      if !isEscaped && !isQuoted && separators.contains(character) {
        pieces.append("")
        continue
      }
      isEscaped = !isEscaped && character == "\\"
      pieces[pieces.count - 1].append(character)
    }
    return pieces
  }

  /// `type=value` with the type as object identifier and the value unescaped, folded and with single spaces.
  private static func normalised(_ attribute: String) -> String {
    guard let equals = attribute.firstIndex(of: "=") else { return attribute }
    let type = attribute[..<equals].trimmed.uppercased()
    let value = attribute[attribute.index(after: equals)...].trimmed
    let folded = unescaped(value).lowercased().split(whereSeparator: \.isWhitespace).joined(separator: " ")
    return identifier(of: type) + "=" + folded
  }

  private static func identifier(of type: String) -> String {
    let bare = type.hasPrefix("OID.") ? String(type.dropFirst(4)) : type
    return spellings[bare] ?? bare
  }

  private static let spellings: [String: String] = [
    "CN": "2.5.4.3", "SN": "2.5.4.4", "SURNAME": "2.5.4.4", "SERIALNUMBER": "2.5.4.5", "C": "2.5.4.6", "L": "2.5.4.7",
    "ST": "2.5.4.8", "S": "2.5.4.8", "STREET": "2.5.4.9", "O": "2.5.4.10", "OU": "2.5.4.11", "TITLE": "2.5.4.12",
    "T": "2.5.4.12", "GN": "2.5.4.42", "GIVENNAME": "2.5.4.42", "ORGANIZATIONIDENTIFIER": "2.5.4.97",
    "EMAILADDRESS": "1.2.840.113549.1.9.1", "E": "1.2.840.113549.1.9.1", "UID": "0.9.2342.19200300.100.1.1",
    "DC": "0.9.2342.19200300.100.1.25",
  ]

  private static func unescaped(_ value: String) -> String {
    if value.hasPrefix("#"), let text = decodedHex(value.dropFirst()) { return text }
    var bytes: [UInt8] = []
    var input = Array(value.utf8)[...]
    if input.first == UInt8(ascii: "\""), input.last == UInt8(ascii: "\""), input.count > 1 {
      input = input.dropFirst().dropLast()
    }
    while let byte = input.popFirst() {
      guard byte == UInt8(ascii: "\\"), let next = input.first else {
        bytes.append(byte)
        continue
      }
      let pair = String(decoding: input.prefix(2), as: UTF8.self)
      if pair.utf8.count == 2, let code = UInt8(pair, radix: 16) {
        bytes.append(code)
        input = input.dropFirst(2)
      } else {
        bytes.append(next)
        input = input.dropFirst()
      }
    }
    return String(decoding: bytes, as: UTF8.self)
  }

  /// The text of a short string in the BER form `#0C05…` (RFC 4514 §2.4).
  private static func decodedHex(_ digits: Substring) -> String? {
    let digits = Array(digits)
    guard digits.count % 2 == 0, digits.count >= 4 else { return nil }
    let bytes = stride(from: 0, to: digits.count, by: 2).compactMap { UInt8(String(digits[$0...$0 + 1]), radix: 16) }
    guard bytes.count == digits.count / 2, bytes[1] < 0x80, Int(bytes[1]) == bytes.count - 2 else { return nil }
    return String(decoding: bytes[2...], as: UTF8.self)
  }
}

extension Substring {
  fileprivate var trimmed: String {
    var rest = self
    while let first = rest.first, first.isWhitespace { rest = rest.dropFirst() }
    // A space after a backslash belongs to the value.
    while let last = rest.last, last.isWhitespace, rest.dropLast().last != "\\" { rest = rest.dropLast() }
    return String(rest)
  }
}
