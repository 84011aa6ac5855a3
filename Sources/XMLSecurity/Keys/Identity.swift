/// A key with the certificate that speaks for it.
public struct Identity: Sendable {
  /// The certificate that others know.
  public let certificate: Certificate
  /// The certificate's key.
  public let privateKey: PrivateKey
  /// The issuers' certificates, nearest first, without the root.
  public let chain: [Certificate]

  /// Throws ``KeyProblem/mismatch`` where the certificate is another key's.
  public init(certificate: Certificate, privateKey: PrivateKey, chain: [Certificate] = []) throws(KeyProblem) {
    guard certificate.publicKey.der == privateKey.publicKey.der else { throw .mismatch }
    self.certificate = certificate
    self.privateKey = privateKey
    self.chain = chain
  }
}
