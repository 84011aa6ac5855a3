public import Foundation
import NIOCore
package import NIOSSL
public import XMLSecurity

/// A TLS certificate with its chain and private key.
public struct TLSIdentity: Sendable {
  let chain: [NIOSSLCertificate]
  let privateKey: NIOSSLPrivateKey

  /// When the certificate ends; nil where it cannot be read.
  public var notAfter: Date? { chain.first.map { Date(timeIntervalSince1970: TimeInterval($0.notValidAfter)) } }

  /// - certificates: PEM, the leaf first, then the intermediates.
  /// - privateKey: PEM, the leaf's.
  public init(certificates: [UInt8], privateKey: [UInt8]) throws(TLSProblem) {
    self.chain = try TLSProblem.naming("certificate") { try NIOSSLCertificate.fromPEMBytes(certificates) }
    self.privateKey = try TLSProblem.naming("private key") { try NIOSSLPrivateKey(bytes: privateKey, format: .pem) }
    // Asks the library whether the two belong together.
    _ = try TLSProfile.context(TLSProfile.server(self, clients: nil))
  }

  /// A key and certificate at hand.
  public init(_ identity: Identity) throws(TLSProblem) {
    let certificates = [identity.certificate] + identity.chain
    try self.init(certificates: certificates.flatMap(\.pem), privateKey: identity.privateKey.pem)
  }
}

/// The certificate authorities that the other side of a TLS connection must chain to.
public struct TLSTrust: Sendable {
  let roots: NIOSSLTrustRoots

  /// The system's list of public authorities.
  public static let system = TLSTrust(roots: .default)

  /// - authorities: PEM, one or more.
  public init(authorities: [UInt8]) throws(TLSProblem) {
    let certificates = try TLSProblem.naming("authorities") { try NIOSSLCertificate.fromPEMBytes(authorities) }
    guard !certificates.isEmpty else { throw TLSProblem(reason: "no certificate among the authorities") }
    self.init(roots: .certificates(certificates))
  }

  /// Authorities at hand.
  public init(_ authorities: [Certificate]) throws(TLSProblem) {
    try self.init(authorities: authorities.flatMap(\.pem))
  }

  private init(roots: NIOSSLTrustRoots) {
    self.roots = roots
  }
}

/// Why TLS material cannot be used.
public struct TLSProblem: Error, Hashable, Sendable, CustomStringConvertible {
  /// What is wrong, without anything of a key.
  public let reason: String
  public var description: String { reason }

  static func naming<Value>(_ what: String, _ body: () throws -> Value) throws(TLSProblem) -> Value {
    do {
      return try body()
    } catch {
      throw TLSProblem(reason: "the TLS \(what) cannot be read")
    }
  }
}

/// What both sides speak: TLS 1.2 and 1.3 with authenticated encryption and forward secrecy, no SHA-1 (threats.md T7).
package enum TLSProfile {
  package static func server(_ identity: TLSIdentity, clients: TLSTrust?) -> TLSConfiguration {
    var configuration = TLSConfiguration.makeServerConfiguration(
      certificateChain: identity.chain.map { .certificate($0) }, privateKey: .privateKey(identity.privateKey))
    harden(&configuration)
    guard let clients else { return configuration }
    configuration.trustRoots = clients.roots
    // A client certificate is required; what it names is for the log, its host name means nothing.
    configuration.certificateVerification = .noHostnameVerification
    return configuration
  }

  package static func client(_ identity: TLSIdentity?, servers: TLSTrust) -> TLSConfiguration {
    var configuration = TLSConfiguration.makeClientConfiguration()
    harden(&configuration)
    configuration.trustRoots = servers.roots
    configuration.certificateVerification = .fullVerification
    if let identity {
      configuration.certificateChain = identity.chain.map { .certificate($0) }
      configuration.privateKey = .privateKey(identity.privateKey)
    }
    return configuration
  }

  package static func context(_ configuration: TLSConfiguration) throws(TLSProblem) -> NIOSSLContext {
    do {
      return try NIOSSLContext(configuration: configuration)
    } catch {
      throw TLSProblem(reason: "the TLS certificate and private key do not belong together or are not supported")
    }
  }

  private static func harden(_ configuration: inout TLSConfiguration) {
    configuration.minimumTLSVersion = .tlsv12
    // For TLS 1.2; the suites of 1.3 are all of this kind.
    configuration.cipherSuiteValues = [
      .TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256, .TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256,
      .TLS_ECDHE_ECDSA_WITH_AES_256_GCM_SHA384, .TLS_ECDHE_RSA_WITH_AES_256_GCM_SHA384,
      .TLS_ECDHE_ECDSA_WITH_CHACHA20_POLY1305_SHA256, .TLS_ECDHE_RSA_WITH_CHACHA20_POLY1305_SHA256,
    ]
    configuration.verifySignatureAlgorithms = [
      .ecdsaSecp256R1Sha256, .ecdsaSecp384R1Sha384, .rsaPssRsaeSha256, .rsaPssRsaeSha384, .rsaPssRsaeSha512,
      .rsaPkcs1Sha256, .rsaPkcs1Sha384, .rsaPkcs1Sha512,
    ]
    configuration.renegotiationSupport = .none
    // A peer that does not answer the end of a connection must not hold up the node's.
    configuration.shutdownTimeout = .seconds(1)
  }
}
