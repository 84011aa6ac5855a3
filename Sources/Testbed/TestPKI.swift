import Foundation
public import XMLSecurity

/// Certificates that must be refused, each wrong in one way, beside one that is right: for tests of trust decisions.
///
/// Keys are shared where a certificate's key does not matter, since making them takes long.
public struct TestPKI: Sendable {
  public let root: CertificateAuthority
  public let issuing: CertificateAuthority
  private let key: PrivateKey

  public init() throws {
    root = try CertificateAuthority.root("Test root", bits: 2048)
    issuing = try root.authority("Test CA", bits: 2048)
    key = try PrivateKey.generate(bits: 2048)
  }

  /// What verifiers of this kit believe.
  public var anchors: [Certificate] { [root.identity.certificate] }

  /// A certificate that is right in every way.
  public func valid(_ commonName: String = "AP9001-TEST") throws -> Identity {
    try issuing.issue(TestFederation.request(commonName), key: key)
  }

  /// A right certificate that the changes make wrong.
  public func issue(
    _ commonName: String = "AP9001-TEST", key other: PrivateKey? = nil, _ change: (inout CertificateRequest) -> Void
  ) throws -> Identity {
    var request = TestFederation.request(commonName)
    change(&request)
    return try issuing.issue(request, key: other ?? key)
  }

  /// I3: ended yesterday.
  public func expired() throws -> Identity {
    try issue { request in
      request.notBefore = Date(timeIntervalSinceNow: -400 * 86_400)
      request.notAfter = Date(timeIntervalSinceNow: -86_400)
    }
  }

  /// I3: begins tomorrow.
  public func notYetValid() throws -> Identity {
    try issue { $0.notBefore = Date(timeIntervalSinceNow: 86_400) }
  }

  /// I3: a key of 1,024 bits.
  public func weakKey() throws -> Identity {
    try issue(key: PrivateKey.generate(bits: 1024)) { _ in }
  }

  /// I3: signed with SHA-1.
  public func weakDigest() throws -> Identity {
    try issue { $0.signatureDigest = .sha1 }
  }

  /// I3: may encrypt keys only.
  public func encryptionOnly() throws -> Identity {
    try issue { $0.keyUsage = "critical,keyEncipherment" }
  }

  /// I1: two common names.
  public func twoNames() throws -> Identity {
    try issue { $0.subject.append(("CN", "AP9002-TEST")) }
  }

  /// I2: signed by itself.
  public func selfSigned(_ commonName: String = "AP9001-TEST") throws -> Identity {
    try CertificateAuthority.selfSigned(TestFederation.request(commonName), key: key)
  }

  /// I2: issued by another authority of the same name.
  public func namesake() throws -> Identity {
    let other = try CertificateAuthority.root("Test root", bits: 2048).authority("Test CA", bits: 2048)
    return try other.issue(TestFederation.request("AP9001-TEST"), key: key)
  }

  /// I2: issued with the right certificate, which is no authority's.
  public func issuedByLeaf() throws -> Identity {
    let leaf = CertificateAuthority(identity: try valid("AP9009-TEST"))
    return try leaf.issue(TestFederation.request("AP9001-TEST"), key: key)
  }
}
