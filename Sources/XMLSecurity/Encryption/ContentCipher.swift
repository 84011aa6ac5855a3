internal import COpenSSL

/// A content cipher (XML Encryption 1.1 §5.2).
public enum ContentCipher: Hashable, Sendable, CaseIterable {
  case aes256CBC, aes128GCM, aes256GCM

  /// The cipher's identifier in `xenc:EncryptionMethod`.
  public var uri: String {
    switch self {
    case .aes256CBC: "http://www.w3.org/2001/04/xmlenc#aes256-cbc"
    case .aes128GCM: "http://www.w3.org/2009/xmlenc11#aes128-gcm"
    case .aes256GCM: "http://www.w3.org/2009/xmlenc11#aes256-gcm"
    }
  }

  /// The cipher with this identifier, compared exactly; nil for every other.
  public init?(uri: String) {
    guard let match = Self.allCases.first(where: { sameBytes($0.uri, uri) }) else { return nil }
    self = match
  }

  /// The key's length in bytes.
  public var keyLength: Int { self == .aes128GCM ? 16 : 32 }
  /// The initialization vector's length in bytes; it stands before the ciphertext.
  public var ivLength: Int { isAuthenticated ? 12 : 16 }
  /// Whether a tag of 16 bytes stands after the ciphertext.
  public var isAuthenticated: Bool { self != .aes256CBC }

  var openSSL: OpaquePointer? {
    switch self {
    case .aes256CBC: EVP_aes_256_cbc()
    case .aes128GCM: EVP_aes_128_gcm()
    case .aes256GCM: EVP_aes_256_gcm()
    }
  }

  static let tagLength = 16
  static let blockLength = 16
}

/// An OpenSSL cipher context with the buffer it writes into.
final class CipherContext {
  let pointer = EVP_CIPHER_CTX_new()
  private var output = [UInt8](repeating: 0, count: CipherContext.step + ContentCipher.blockLength)
  static let step = 64 * 1024

  deinit {
    EVP_CIPHER_CTX_free(pointer)
  }

  /// Runs the bytes through the cipher and on to the sink; nil bytes stand for none.
  func update(_ bytes: UnsafeRawBufferPointer, into next: any ByteSink) throws {
    var start = 0
    while start < bytes.count {
      let count = min(Self.step, bytes.count - start)
      let piece = UnsafeRawBufferPointer(rebasing: bytes[start..<start + count])
      start += count
      try output.withUnsafeMutableBytes { room in
        var length: Int32 = 0
        let done = EVP_CipherUpdate(
          pointer, room.bindMemory(to: UInt8.self).baseAddress, &length, piece.bindMemory(to: UInt8.self).baseAddress,
          Int32(count))
        guard done == 1 else { throw DecryptionFailed() }
        if length > 0 { try next.write(UnsafeRawBufferPointer(rebasing: room[..<Int(length)])) }
      }
    }
  }
}
