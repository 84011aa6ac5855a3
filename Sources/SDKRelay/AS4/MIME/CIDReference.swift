/// `cid:` URLs (RFC 2392): the Content-ID without brackets, percent-encoded.
enum CIDReference {
  static func uri(_ contentID: String) -> String {
    var uri = "cid:"
    for byte in contentID.utf8 {
      if (0x21...0x7E).contains(byte), !#"%"<>#?\^`{|}"#.utf8.contains(byte) {
        uri.unicodeScalars.append(Unicode.Scalar(byte))
      } else {
        let digits = String(byte, radix: 16, uppercase: true)
        uri += digits.count == 1 ? "%0\(digits)" : "%\(digits)"
      }
    }
    return uri
  }

  /// The Content-ID a reference means; nil for any other URI.
  static func contentID(_ uri: String) -> String? {
    guard uri.hasPrefix("cid:"), uri.utf8.count > 4 else { return nil }
    var bytes: [UInt8] = []
    var rest = Array(uri.utf8.dropFirst(4))[...]
    while let byte = rest.popFirst() {
      guard byte == UInt8(ascii: "%") else {
        bytes.append(byte)
        continue
      }
      let digits = rest.prefix(2)
      guard digits.count == 2, let value = UInt8(String(decoding: digits, as: UTF8.self), radix: 16) else { return nil }
      bytes.append(value)
      rest = rest.dropFirst(2)
    }
    guard bytes.allSatisfy({ (0x21...0x7E).contains($0) }) else { return nil }
    return String(decoding: bytes, as: UTF8.self)
  }
}
