import Foundation
public import XMLSecurity

/// How a technical client proves who it is.
public enum ClientCredential: Hashable, Sendable {
  /// Signed assertions (private_key_jwt): its public keys, a JWK set (RFC 7517).
  case keys(jwks: String)
  /// A secret of 256 random bits, known here by its SHA-256: a secret that cannot be guessed needs no slow hash.
  case secret(sha256: [UInt8])

  /// Whether the secret is the client's, in a time that tells nothing.
  public func matches(secret: String) -> Bool {
    guard case .secret(let sha256) = self else { return false }
    return constantTimeEqual(digest(.sha256, of: Array(secret.utf8)), sha256)
  }

  /// A new secret, which is shown once, and what is kept of it.
  public static func newSecret() -> (secret: String, credential: ClientCredential) {
    let secret = Data(randomBytes(32)).base64EncodedString().replacing("+", with: "-").replacing("/", with: "_")
      .replacing("=", with: "")
    return (secret, .secret(sha256: digest(.sha256, of: Array(secret.utf8))))
  }

  /// Public keys from a JWK set's text.
  public static func publicKeys(_ text: String) throws(ClientKeyProblem) -> ClientCredential {
    guard let set = try? JSONDecoder().decode(KeySet.self, from: Data(text.utf8)) else { throw .unreadable }
    guard (1...10).contains(set.keys.count) else { throw .count }
    for key in set.keys {
      guard key.d == nil, key.k == nil, key.p == nil, key.q == nil else { throw .secretKey }
      guard key.isUsable else { throw .unsupported }
    }
    return .keys(jwks: text)
  }

  private struct KeySet: Decodable {
    let keys: [Key]
  }

  private struct Key: Decodable {
    let kty: String
    var n: String?
    var e: String?
    var crv: String?
    var x: String?
    var y: String?
    var d: String?
    var k: String?
    var p: String?
    var q: String?

    /// RSA of 2,048 bits or more, or a curve of NIST's.
    var isUsable: Bool {
      switch kty {
      case "RSA": n.map { $0.utf8.count >= 341 } ?? false && e != nil
      case "EC": ["P-256", "P-384", "P-521"].contains(crv) && x != nil && y != nil
      default: false
      }
    }
  }
}

/// Why a file is no set of a client's public keys.
public enum ClientKeyProblem: Error, Hashable, Sendable, CustomStringConvertible {
  case unreadable, count, secretKey, unsupported

  public var description: String {
    switch self {
    case .unreadable: "the keys are no JWK set: JSON with a list called keys"
    case .count: "a client has 1 to 10 public keys"
    case .secretKey: "the keys hold a private or secret key, which must never leave its owner; give the public ones"
    case .unsupported: "a client's keys are RSA of at least 2048 bits, or EC on P-256, P-384 or P-521"
    }
  }
}
