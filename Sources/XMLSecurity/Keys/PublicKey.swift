internal import COpenSSL

/// An RSA public key.
public final class PublicKey: @unchecked Sendable {
  // EVP_PKEY is reference-counted and not changed after it has been made, so threads may share it.
  let pointer: OpaquePointer

  /// Takes the reference over.
  init(owning pointer: OpaquePointer) {
    self.pointer = pointer
  }

  deinit {
    EVP_PKEY_free(pointer)
  }

  /// Reads a SubjectPublicKeyInfo in DER (RFC 5280 §4.1.2.7).
  public static func load(der: [UInt8]) throws(KeyProblem) -> PublicKey {
    let key = der.withUnsafeBufferPointer { bytes in
      var position = bytes.baseAddress
      return d2i_PUBKEY(nil, &position, bytes.count)
    }
    guard let key else {
      clearOpenSSLErrors()
      throw .unreadable
    }
    let loaded = PublicKey(owning: key)
    guard loaded.isRSA else { throw .notRSA }
    return loaded
  }

  /// The modulus's length in bits.
  public var bits: Int { Int(EVP_PKEY_get_bits(pointer)) }
  var isRSA: Bool { EVP_PKEY_get_base_id(pointer) == EVP_PKEY_RSA }

  /// The key as SubjectPublicKeyInfo in DER.
  public var der: [UInt8] {
    var output: UnsafeMutablePointer<UInt8>?
    let length = i2d_PUBKEY(pointer, &output)
    defer { sdk_openssl_free(output) }
    guard length > 0, let output else { return [] }
    return Array(UnsafeBufferPointer(start: output, count: Int(length)))
  }

  /// Whether the signature over the digest is this key's (RSASSA-PKCS1-v1_5, RFC 8017 §8.2.2).
  public func verify(signature: [UInt8], digest: [UInt8], _ algorithm: DigestAlgorithm = .sha256) -> Bool {
    guard let context = EVP_PKEY_CTX_new(pointer, nil) else { return false }
    defer {
      EVP_PKEY_CTX_free(context)
      clearOpenSSLErrors()
    }
    return EVP_PKEY_verify_init(context) == 1
      && EVP_PKEY_CTX_set_rsa_padding(context, RSA_PKCS1_PADDING) == 1
      && EVP_PKEY_CTX_set_signature_md(context, algorithm.openSSL) == 1
      && EVP_PKEY_verify(context, signature, signature.count, digest, digest.count) == 1
  }

  /// Encrypts a short value (RSAES-OAEP, RFC 8017 §7.1).
  func encryptOAEP(_ plain: [UInt8], digest: DigestAlgorithm, mgf: DigestAlgorithm) throws(KeyProblem) -> [UInt8] {
    let wrapped = withOAEP(pointer, digest: digest, mgf: mgf, start: EVP_PKEY_encrypt_init) {
      EVP_PKEY_encrypt($0, $1, &$2, plain, plain.count)
    }
    guard let wrapped else { throw .failed }
    return wrapped
  }
}

/// Encrypts or decrypts in OAEP padding with its two digests; nil where OpenSSL refuses.
func withOAEP(
  _ key: OpaquePointer, digest: DigestAlgorithm, mgf: DigestAlgorithm, start: (OpaquePointer) -> Int32,
  _ work: (OpaquePointer, UnsafeMutablePointer<UInt8>?, inout Int) -> Int32
) -> [UInt8]? {
  withRSA(
    key, start: start, padding: RSA_PKCS1_OAEP_PADDING,
    settings: {
      EVP_PKEY_CTX_set_rsa_oaep_md($0, digest.openSSL) == 1 && EVP_PKEY_CTX_set_rsa_mgf1_md($0, mgf.openSSL) == 1
    }, work: work)
}

/// What an operation with the key gives, at most as long as the modulus; nil where OpenSSL refuses.
func withRSA(
  _ key: OpaquePointer, start: (OpaquePointer) -> Int32, padding: Int32, settings: (OpaquePointer) -> Bool,
  work: (OpaquePointer, UnsafeMutablePointer<UInt8>?, inout Int) -> Int32
) -> [UInt8]? {
  guard let context = EVP_PKEY_CTX_new(key, nil) else { return nil }
  defer {
    EVP_PKEY_CTX_free(context)
    clearOpenSSLErrors()
  }
  var output = [UInt8](repeating: 0, count: Int(EVP_PKEY_get_size(key)))
  var length = output.count
  guard start(context) == 1, EVP_PKEY_CTX_set_rsa_padding(context, padding) == 1, settings(context),
    output.withUnsafeMutableBufferPointer({ work(context, $0.baseAddress, &length) }) == 1
  else { return nil }
  return Array(output.prefix(length))
}
