/// Why an encrypted element is refused before its key is touched. Texts name elements and algorithms, never content.
public enum EncryptionProblem: Error, Hashable, Sendable, CustomStringConvertible {
  case shape(String)
  case algorithm(String)

  public var description: String {
    switch self {
    case .shape(let what): what
    case .algorithm(let what): "\(what) is not allowed"
    }
  }
}

/// A key transport: RSA-OAEP with its two digests (XML Encryption 1.1 §5.5.2). RSA PKCS#1 v1.5 does not exist here.
public struct KeyTransport: Hashable, Sendable {
  /// `rsa-oaep-mgf1p` or the `rsa-oaep` of XML Encryption 1.1.
  let uri: String
  let digest: DigestAlgorithm
  let mgf: DigestAlgorithm

  /// `rsa-oaep-mgf1p` with SHA-1, as the federation's envelopes have it.
  public static let oaepSHA1 = KeyTransport(uri: mgf1p, digest: .sha1, mgf: .sha1)
  /// `rsa-oaep-mgf1p` with SHA-256 as its digest; the mask generation stays with SHA-1.
  public static let oaepMGF1PwithSHA256 = KeyTransport(uri: mgf1p, digest: .sha256, mgf: .sha1)
  /// `rsa-oaep` of XML Encryption 1.1 with SHA-256 and MGF1 with SHA-256, as AS4 has it.
  public static let oaep256 = KeyTransport(uri: oaep11, digest: .sha256, mgf: .sha256)

  private static let mgf1p = "http://www.w3.org/2001/04/xmlenc#rsa-oaep-mgf1p"
  private static let oaep11 = "http://www.w3.org/2009/xmlenc11#rsa-oaep"
  private static let mgf1Names: [ExactText: DigestAlgorithm] = [
    ExactText("http://www.w3.org/2009/xmlenc11#mgf1sha1"): .sha1,
    ExactText("http://www.w3.org/2009/xmlenc11#mgf1sha256"): .sha256,
  ]

  private init(uri: String, digest: DigestAlgorithm, mgf: DigestAlgorithm) {
    self.uri = uri
    self.digest = digest
    self.mgf = mgf
  }

  /// Reads an `xenc:EncryptionMethod` and refuses what is not allowed.
  public init(parsing method: XMLElement, allowed: Set<KeyTransport>) throws(EncryptionProblem) {
    guard method.name == XMLName(XMLNamespaces.xenc, "EncryptionMethod"),
      let uri = method.attribute("Algorithm")
    else { throw .shape("EncryptionMethod is missing") }
    guard sameBytes(uri, Self.mgf1p) || sameBytes(uri, Self.oaep11) else { throw .algorithm("the key transport") }
    let digestName = XMLName(XMLNamespaces.ds, "DigestMethod")
    let mgfName = XMLName(XMLNamespaces.xenc11, "MGF")
    guard method.elements.allSatisfy({ $0.name == digestName || $0.name == mgfName }),
      method.children(digestName).count <= 1, method.children(mgfName).count <= 1
    else { throw .shape("EncryptionMethod of the key has other parameters than a digest and a mask generation") }
    guard
      let digest = method.child(digestName).map({ $0.attribute("Algorithm") ?? "" }).map(DigestAlgorithm.init(uri:))
        ?? .sha1
    else { throw .algorithm("the key transport's digest") }
    guard let mgf = method.child(mgfName).map({ Self.mgf1Names[ExactText($0.attribute("Algorithm") ?? "")] }) ?? .sha1
    else {
      throw .algorithm("the key transport's mask generation")
    }
    self.init(uri: uri, digest: digest, mgf: mgf)
    guard allowed.contains(self) else { throw .algorithm("the key transport with these parameters") }
  }

  /// The `xenc:EncryptionMethod`.
  /// - Parameter explicitDigest: whether a SHA-1 digest, which is the default, is written out.
  public func element(explicitDigest: Bool = true) -> XMLElement {
    let method = XMLElement(
      "xenc:EncryptionMethod", uri: XMLNamespaces.xenc, attributes: [XMLAttribute(local: "Algorithm", value: uri)])
    if explicitDigest || digest != .sha1 {
      method.append(
        XMLElement(
          "ds:DigestMethod", uri: XMLNamespaces.ds,
          namespaces: [XMLNamespace(prefix: "ds", uri: XMLNamespaces.ds)],
          attributes: [XMLAttribute(local: "Algorithm", value: digest.uri)]))
    }
    if uri == Self.oaep11, let name = Self.mgf1Names.first(where: { $0.value == mgf })?.key.value {
      method.append(
        XMLElement(
          "xenc11:MGF", uri: XMLNamespaces.xenc11,
          namespaces: [XMLNamespace(prefix: "xenc11", uri: XMLNamespaces.xenc11)],
          attributes: [XMLAttribute(local: "Algorithm", value: name)]))
    }
    return method
  }

  /// Encrypts a content key for its reader.
  public func wrap(_ key: [UInt8], for reader: PublicKey) throws(KeyProblem) -> [UInt8] {
    try reader.encryptOAEP(key, digest: digest, mgf: mgf)
  }

  /// Decrypts a content key. A key of another length than expected is the same failure as any other.
  public func unwrap(
    _ wrapped: [UInt8], with key: PrivateKey, expectedLength: Int? = nil
  ) throws(DecryptionFailed) -> [UInt8] {
    let plain = try key.decryptOAEP(wrapped, digest: digest, mgf: mgf)
    if let expectedLength, plain.count != expectedLength { throw DecryptionFailed() }
    return plain
  }
}
