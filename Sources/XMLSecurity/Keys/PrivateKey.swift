internal import COpenSSL
internal import Synchronization

/// An RSA private key.
public final class PrivateKey: @unchecked Sendable {
  // EVP_PKEY is reference-counted and not changed after it has been made, so threads may share it.
  let pointer: OpaquePointer
  /// The key's public half.
  public let publicKey: PublicKey

  private init(owning pointer: OpaquePointer) {
    self.pointer = pointer
    EVP_PKEY_up_ref(pointer)
    publicKey = PublicKey(owning: pointer)
  }

  deinit {
    EVP_PKEY_free(pointer)
  }

  /// Reads the first private key of a PEM text, without passphrase.
  public static func load(pem: [UInt8]) throws(KeyProblem) -> PrivateKey {
    let key = pem.withUnsafeBytes { bytes -> OpaquePointer? in
      guard let input = BIO_new_mem_buf(bytes.baseAddress, Int32(bytes.count)) else { return nil }
      defer { BIO_free(input) }
      // A passphrase callback that gives none keeps OpenSSL from asking on the terminal.
      return PEM_read_bio_PrivateKey(input, nil, { _, _, _, _ in 0 }, nil)
    }
    guard let key else {
      clearOpenSSLErrors()
      throw .unreadable
    }
    let loaded = PrivateKey(owning: key)
    guard loaded.publicKey.isRSA else { throw .notRSA }
    return loaded
  }

  /// Makes a new key. Takes a second or two at 4096 bits.
  public static func generate(bits: Int) throws(KeyProblem) -> PrivateKey {
    guard let context = EVP_PKEY_CTX_new_id(EVP_PKEY_RSA, nil) else { throw .failed }
    defer { EVP_PKEY_CTX_free(context) }
    var key: OpaquePointer?
    guard EVP_PKEY_keygen_init(context) == 1, EVP_PKEY_CTX_set_rsa_keygen_bits(context, Int32(bits)) == 1,
      EVP_PKEY_keygen(context, &key) == 1, let key
    else {
      clearOpenSSLErrors()
      throw .failed
    }
    return PrivateKey(owning: key)
  }

  /// The key in PEM (PKCS #8), without passphrase.
  public var pem: [UInt8] {
    guard let output = BIO_new(BIO_s_mem()) else { return [] }
    defer { BIO_free(output) }
    guard PEM_write_bio_PrivateKey(output, pointer, nil, nil, 0, nil, nil) == 1 else { return [] }
    return contents(of: output)
  }

  /// The modulus's length in bits.
  public var bits: Int { publicKey.bits }

  /// How many private-key operations this process has done. They are most of a small message's cost, and none may be
  /// done before a signature has been verified.
  public static var operations: Int { counter.load(ordering: .relaxed) }
  private static let counter = Atomic<Int>(0)

  /// Signs a message (RSASSA-PKCS1-v1_5).
  public func sign(_ message: [UInt8], _ algorithm: DigestAlgorithm = .sha256) throws(KeyProblem) -> [UInt8] {
    try sign(digest: digest(algorithm, of: message), algorithm)
  }

  /// Signs a digest (RSASSA-PKCS1-v1_5, RFC 8017 §8.2.1).
  public func sign(digest: [UInt8], _ algorithm: DigestAlgorithm = .sha256) throws(KeyProblem) -> [UInt8] {
    Self.counter.add(1, ordering: .relaxed)
    let signature = withRSA(pointer, start: EVP_PKEY_sign_init, padding: RSA_PKCS1_PADDING) {
      EVP_PKEY_CTX_set_signature_md($0, algorithm.openSSL) == 1
    } work: {
      EVP_PKEY_sign($0, $1, &$2, digest, digest.count)
    }
    guard let signature else { throw .failed }
    return signature
  }

  /// Decrypts a short value (RSAES-OAEP, RFC 8017 §7.1).
  func decryptOAEP(
    _ cipher: [UInt8], digest: DigestAlgorithm, mgf: DigestAlgorithm
  ) throws(DecryptionFailed) -> [UInt8] {
    Self.counter.add(1, ordering: .relaxed)
    // As long as the modulus (RFC 8017 §7.1.2): OpenSSL would take a shorter one too, and one wrapped key could then be
    // written in two ways.
    guard cipher.count == Int(EVP_PKEY_get_size(pointer)) else { throw DecryptionFailed() }
    let plain = withOAEP(pointer, digest: digest, mgf: mgf, start: EVP_PKEY_decrypt_init) {
      EVP_PKEY_decrypt($0, $1, &$2, cipher, cipher.count)
    }
    guard let plain else { throw DecryptionFailed() }
    return plain
  }
}

/// All that was written to a memory BIO.
func contents(of output: OpaquePointer) -> [UInt8] {
  var data: UnsafeMutablePointer<CChar>?
  let length = BIO_ctrl(output, BIO_CTRL_INFO, 0, &data)
  guard let data, length > 0 else { return [] }
  return UnsafeRawBufferPointer(start: data, count: length).map { $0 }
}
