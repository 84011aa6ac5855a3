import Foundation
import JWTKit

/// The public keys of an authorisation server (RFC 7517), and what they have signed.
///
/// Each key verifies one algorithm of ours with its own kind of key: `none`, shared secrets (HS256 with a public key as
/// the secret) and every other algorithm find no key. Keys of other kinds or uses in the set are passed over.
struct PublicKeySet: Sendable {
  private enum Algorithm: String, CaseIterable {
    case rs256 = "RS256"
    case ps256 = "PS256"
    case es256 = "ES256"
  }

  private struct Key: Sendable {
    let id: String?
    let algorithm: Algorithm
    /// Holds this one key.
    let verifier: JWTKeyCollection
  }

  private let keys: [Key]
  private static let most = 50

  /// - Returns: nil unless the text is a set with at least one key of ours.
  init?(_ text: String) async {
    guard let set = try? JSONDecoder().decode(WrittenSet.self, from: Data(text.utf8)) else { return nil }
    var keys: [Key] = []
    for written in set.keys.prefix(Self.most) {
      guard let written = written.value else { continue }
      for algorithm in Algorithm.allCases where written.alg == nil || written.alg == algorithm.rawValue {
        guard let verifier = await written.verifier(algorithm) else { continue }
        keys.append(Key(id: written.kid, algorithm: algorithm, verifier: verifier))
      }
    }
    guard !keys.isEmpty else { return nil }
    self.keys = keys
  }

  enum Verdict: Sendable {
    case valid(TokenClaims)
    /// It names a key that is not in the set: perhaps it is new.
    case unknownKey
    case invalid
  }

  func judge(_ token: String) async -> Verdict {
    guard let header = Header(token), let algorithm = Algorithm(rawValue: header.alg), header.crit == nil else {
      return .invalid
    }
    let named = keys.filter { key in
      key.algorithm == algorithm
        && (header.kid.map { id in key.id.map { $0.utf8.elementsEqual(id.utf8) } ?? false } ?? true)
    }
    if named.isEmpty { return header.kid == nil ? .invalid : .unknownKey }
    for key in named {
      if let claims = try? await key.verifier.verify(token, as: TokenClaims.self) { return .valid(claims) }
    }
    return .invalid
  }

  /// What a token's first part says, before anything is proven.
  private struct Header: Decodable {
    let alg: String
    let kid: String?
    let crit: [String]?

    init?(_ token: String) {
      guard let part = token.split(separator: ".").first, part.utf8.count < 8_192,
        let header = try? JSONDecoder().decode(Self.self, from: Data(base64url: part) ?? Data())
      else { return nil }
      self = header
    }
  }

  private struct WrittenSet: Decodable {
    let keys: [Lenient]
  }

  /// A key of a kind that is not known here does not spoil the others.
  private struct Lenient: Decodable {
    let value: WrittenKey?

    init(from decoder: any Decoder) throws { value = try? WrittenKey(from: decoder) }
  }

  private struct WrittenKey: Decodable {
    let kty: String
    let kid: String?
    let alg: String?
    let use: String?
    let n: String?
    let e: String?
    let crv: String?
    let x: String?
    let y: String?

    func verifier(_ algorithm: Algorithm) async -> JWTKeyCollection? {
      guard use == nil || use == "sig" else { return nil }
      let verifier = JWTKeyCollection()
      switch (algorithm, kty) {
      case (.es256, "EC"):
        guard crv == "P-256", let x, let y, let key = try? ES256PublicKey(parameters: (x, y)) else { return nil }
        await verifier.add(ecdsa: key)
      case (.rs256, "RSA"), (.ps256, "RSA"):
        // 2,048 bits at least.
        guard let n, let e, n.utf8.count >= 341, let key = try? Insecure.RSA.PublicKey(modulus: n, exponent: e) else {
          return nil
        }
        if algorithm == .rs256 {
          await verifier.add(rsa: key, digestAlgorithm: .sha256)
        } else {
          await verifier.add(pss: key, digestAlgorithm: .sha256)
        }
      default: return nil
      }
      return verifier
    }
  }
}

extension Data {
  /// Without padding, as JOSE writes it; nil for anything else.
  init?(base64url text: some StringProtocol) {
    let plain = String(text).replacing("-", with: "+").replacing("_", with: "/")
    self.init(base64Encoded: plain + String(repeating: "=", count: (4 - plain.utf8.count % 4) % 4))
  }

  var base64url: String {
    base64EncodedString().replacing("+", with: "-").replacing("/", with: "_").replacing("=", with: "")
  }
}
