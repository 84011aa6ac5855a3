/// The encodings that are read, as a document's first four bytes tell them (XML 1.0 appendix F).
///
/// libxml2 knows many more, and prefers what the bytes look like to what the declaration says. Another reader might not:
/// so the two must agree here.
enum XMLEncoding {
  /// No byte order mark, and a first character in ASCII.
  case ascii
  case markedUTF8
  case utf16(isBigEndian: Bool, isMarked: Bool)

  /// Nil for UCS-4, EBCDIC and whatever else is not read.
  init?(firstBytes: [UInt8]) {
    switch (firstBytes[0], firstBytes[1], firstBytes[2], firstBytes[3]) {
    case (0xEF, 0xBB, 0xBF, _): self = .markedUTF8
    case (0xFF, 0xFE, 0, 0), (0xFE, 0xFF, 0, 0): return nil
    case (0xFE, 0xFF, _, _): self = .utf16(isBigEndian: true, isMarked: true)
    case (0xFF, 0xFE, _, _): self = .utf16(isBigEndian: false, isMarked: true)
    case (0, 0x3C, 0, 0x3F): self = .utf16(isBigEndian: true, isMarked: false)
    case (0x3C, 0, 0x3F, 0): self = .utf16(isBigEndian: false, isMarked: false)
    case (0x4C, 0x6F, 0xA7, 0x94): return nil
    default:
      guard !firstBytes.contains(0) else { return nil }
      self = .ascii
    }
  }

  /// Whether a document that begins in this way may declare this encoding, or none.
  func allows(declared name: String?) -> Bool {
    let allowed =
      switch self {
      case .ascii: ["UTF-8", "ISO-8859-1", "US-ASCII"]
      case .markedUTF8: ["UTF-8"]
      case .utf16(let isBigEndian, _): ["UTF-16", isBigEndian ? "UTF-16BE" : "UTF-16LE"]
      }
    if let name { return allowed.contains(name.uppercased()) }
    if case .utf16(_, isMarked: false) = self { return false }
    return true
  }
}
