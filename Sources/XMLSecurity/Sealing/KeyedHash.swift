internal import COpenSSL

/// HMAC-SHA256 (RFC 2104) with one key over many short texts, at a fraction of the cost of one HMAC each. Belongs to one
/// task at a time.
public final class KeyedHash {
  private let inner = EVP_MD_CTX_new()
  private let outer = EVP_MD_CTX_new()
  private let work = EVP_MD_CTX_new()
  private static let block = 64

  public init(_ key: SealKey) {
    Self.begin(inner, key, 0x36)
    Self.begin(outer, key, 0x5C)
  }

  deinit {
    EVP_MD_CTX_free(inner)
    EVP_MD_CTX_free(outer)
    EVP_MD_CTX_free(work)
  }

  /// The HMAC of the text's UTF-8, 32 bytes.
  public func hash(_ text: String) -> [UInt8] {
    var text = text
    let first = text.withUTF8 { finish(from: inner, UnsafeRawBufferPointer($0)) }
    return first.withUnsafeBytes { finish(from: outer, $0) }
  }

  private static func begin(_ context: OpaquePointer?, _ key: SealKey, _ pad: UInt8) {
    let padded = (key.bytes + Array(repeating: 0, count: block - key.bytes.count)).map { $0 ^ pad }
    let begun =
      EVP_DigestInit_ex(context, EVP_sha256(), nil) == 1 && EVP_DigestUpdate(context, padded, padded.count) == 1
    precondition(begun, "OpenSSL refused a digest")
  }

  private func finish(from start: OpaquePointer?, _ bytes: UnsafeRawBufferPointer) -> [UInt8] {
    var value = [UInt8](repeating: 0, count: DigestAlgorithm.sha256.length)
    let done =
      EVP_MD_CTX_copy_ex(work, start) == 1 && EVP_DigestUpdate(work, bytes.baseAddress, bytes.count) == 1
      && EVP_DigestFinal_ex(work, &value, nil) == 1
    precondition(done, "OpenSSL refused a digest")
    return value
  }
}
