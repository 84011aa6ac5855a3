/// A `ds:Signature` that is built as its layer's policy demands. Nothing is verified yet.
public struct ParsedSignature {
  /// What was signed, each thing once.
  public let references: [SignatureReference]
  /// The canonicalization of `SignedInfo`.
  public let canonicalization: Canonicalization
  /// The `ds:KeyInfo`, which says nothing trustworthy by itself.
  public let keyInfo: XMLElement
  /// The `ds:Signature` in its document.
  public let element: XMLElement
  private let signedInfo: XMLElement
  private let value: [UInt8]
  // Elements know their parents weakly, and SignedInfo is canonicalised with what its ancestors declare.
  private let document: XMLElement

  /// Checks shape and allow-lists, in this order and without any cryptography.
  public init(_ signature: XMLElement, policy: SignaturePolicy) throws(SignatureProblem) {
    let ds = { (local: String) in XMLName(XMLNamespaces.ds, local) }
    // First check: exactly SignedInfo, SignatureValue and KeyInfo. The signature is not covered by itself, so anything
    // more would be a hole to hide content in.
    guard signature.name == ds("Signature"),
      signature.elements.map(\.name) == [ds("SignedInfo"), ds("SignatureValue"), ds("KeyInfo")]
    else { throw .shape("Signature has other children than SignedInfo, SignatureValue and KeyInfo") }
    try signature.allow(attributes: ["Id"], "Signature")
    let signedInfo = signature.elements[0]
    let valueElement = signature.elements[1]
    try signedInfo.allow(attributes: ["Id"], "SignedInfo")
    try valueElement.allow(attributes: ["Id"], hasText: true, "SignatureValue")
    // Second check: the methods, by exact identifier and without parameters such as an HMAC's output length.
    var parts = signedInfo.elements
    guard parts.count >= 3, parts[0].name == ds("CanonicalizationMethod"), parts[1].name == ds("SignatureMethod") else {
      throw .shape("SignedInfo does not begin with CanonicalizationMethod and SignatureMethod")
    }
    try parts[0].allow(attributes: ["Algorithm"], "CanonicalizationMethod")
    try parts[1].allow(attributes: ["Algorithm"], "SignatureMethod")
    canonicalization = try SignatureReference.canonicalization(
      parts[0], uri: parts[0].attribute("Algorithm") ?? "", what: "the canonicalization of SignedInfo")
    guard policy.canonicalizations(canonicalization) else { throw .algorithm("the canonicalization of SignedInfo") }
    guard canonicalization != .inclusive11 || !signature.hasBase else {
      throw .shape("xml:base stands above a SignedInfo in Canonical XML 1.1")
    }
    guard sameBytes(parts[1].attribute("Algorithm") ?? "", SignaturePolicy.signatureMethod), parts[1].elements.isEmpty
    else {
      throw .algorithm("the signature method")
    }
    // Third check: the references.
    parts.removeFirst(2)
    guard parts.count <= policy.maximumReferences else { throw .shape("SignedInfo has too many references") }
    var references: [SignatureReference] = []
    for part in parts { references.append(try SignatureReference(parsing: part, policy: policy)) }
    guard Set(references.map { ExactText($0.uri) }).count == references.count else {
      throw .shape("SignedInfo has two references to the same data")
    }
    guard valueElement.elements.isEmpty, let value = try? Base64.decode(valueElement.text), !value.isEmpty else {
      throw .shape("SignatureValue is not base64")
    }
    self.references = references
    self.signedInfo = signedInfo
    self.value = value
    keyInfo = signature.elements[2]
    element = signature
    document = signature.root
  }

  /// Checks the signature value over the very `SignedInfo` whose references were read.
  public func verifyValue(with key: PublicKey) throws(SignatureProblem) {
    let digested = digest(.sha256, of: signedInfo.canonical(canonicalization))
    guard key.verify(signature: value, digest: digested, .sha256) else { throw .valueMismatch }
  }

  /// The one certificate of `KeyInfo/X509Data/X509Certificate`, with nothing beside it.
  public func certificate() throws(SignatureProblem) -> Certificate {
    try X509Data.certificate(in: keyInfo)
  }
}

extension XMLElement {
  /// Whether this element or one round it has an `xml:base`. Joining them (C14N 1.1 §2.4) has no use in the federation.
  fileprivate var hasBase: Bool {
    attribute("base", uri: XMLNamespaces.xml) != nil || parent?.hasBase == true
  }
}

/// `ds:X509Data` with exactly one certificate.
public enum X509Data {
  /// The certificate in a `ds:KeyInfo`. A bare key, a second certificate or a pointer to elsewhere is refused.
  public static func certificate(in keyInfo: XMLElement) throws(SignatureProblem) -> Certificate {
    guard keyInfo.elements.count == 1, let data = keyInfo.child(XMLName(XMLNamespaces.ds, "X509Data")),
      data.elements.count == 1, let element = data.child(XMLName(XMLNamespaces.ds, "X509Certificate")),
      element.elements.isEmpty
    else { throw .keyInfo("KeyInfo does not hold exactly one X509Certificate") }
    // KeyInfo is not covered by the signature it stands in, so nothing may be hidden in it either.
    try keyInfo.allow(attributes: ["Id"], "KeyInfo")
    try data.allow(attributes: [], "X509Data")
    try element.allow(attributes: [], hasText: true, "X509Certificate")
    guard let der = try? Base64.decode(element.text), let certificate = try? Certificate.parse(der: der) else {
      throw .keyInfo("the X509Certificate in KeyInfo cannot be read")
    }
    return certificate
  }

  /// A `ds:KeyInfo` with the certificate. The prefix `ds` is declared on it.
  public static func keyInfo(_ certificate: Certificate) -> XMLElement {
    let keyInfo = XMLElement(
      "ds:KeyInfo", uri: XMLNamespaces.ds, namespaces: [XMLNamespace(prefix: "ds", uri: XMLNamespaces.ds)])
    keyInfo.append(XMLElement("ds:X509Data", uri: XMLNamespaces.ds))
      .append(XMLElement("ds:X509Certificate", uri: XMLNamespaces.ds))
      .append(text: Base64.encode(certificate.der))
    return keyInfo
  }
}
