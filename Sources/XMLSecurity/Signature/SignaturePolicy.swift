/// What a layer accepts in a signature. Everything else is refused before any cryptography.
public struct SignaturePolicy: Sendable {
  let canonicalizations: @Sendable (Canonicalization) -> Bool
  let digest = DigestAlgorithm.sha256
  let maximumReferences: Int
  let isEnvelope: Bool

  static let signatureMethod = "http://www.w3.org/2001/04/xmldsig-more#rsa-sha256"

  /// An XHE's: one reference to the whole document without the signature, then at most one canonicalization; Canonical
  /// XML 1.0 or 1.1 or the exclusive form; RSA-SHA256 and SHA-256; one X.509 certificate.
  public static let envelope = SignaturePolicy(
    canonicalizations: { _ in true }, maximumReferences: 1, isEnvelope: true)

  /// WS-Security's in the AS4 profile: elements by id in exclusive canonical form and MIME parts by content id;
  /// RSA-SHA256 and SHA-256.
  public static let webServiceSecurity = SignaturePolicy(
    canonicalizations: { if case .exclusive = $0 { true } else { false } }, maximumReferences: 16, isEnvelope: false)

  func allowsTransforms(_ reference: SignatureReference) -> Bool {
    if isEnvelope {
      guard reference.uri.isEmpty, reference.transforms.first == .enveloped else { return false }
      return reference.transforms.dropFirst().count <= 1
        && reference.transforms.dropFirst().allSatisfy { if case .canonicalization = $0 { true } else { false } }
    }
    guard reference.transforms.count == 1, let transform = reference.transforms.first else { return false }
    switch transform {
    case .canonicalization(let method): return Self.names(reference.uri, "#") && canonicalizations(method)
    case .attachmentContent: return Self.names(reference.uri, "cid:")
    case .enveloped: return false
    }
  }

  private static func names(_ uri: String, _ scheme: String) -> Bool {
    uri.hasPrefix(scheme) && uri.utf8.count > scheme.utf8.count
  }
}
