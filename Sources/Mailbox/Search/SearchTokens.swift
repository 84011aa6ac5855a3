import XMLSecurity

/// Words as they stand in the index: none can be read there. Each is the HMAC-SHA256 of the word with the index's key, its
/// first 80 bits in 16 small letters and digits (RFC 4648 §6), and so a word for FTS5.
struct SearchTokens {
  private let hash: KeyedHash
  private static let alphabet = Array("abcdefghijklmnopqrstuvwxyz234567".utf8)
  private static let length = 10

  init(_ key: SealKey) {
    hash = KeyedHash(key)
  }

  /// A whole word.
  func word(_ word: some StringProtocol) -> String { token("word \(word)") }

  /// The beginning of a word, which never looks like the same letters as a whole word.
  func beginning(_ letters: some StringProtocol) -> String { token("beginning \(letters)") }

  /// Words with one space between two, in their order.
  func words(_ plain: some StringProtocol) -> String {
    var known: [Substring: String] = [:]
    return plain.split(separator: " ").map { part in
      let part = Substring(part)
      if let token = known[part] { return token }
      let token = word(part)
      known[part] = token
      return token
    }.joined(separator: " ")
  }

  private func token(_ text: String) -> String {
    var bits = 0
    var value: UInt32 = 0
    var characters: [UInt8] = []
    for byte in hash.hash(text).prefix(Self.length) {
      value = value << 8 | UInt32(byte)
      bits += 8
      while bits >= 5 {
        bits -= 5
        characters.append(Self.alphabet[Int(value >> UInt32(bits) & 31)])
      }
    }
    return String(decoding: characters, as: UTF8.self)
  }
}
