internal import COpenSSL

/// Encrypts what passes: a fresh random initialization vector, the ciphertext, then the padding of XML Encryption 1.1
/// §5.2.2 or a tag of 16 bytes.
public final class EncryptingSink: ByteSink {
  private let cipher: ContentCipher
  private let next: any ByteSink
  private let context = CipherContext()
  private let iv: [UInt8]
  private var hasStarted = false
  private var count = 0

  /// - Parameter key: of ``ContentCipher/keyLength`` bytes, used for nothing else.
  public init(_ cipher: ContentCipher, key: [UInt8], next: any ByteSink) {
    precondition(key.count == cipher.keyLength, "a key of the cipher's length")
    self.cipher = cipher
    self.next = next
    iv = randomBytes(cipher.ivLength)
    let ready = EVP_CipherInit_ex(context.pointer, cipher.openSSL, nil, key, iv, 1)
    precondition(ready == 1 && EVP_CIPHER_CTX_set_padding(context.pointer, 0) == 1, "OpenSSL refused a cipher")
  }

  public func write(_ bytes: UnsafeRawBufferPointer) throws {
    try start()
    count += bytes.count
    try context.update(bytes, into: next)
  }

  public func close() throws {
    try start()
    if cipher.isAuthenticated {
      try next.write(tag())
    } else {
      // The last byte tells how many were added; the others may be anything, and are random here.
      let missing = ContentCipher.blockLength - count % ContentCipher.blockLength
      let padding = randomBytes(missing - 1) + [UInt8(missing)]
      try padding.withUnsafeBytes { try context.update($0, into: next) }
    }
    try next.close()
  }

  private func start() throws {
    guard !hasStarted else { return }
    hasStarted = true
    try next.write(iv)
  }

  private func tag() throws -> [UInt8] {
    var tag = [UInt8](repeating: 0, count: ContentCipher.tagLength)
    var length: Int32 = 0
    var rest = [UInt8](repeating: 0, count: ContentCipher.blockLength)
    guard EVP_CipherFinal_ex(context.pointer, &rest, &length) == 1,
      EVP_CIPHER_CTX_ctrl(context.pointer, EVP_CTRL_AEAD_GET_TAG, Int32(tag.count), &tag) == 1
    else { throw KeyProblem.failed }
    return tag
  }
}
