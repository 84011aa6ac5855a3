/// What Canonical XML writes instead of a character (§2.3); nil where the byte stands for itself.
enum XMLEscape {
  static func inText(_ byte: UInt8) -> StaticString? {
    switch byte {
    case UInt8(ascii: "&"): "&amp;"
    case UInt8(ascii: "<"): "&lt;"
    case UInt8(ascii: ">"): "&gt;"
    case UInt8(ascii: "\r"): "&#xD;"
    default: nil
    }
  }

  static func inAttribute(_ byte: UInt8) -> StaticString? {
    switch byte {
    case UInt8(ascii: "&"): "&amp;"
    case UInt8(ascii: "<"): "&lt;"
    case UInt8(ascii: "\""): "&quot;"
    case UInt8(ascii: "\t"): "&#x9;"
    case UInt8(ascii: "\n"): "&#xA;"
    case UInt8(ascii: "\r"): "&#xD;"
    default: nil
    }
  }

  static func inInstruction(_ byte: UInt8) -> StaticString? {
    byte == UInt8(ascii: "\r") ? "&#xD;" : nil
  }
}

extension [UInt8] {
  mutating func append(_ text: StaticString) {
    append(contentsOf: UnsafeBufferPointer(start: text.utf8Start, count: text.utf8CodeUnitCount))
  }

  /// Appends the text's UTF-8 with what stands for some of its bytes.
  mutating func append(_ text: String, escaped escape: (UInt8) -> StaticString?) {
    // Nearly every text is put as it is, and at once.
    guard text.utf8.contains(where: { escape($0) != nil }) else { return append(contentsOf: text.utf8) }
    for byte in text.utf8 {
      if let escaped = escape(byte) { append(escaped) } else { append(byte) }
    }
  }
}
