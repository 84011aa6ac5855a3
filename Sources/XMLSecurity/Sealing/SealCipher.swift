internal import COpenSSL

/// An OpenSSL context of AES-256-GCM with its key, used for one nonce after the other. Belongs to one task at a time.
final class SealCipher {
  static let nonceLength = 12
  static let tagLength = 16
  private let context = EVP_CIPHER_CTX_new()
  /// Looked up once: `EVP_aes_256_gcm()` is looked up at each use. Never freed, and never changed by its users.
  private nonisolated(unsafe) static let algorithm = EVP_CIPHER_fetch(nil, "AES-256-GCM", nil)

  init(_ key: SealKey, sealing: Bool) {
    let ready = EVP_CipherInit_ex(context, Self.algorithm, nil, key.bytes, nil, sealing ? 1 : 0)
    precondition(ready == 1, "OpenSSL refused AES-256-GCM")
  }

  deinit {
    EVP_CIPHER_CTX_free(context)
  }

  /// The ciphertext and its tag. A nonce is never used twice with a key.
  func seal(_ plain: UnsafeRawBufferPointer, nonce: [UInt8], binding: [UInt8]) -> [UInt8] {
    let size = plain.count + Self.tagLength
    return [UInt8](unsafeUninitializedCapacity: size) { room, count in
      let isSealed = run(plain, nonce, binding, into: room) && end() && takeTag(room, plain.count)
      precondition(isSealed, "OpenSSL refused to seal")
      count = size
    }
  }

  /// The plain bytes; nil where anything is not as it was sealed. Nothing that failed leaves this function.
  func open(_ sealed: UnsafeRawBufferPointer, nonce: [UInt8], binding: [UInt8]) -> [UInt8]? {
    guard sealed.count >= Self.tagLength else { return nil }
    defer { clearOpenSSLErrors() }
    let text = UnsafeRawBufferPointer(rebasing: sealed.dropLast(Self.tagLength))
    var tag = [UInt8](sealed.suffix(Self.tagLength))
    var isRight = false
    // One byte of room at least, so that there is an address.
    let plain = [UInt8](unsafeUninitializedCapacity: max(text.count, 1)) { room, count in
      isRight =
        run(text, nonce, binding, into: room)
        && EVP_CIPHER_CTX_ctrl(context, EVP_CTRL_AEAD_SET_TAG, Int32(tag.count), &tag) == 1
        && end()
      count = isRight ? text.count : 0
    }
    return isRight ? plain : nil
  }

  private func run(
    _ bytes: UnsafeRawBufferPointer, _ nonce: [UInt8], _ binding: [UInt8], into room: UnsafeMutableBufferPointer<UInt8>
  ) -> Bool {
    var length: Int32 = 0
    guard EVP_CipherInit_ex(context, nil, nil, nil, nonce, -1) == 1 else { return false }
    guard
      binding.isEmpty || EVP_CipherUpdate(context, nil, &length, binding, Int32(binding.count)) == 1
    else { return false }
    return bytes.isEmpty
      || EVP_CipherUpdate(
        context, room.baseAddress, &length, bytes.bindMemory(to: UInt8.self).baseAddress, Int32(bytes.count)) == 1
  }

  /// GCM has no last block: what OpenSSL writes here is nothing.
  private func end() -> Bool {
    var length: Int32 = 0
    var rest = [UInt8](repeating: 0, count: Self.tagLength)
    return EVP_CipherFinal_ex(context, &rest, &length) == 1
  }

  private func takeTag(_ room: UnsafeMutableBufferPointer<UInt8>, _ place: Int) -> Bool {
    guard let start = room.baseAddress else { return false }
    return EVP_CIPHER_CTX_ctrl(context, EVP_CTRL_AEAD_GET_TAG, Int32(Self.tagLength), start + place) == 1
  }
}
