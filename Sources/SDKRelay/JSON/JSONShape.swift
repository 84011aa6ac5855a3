/// Bounds what a JSON text may be before it is decoded: how deep it nests (threats.md W9).
package enum JSONShape {
  package static let deepest = 64

  /// Whether the text nests no deeper than ``deepest``. Says nothing else about it.
  package static func isShallow(_ bytes: some Sequence<UInt8>) -> Bool {
    var depth = 0
    var isInText = false
    var isEscaped = false
    for byte in bytes {
      if isInText {
        if isEscaped {
          isEscaped = false
        } else if byte == UInt8(ascii: "\\") {
          isEscaped = true
        } else if byte == UInt8(ascii: "\"") {
          isInText = false
        }
        continue
      }
      switch byte {
      case UInt8(ascii: "\""): isInText = true
      case UInt8(ascii: "{"), UInt8(ascii: "["):
        depth += 1
        if depth > deepest { return false }
      case UInt8(ascii: "}"), UInt8(ascii: "]"): depth -= 1
      default: break
      }
    }
    return true
  }
}
