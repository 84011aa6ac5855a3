internal import COpenSSL

/// A digest algorithm by its XML name (XML Signature 1.1 §6.2, XML Encryption 1.1 §5.8).
public enum DigestAlgorithm: Hashable, Sendable, CaseIterable {
  case sha1, sha256

  /// The algorithm's identifier in `ds:DigestMethod`.
  public var uri: String {
    switch self {
    case .sha1: "http://www.w3.org/2000/09/xmldsig#sha1"
    case .sha256: "http://www.w3.org/2001/04/xmlenc#sha256"
    }
  }

  /// The algorithm with this identifier, compared exactly; nil when it is not known here.
  public init?(uri: String) {
    guard let match = Self.allCases.first(where: { sameBytes($0.uri, uri) }) else { return nil }
    self = match
  }

  /// The digest's length in bytes.
  public var length: Int {
    switch self {
    case .sha1: 20
    case .sha256: 32
    }
  }

  /// OpenSSL's static description of the algorithm; never freed.
  var openSSL: OpaquePointer? {
    switch self {
    case .sha1: EVP_sha1()
    case .sha256: EVP_sha256()
    }
  }
}

/// Computes the digest of what passes through.
public final class DigestSink: ByteSink {
  private let algorithm: DigestAlgorithm
  private let next: (any ByteSink)?
  private let context = EVP_MD_CTX_new()
  private var finished: [UInt8]?

  public init(_ algorithm: DigestAlgorithm, next: (any ByteSink)? = nil) {
    self.algorithm = algorithm
    self.next = next
    // A nil context or a failed start makes every later update fail, and `digest()` with it.
    _ = EVP_DigestInit_ex(context, algorithm.openSSL, nil)
  }

  deinit {
    EVP_MD_CTX_free(context)
  }

  public func write(_ bytes: UnsafeRawBufferPointer) throws {
    precondition(finished == nil, "a digest takes no bytes after it has been read")
    precondition(EVP_DigestUpdate(context, bytes.baseAddress, bytes.count) == 1, "OpenSSL refused a digest update")
    try next?.write(bytes)
  }

  public func close() throws {
    try next?.close()
  }

  /// The digest of all that was written. May be asked more than once; nothing can be written afterwards.
  public func digest() -> [UInt8] {
    if let finished { return finished }
    var value = [UInt8](repeating: 0, count: algorithm.length)
    let done = EVP_DigestFinal_ex(context, &value, nil)
    precondition(done == 1, "OpenSSL refused to finish a digest")
    finished = value
    return value
  }
}

/// The digest of the bytes.
public func digest(_ algorithm: DigestAlgorithm, of bytes: [UInt8]) -> [UInt8] {
  var value = [UInt8](repeating: 0, count: algorithm.length)
  let done = EVP_Digest(bytes, bytes.count, &value, nil, algorithm.openSSL, nil)
  precondition(done == 1, "OpenSSL refused a digest")
  return value
}

/// The HMAC-SHA256 of the bytes (RFC 2104).
public func hmacSHA256(key: [UInt8], _ bytes: [UInt8]) -> [UInt8] {
  var value = [UInt8](repeating: 0, count: DigestAlgorithm.sha256.length)
  let made = EVP_Q_mac(
    nil, "HMAC", nil, "SHA256", nil, key, key.count, bytes, bytes.count, &value, value.count, nil)
  precondition(made != nil, "OpenSSL refused an HMAC")
  return value
}

/// Whether both hold the same bytes, in a time that depends on their length only.
public func constantTimeEqual(_ a: [UInt8], _ b: [UInt8]) -> Bool {
  a.count == b.count && CRYPTO_memcmp(a, b, a.count) == 0
}

/// Bytes from OpenSSL's random generator, fit for keys.
public func randomBytes(_ count: Int) -> [UInt8] {
  var bytes = [UInt8](repeating: 0, count: count)
  // Without randomness there are no keys: going on would be worse than stopping.
  precondition(count == 0 || RAND_bytes(&bytes, Int32(count)) == 1, "the random generator failed")
  return bytes
}
