/// White space as XML 1.0 §2.3 has it; a no-break space is text.
public func isXMLSpace(_ byte: UInt8) -> Bool {
  byte == 0x20 || byte == 0x09 || byte == 0x0A || byte == 0x0D
}

extension StringProtocol {
  /// The text without XML white space at its ends: what XML Schema's `collapse` makes of values without inner space.
  public var trimmingXMLSpace: String {
    let start = utf8.drop(while: isXMLSpace)
    let end = start.count - start.reversed().prefix(while: isXMLSpace).count
    return String(decoding: start.prefix(end), as: UTF8.self)
  }
}
