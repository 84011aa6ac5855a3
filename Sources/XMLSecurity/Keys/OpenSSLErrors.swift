internal import COpenSSL

/// Empties this thread's error queue, so that an expected failure is not read as the cause of a later one. Must run in
/// the same synchronous function as the failed call: the queue belongs to the thread.
func clearOpenSSLErrors() {
  ERR_clear_error()
}

/// Why a key could not be used.
public enum KeyProblem: Error, Hashable, Sendable, CustomStringConvertible {
  /// The bytes hold no RSA key in PEM.
  case unreadable
  /// Only RSA is used in the federation.
  case notRSA
  /// The certificate belongs to another key.
  case mismatch
  /// OpenSSL refused the operation.
  case failed

  public var description: String {
    switch self {
    case .unreadable: "the key cannot be read"
    case .notRSA: "the key is not an RSA key"
    case .mismatch: "the certificate does not belong to the key"
    case .failed: "the key operation failed"
    }
  }
}

/// A decryption failed. There is one such error and it says nothing else: whatever it said would help an attacker who
/// may try ciphertexts (Manger, Bleichenbacher, and padding oracles).
public struct DecryptionFailed: Error, Hashable, Sendable, CustomStringConvertible {
  public init() {}
  public var description: String { "decryption failed" }
}
