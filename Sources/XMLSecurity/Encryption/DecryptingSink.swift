internal import COpenSSL

/// Decrypts what passes: initialization vector, ciphertext, and padding or tag.
///
/// Throws ``DecryptionFailed`` and nothing more telling. What an authenticated cipher put out may be used only after
/// `close` has succeeded.
public final class DecryptingSink: ByteSink {
  private let cipher: ContentCipher
  private let key: [UInt8]
  private let next: any ByteSink
  private let context = CipherContext()
  private var iv: [UInt8] = []
  /// The bytes that may turn out to be the tag, or whose plaintext may be the padded block.
  private var held: [UInt8] = []
  private var count = 0
  private var isReady = false

  public init(_ cipher: ContentCipher, key: [UInt8], next: any ByteSink) {
    self.cipher = cipher
    self.key = key
    self.next = next
  }

  public func write(_ bytes: UnsafeRawBufferPointer) throws {
    var rest = bytes[...]
    if !isReady {
      let missing = rest.prefix(cipher.ivLength - iv.count)
      iv.append(contentsOf: missing)
      rest = rest.dropFirst(missing.count)
      guard iv.count == cipher.ivLength else { return }
      try start()
    }
    guard !rest.isEmpty else { return }
    count += rest.count
    let total = held.count + rest.count
    let release = total - ContentCipher.tagLength
    guard release > 0 else { return held.append(contentsOf: rest) }
    let fromHeld = min(release, held.count)
    if fromHeld > 0 {
      try held.withUnsafeBytes { try context.update(UnsafeRawBufferPointer(rebasing: $0[..<fromHeld]), into: next) }
      held.removeFirst(fromHeld)
    }
    let fromRest = rest.prefix(release - fromHeld)
    try context.update(UnsafeRawBufferPointer(rebasing: fromRest), into: next)
    held.append(contentsOf: rest.dropFirst(fromRest.count))
  }

  public func close() throws {
    guard isReady, held.count == ContentCipher.tagLength else { throw DecryptionFailed() }
    if cipher.isAuthenticated {
      try checkTag()
    } else {
      try releaseLastBlock()
    }
    try next.close()
  }

  private func start() throws {
    defer { clearOpenSSLErrors() }
    guard key.count == cipher.keyLength, EVP_CipherInit_ex(context.pointer, cipher.openSSL, nil, key, iv, 0) == 1,
      EVP_CIPHER_CTX_set_padding(context.pointer, 0) == 1
    else { throw DecryptionFailed() }
    isReady = true
  }

  private func checkTag() throws {
    defer { clearOpenSSLErrors() }
    var length: Int32 = 0
    var rest = [UInt8](repeating: 0, count: ContentCipher.blockLength)
    guard EVP_CIPHER_CTX_ctrl(context.pointer, EVP_CTRL_AEAD_SET_TAG, Int32(held.count), &held) == 1,
      EVP_CipherFinal_ex(context.pointer, &rest, &length) == 1
    else { throw DecryptionFailed() }
  }

  private func releaseLastBlock() throws {
    guard count % ContentCipher.blockLength == 0 else { throw DecryptionFailed() }
    let last = MemorySink()
    try held.withUnsafeBytes { try context.update($0, into: last) }
    guard let padding = last.bytes.last.map(Int.init), last.bytes.count >= padding,
      (1...ContentCipher.blockLength).contains(padding)
    else { throw DecryptionFailed() }
    try next.write(Array(last.bytes.dropLast(padding)))
  }
}
