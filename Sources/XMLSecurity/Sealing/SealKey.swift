/// A key of 256 bits that seals what is kept: AES-256-GCM (NIST SP 800-38D).
///
/// Never shown: what it prints as is its name only.
public struct SealKey: Hashable, Sendable, CustomStringConvertible, CustomDebugStringConvertible, CustomReflectable {
  package let bytes: [UInt8]
  /// In bytes.
  public static let length = 32

  /// Nil where the bytes are not ``length`` many.
  public init?(_ bytes: [UInt8]) {
    guard bytes.count == Self.length else { return nil }
    self.bytes = bytes
  }

  private init(whole bytes: [UInt8]) {
    self.bytes = bytes
  }

  /// A new key.
  public static func random() -> SealKey { SealKey(whole: randomBytes(length)) }

  /// Another key that nobody can know without this one, for one use: the HMAC-SHA256 of the label.
  public func derived(_ label: [UInt8]) -> SealKey { SealKey(whole: hmacSHA256(key: bytes, label)) }

  /// Seals bytes that are small enough to hold: a random nonce of 12 bytes, the ciphertext, a tag of 16 bytes. One key
  /// seals at most 2³² times.
  /// - Parameter binding: what they belong to. They open with the same binding only, which is not stored with them.
  public func seal(_ plain: [UInt8], binding: [UInt8]) -> [UInt8] {
    let nonce = randomBytes(SealCipher.nonceLength)
    let cipher = SealCipher(self, sealing: true)
    return nonce + plain.withUnsafeBytes { cipher.seal($0, nonce: nonce, binding: binding) }
  }

  /// The bytes that were sealed, if they are whole and were sealed with this key and binding.
  public func open(_ sealed: [UInt8], binding: [UInt8]) throws(DecryptionFailed) -> [UInt8] {
    guard sealed.count >= SealCipher.nonceLength + SealCipher.tagLength else { throw DecryptionFailed() }
    let nonce = Array(sealed.prefix(SealCipher.nonceLength))
    let opened = sealed.withUnsafeBytes { bytes in
      SealCipher(self, sealing: false).open(
        UnsafeRawBufferPointer(rebasing: bytes[SealCipher.nonceLength...]), nonce: nonce, binding: binding)
    }
    guard let opened else { throw DecryptionFailed() }
    return opened
  }

  public var description: String { "SealKey" }
  public var debugDescription: String { description }
  public var customMirror: Mirror { Mirror(self, children: []) }
}
