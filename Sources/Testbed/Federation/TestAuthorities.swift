import Foundation
public import XMLSecurity

/// The certificate authorities of a test federation: a root, and under it one issuing authority a purpose, as the
/// federation has them. Made anew each time; nothing of it is valid anywhere else.
public struct TestAuthorities: Sendable {
  /// Sizes of RSA keys in bits.
  public struct KeySizes: Sendable {
    /// Of the authorities, access points and organisations.
    public let federation: Int
    /// Of the TLS authority and its servers and clients.
    public let tls: Int

    /// As the federation uses them.
    public static let federation = KeySizes(federation: 3072, tls: 2048)
    /// The smallest that the trust checks accept: for tests, which make many.
    public static let quick = KeySizes(federation: 2048, tls: 2048)
  }

  /// Issues to the two authorities below; no node trusts it.
  public let root: CertificateAuthority
  /// Issues to access points (PKIAP).
  public let accessPoint: CertificateAuthority
  /// Issues to organisations: the certificates that sign and encrypt envelopes (O2O).
  public let organisation: CertificateAuthority
  /// The root of the TLS authority, of another branch as in the federation: TLS trusts roots, and one root for all
  /// would let every certificate of the federation open a TLS connection.
  public let tlsRoot: CertificateAuthority
  /// Issues TLS server and client certificates.
  public let tls: CertificateAuthority

  /// Makes all authorities.
  /// - Parameter label: stands in their names, so that two federations are told apart.
  public init(label: String = "SDK-RELAY-TEST", sizes: KeySizes = .federation) throws {
    try self.init(label: label, keys: makeKeys(Self.keySizes(sizes)))
  }

  init(label: String, keys: [PrivateKey]) throws {
    root = try Self.root("Rot CA \(label)", keys[0])
    accessPoint = try Self.authority("Accesspunkt CA \(label)", keys[1], under: root)
    organisation = try Self.authority("O2O CA \(label)", keys[2], under: root)
    tlsRoot = try Self.root("Rot CA TLS \(label)", keys[3])
    tls = try Self.authority("TLS CA \(label)", keys[4], under: tlsRoot)
  }

  private static func root(_ name: String, _ key: PrivateKey) throws -> CertificateAuthority {
    CertificateAuthority(identity: try CertificateAuthority.selfSigned(request(name, years: 10), key: key))
  }

  private static func authority(
    _ name: String, _ key: PrivateKey, under root: CertificateAuthority
  ) throws -> CertificateAuthority {
    CertificateAuthority(identity: try root.issue(request(name, years: 8), key: key))
  }

  /// The sizes of the keys that the authorities need, in their order.
  static func keySizes(_ sizes: KeySizes) -> [Int] {
    [sizes.federation, sizes.federation, sizes.federation, sizes.tls, sizes.tls]
  }

  private static func request(_ name: String, years: Double) -> CertificateRequest {
    var request = TestFederation.request(name)
    request.isCA = true
    request.notAfter = Date(timeIntervalSinceNow: years * 365 * 86_400)
    return request
  }
}
