/// Why a signature is refused. Texts name elements, references and algorithms, never content.
public enum SignatureProblem: Error, Hashable, Sendable, CustomStringConvertible {
  /// It is not built as this layer's signatures are.
  case shape(String)
  /// It uses an algorithm outside the allow-list.
  case algorithm(String)
  /// The signer's certificate is not given as it must be.
  case keyInfo(String)
  /// The signature value is not the key's over `SignedInfo`.
  case valueMismatch
  /// What a reference names is not what was signed.
  case digestMismatch(reference: String)

  public var description: String {
    switch self {
    case .shape(let what): what
    case .algorithm(let what): "\(what) is not allowed"
    case .keyInfo(let what): what
    case .valueMismatch: "the signature value does not match"
    case .digestMismatch(let reference): "the digest of reference \(shown(reference)) does not match"
    }
  }
}

/// What is done to referenced data before it is digested.
public enum SignatureTransform: Hashable, Sendable {
  /// The signature itself is left out.
  case enveloped
  case canonicalization(Canonicalization)
  /// A MIME part's content as it is (SOAP with Attachments profile 1.1 §5.4.2).
  case attachmentContent

  /// The transform's identifier.
  public var uri: String {
    switch self {
    case .enveloped: "http://www.w3.org/2000/09/xmldsig#enveloped-signature"
    case .canonicalization(let method): method.uri
    case .attachmentContent:
      "http://docs.oasis-open.org/wss/oasis-wss-SwAProfile-1.1#Attachment-Content-Signature-Transform"
    }
  }
}

/// A `ds:Reference`: what was signed, how it was transformed, and its digest.
public struct SignatureReference: Hashable, Sendable {
  /// `""` for the whole document, `#id` for an element, `cid:…` for a MIME part.
  public var uri: String
  /// What is done to the data, in order.
  public var transforms: [SignatureTransform]
  /// The digest of the transformed data.
  public var digestMethod: DigestAlgorithm
  /// The digest that was signed.
  public var digestValue: [UInt8]
  /// The element's own id, kept so that a receipt can repeat the very reference.
  public var id: String?

  public init(
    uri: String, transforms: [SignatureTransform], digestMethod: DigestAlgorithm = .sha256, digestValue: [UInt8],
    id: String? = nil
  ) {
    self.uri = uri
    self.id = id
    self.transforms = transforms
    self.digestMethod = digestMethod
    self.digestValue = digestValue
  }

  static let elementName = XMLName(XMLNamespaces.ds, "Reference")

  /// Reads the element and refuses what the policy does not allow.
  public init(parsing element: XMLElement, policy: SignaturePolicy) throws(SignatureProblem) {
    guard element.name == Self.elementName, let uri = element.attribute("URI") else {
      throw .shape("a Reference has no URI")
    }
    try element.allow(attributes: ["Id", "URI"], "Reference")
    self.uri = uri
    id = element.attribute("Id")
    var children = element.elements
    transforms = []
    if children.first?.name == XMLName(XMLNamespaces.ds, "Transforms") {
      let list = children.removeFirst()
      try list.allow(attributes: [], "Transforms")
      for transform in list.elements { transforms.append(try Self.transform(transform)) }
    }
    guard children.map(\.name) == [XMLName(XMLNamespaces.ds, "DigestMethod"), XMLName(XMLNamespaces.ds, "DigestValue")]
    else { throw .shape("a Reference has other children than Transforms, DigestMethod and DigestValue") }
    try children[0].allow(attributes: ["Algorithm"], "DigestMethod")
    try children[1].allow(attributes: [], hasText: true, "DigestValue")
    guard let digest = DigestAlgorithm(uri: children[0].attribute("Algorithm") ?? ""), digest == policy.digest,
      children[0].elements.isEmpty
    else { throw .algorithm("the digest of reference \(shown(uri))") }
    digestMethod = digest
    guard children[1].elements.isEmpty, let value = try? Base64.decode(children[1].text), value.count == digest.length
    else { throw .shape("the DigestValue of reference \(shown(uri)) is not a digest") }
    digestValue = value
    guard policy.allowsTransforms(self) else { throw .algorithm("the list of transforms of reference \(shown(uri))") }
  }

  /// Whether these bytes, as transformed, are what was signed.
  public func check(_ digest: [UInt8]) throws(SignatureProblem) {
    guard constantTimeEqual(digest, digestValue) else { throw .digestMismatch(reference: uri) }
  }

  /// The `ds:Reference`. The prefix `ds` must be declared above it.
  public func element() -> XMLElement {
    let id = id.map { [XMLAttribute(local: "Id", value: $0)] } ?? []
    let element = XMLElement(
      "ds:Reference", uri: XMLNamespaces.ds, attributes: id + [XMLAttribute(local: "URI", value: uri)])
    if !transforms.isEmpty {
      let list = element.append(XMLElement("ds:Transforms", uri: XMLNamespaces.ds))
      for transform in transforms { list.append(Self.element(transform)) }
    }
    element.append(.algorithm("ds:DigestMethod", digestMethod.uri))
    element.append(XMLElement("ds:DigestValue", uri: XMLNamespaces.ds)).append(text: Base64.encode(digestValue))
    return element
  }

  private static func transform(_ element: XMLElement) throws(SignatureProblem) -> SignatureTransform {
    guard element.name == XMLName(XMLNamespaces.ds, "Transform"), let uri = element.attribute("Algorithm") else {
      throw .shape("Transforms holds something else than a Transform")
    }
    try element.allow(attributes: ["Algorithm"], "Transform")
    for simple in [SignatureTransform.enveloped, .attachmentContent] where sameBytes(uri, simple.uri) {
      guard element.elements.isEmpty else { throw .shape("a Transform has parameters that are not expected") }
      return simple
    }
    return .canonicalization(try canonicalization(element, uri: uri, what: "a transform"))
  }

  /// Reads the method of a `Transform` or `CanonicalizationMethod` with its InclusiveNamespaces.
  static func canonicalization(
    _ element: XMLElement, uri: String, what: String
  ) throws(SignatureProblem) -> Canonicalization {
    var prefixes: [String] = []
    for parameter in element.elements {
      guard parameter.name == XMLName(XMLNamespaces.exclusiveC14N, "InclusiveNamespaces"), element.elements.count == 1,
        parameter.elements.isEmpty, sameBytes(uri, Canonicalization.exclusive().uri),
        let list = parameter.attribute("PrefixList")
      else { throw .shape("\(what) has parameters that are not expected") }
      try parameter.allow(attributes: ["PrefixList"], "InclusiveNamespaces")
      prefixes = list.unicodeScalars.split { [" ", "\t", "\r", "\n"].contains($0) }.map(String.init)
      // Every element is held against every prefix: a long list would cost time before anybody has been believed.
      guard prefixes.count <= maximumPrefixes else { throw .shape("\(what) names too many prefixes") }
    }
    guard let method = Canonicalization(uri: uri, prefixes: prefixes) else { throw .algorithm(what) }
    return method
  }

  /// As many as may be in scope at all (``XMLLimits``).
  private static let maximumPrefixes = 64

  static func element(_ transform: SignatureTransform) -> XMLElement {
    let element = XMLElement.algorithm("ds:Transform", transform.uri)
    if case .canonicalization(let method) = transform { element.appendPrefixes(of: method) }
    return element
  }
}

extension XMLElement {
  static func algorithm(_ name: String, _ uri: String) -> XMLElement {
    XMLElement(name, uri: XMLNamespaces.ds, attributes: [XMLAttribute(local: "Algorithm", value: uri)])
  }

  func appendPrefixes(of method: Canonicalization) {
    guard case .exclusive(let prefixes) = method, !prefixes.isEmpty else { return }
    let list = prefixes.map { $0.isEmpty ? "#default" : $0 }.joined(separator: " ")
    append(
      XMLElement(
        "ec:InclusiveNamespaces", uri: XMLNamespaces.exclusiveC14N,
        namespaces: [XMLNamespace(prefix: "ec", uri: XMLNamespaces.exclusiveC14N)],
        attributes: [XMLAttribute(local: "PrefixList", value: list)]))
  }

  /// Refuses other attributes than these and text that is no white space.
  /// - Parameter hasText: whether the text is the element's value, which the caller reads.
  func allow(attributes allowed: [String], hasText: Bool = false, _ name: String) throws(SignatureProblem) {
    guard attributes.allSatisfy({ own in allowed.contains { own.name == XMLName("", $0) } }) else {
      throw .shape("\(name) has attributes that are not expected")
    }
    // XML's four white-space characters only: Unicode has others in which something could be hidden.
    guard hasText || text.utf8.allSatisfy(isXMLSpace) else {
      throw .shape("\(name) has text that is not expected")
    }
  }
}
