import XMLSecurity

/// `wsse:SecurityTokenReference`: how a signature or an encrypted key names its certificate.
enum TokenReference {
  /// The reference and, where the certificate travels along, its token for the security header.
  static func make(
    _ kind: KeyReference, _ certificate: Certificate, chain: [Certificate], tokenID: String
  ) throws -> (reference: XMLElement, token: XMLElement?) {
    // WSS4J asks for the type of every token that is not a lone certificate (Basic Security Profile 1.1 R5215).
    let isPath = kind == .pkiPath
    let reference = XMLElement(
      "wsse:SecurityTokenReference", uri: AS4Names.security,
      namespaces: isPath ? [.security, .security11] : [.security],
      attributes: isPath ? [.tokenType(AS4Names.pkiPath)] : [])
    switch kind {
    case .binarySecurityToken:
      reference.append(direct(tokenID, AS4Names.x509v3))
      return (reference, token(certificate.der, AS4Names.x509v3, tokenID))
    case .pkiPath:
      reference.append(direct(tokenID, AS4Names.pkiPath))
      return (reference, token(PKIPath.make(leaf: certificate, chain: chain), AS4Names.pkiPath, tokenID))
    case .subjectKeyIdentifier:
      guard let identifier = certificate.subjectKeyIdentifier else {
        throw PackProblem.noSubjectKeyIdentifier(subject: certificate.subject)
      }
      reference.append(keyIdentifier(identifier, AS4Names.subjectKeyIdentifier))
    case .thumbprint:
      reference.append(keyIdentifier(certificate.sha1Thumbprint, AS4Names.thumbprint))
    case .issuerSerial:
      let data = reference.append(XMLElement("ds:X509Data", uri: AS4Names.ds, namespaces: [.ds]))
      let pair = data.append(XMLElement(ds: "X509IssuerSerial"))
      pair.append(XMLElement(ds: "X509IssuerName", certificate.issuerName))
      pair.append(XMLElement(ds: "X509SerialNumber", certificate.serialNumber))
    }
    return (reference, nil)
  }

  private static func direct(_ id: String, _ type: String) -> XMLElement {
    XMLElement(security: "Reference", attributes: [XMLAttribute("URI", "#\(id)"), XMLAttribute("ValueType", type)])
  }

  private static func keyIdentifier(_ value: [UInt8], _ type: String) -> XMLElement {
    let element = XMLElement(
      security: "KeyIdentifier",
      attributes: [XMLAttribute("EncodingType", AS4Names.base64Binary), XMLAttribute("ValueType", type)])
    element.append(text: Base64.encode(value))
    return element
  }

  private static func token(_ value: [UInt8], _ type: String, _ id: String) -> XMLElement {
    let element = XMLElement(
      security: "BinarySecurityToken",
      attributes: [
        XMLAttribute("EncodingType", AS4Names.base64Binary), XMLAttribute("ValueType", type), .utilityID(id),
      ])
    element.append(text: Base64.encode(value))
    return element
  }
}

/// The certificates a reference may mean, and the issuers sent along. More than one only where a renewed certificate
/// keeps its key identifier.
struct NamedCertificates {
  let candidates: [Certificate]
  let presented: [Certificate]

  /// - Parameters:
  ///   - keyInfo: exactly one reference; bare keys, embedded certificates and remote references are refused (X10).
  ///   - known: the certificates that a reference without certificate may mean.
  init(_ keyInfo: XMLElement, in soap: SOAPEnvelope, known: [Certificate]) throws(EbMSError) {
    guard keyInfo.elements.count == 1 else {
      throw Self.refused("ds:KeyInfo: exactly one reference is expected")
    }
    let child = keyInfo.elements[0]
    // Some products leave out wsse:SecurityTokenReference round ds:X509Data.
    let reference = child.name == .ds("X509Data") ? keyInfo : child
    guard child.name == .ds("X509Data") || child.name == .security("SecurityTokenReference"),
      reference.elements.count == 1
    else { throw Self.refused("ds:KeyInfo: exactly one wsse:SecurityTokenReference with one reference is expected") }
    let inner = reference.elements[0]
    switch inner.name {
    case .security("Reference"): self = try Self.direct(inner, soap)
    case .security("KeyIdentifier"): self = try Self.keyIdentifier(inner, known)
    case .ds("X509Data"): self = try Self.issuerSerial(inner, known)
    default: throw Self.refused("wsse:SecurityTokenReference/\(shown(inner.local)) is not accepted")
    }
  }

  private init(_ candidates: [Certificate], presented: [Certificate] = [], form: String) throws(EbMSError) {
    guard !candidates.isEmpty else { throw Self.refused("no known certificate has this \(form)") }
    self.candidates = candidates
    self.presented = presented
  }

  private static func direct(_ reference: XMLElement, _ soap: SOAPEnvelope) throws(EbMSError) -> NamedCertificates {
    let uri = reference.attribute("URI") ?? ""
    guard uri.hasPrefix("#"), let token = soap.elementByID[ExactText(String(uri.dropFirst()))],
      token.name == .security("BinarySecurityToken"), token.parent === soap.security
    else { throw refused("wsse:Reference \(shown(uri)) does not name a wsse:BinarySecurityToken") }
    let encoding = token.attribute("EncodingType")
    guard encoding == nil || encoding == AS4Names.base64Binary, token.elements.isEmpty,
      let value = try? Base64.decode(token.text)
    else { throw refused("wsse:BinarySecurityToken \(shown(uri)) is not base64") }
    switch token.attribute("ValueType").map(ExactText.init) {
    case ExactText(AS4Names.x509v3):
      let certificate = try parsed(uri, "certificate") { () throws(CertificateProblem) in
        try Certificate.parse(der: value)
      }
      return try NamedCertificates([certificate], form: "X509v3 token")
    case ExactText(AS4Names.pkiPath):
      let path = try parsed(uri, "certificate path") { () throws(CertificateProblem) in try PKIPath.parse(value) }
      return try NamedCertificates(Array(path.suffix(1)), presented: path.dropLast(), form: "X509PKIPathv1 token")
    default: throw refused("wsse:BinarySecurityToken \(shown(uri)): ValueType is not accepted")
    }
  }

  private static func parsed<Value>(
    _ uri: String, _ kind: String, _ parse: () throws(CertificateProblem) -> Value
  ) throws(EbMSError) -> Value {
    do throws(CertificateProblem) {
      return try parse()
    } catch {
      switch error {
      case .unreadable: throw refused("wsse:BinarySecurityToken \(shown(uri)) is not a \(kind)")
      case .notRSA: throw refused("wsse:BinarySecurityToken \(shown(uri)): \(error)")
      }
    }
  }

  private static func keyIdentifier(
    _ identifier: XMLElement, _ known: [Certificate]
  ) throws(EbMSError) -> NamedCertificates {
    let encoding = identifier.attribute("EncodingType")
    guard encoding == nil || encoding == AS4Names.base64Binary, identifier.elements.isEmpty,
      let value = try? Base64.decode(identifier.text)
    else { throw refused("wsse:KeyIdentifier is not base64") }
    switch identifier.attribute("ValueType").map(ExactText.init) {
    case ExactText(AS4Names.subjectKeyIdentifier):
      return try NamedCertificates(
        known.filter { $0.subjectKeyIdentifier == value }, form: "subject key identifier")
    case ExactText(AS4Names.thumbprint):
      return try NamedCertificates(known.filter { $0.sha1Thumbprint == value }, form: "thumbprint")
    default: throw refused("wsse:KeyIdentifier: ValueType is not accepted")
    }
  }

  private static func issuerSerial(_ data: XMLElement, _ known: [Certificate]) throws(EbMSError) -> NamedCertificates {
    guard data.elements.count == 1, let pair = data.child(.ds("X509IssuerSerial")),
      let issuer = pair.child(.ds("X509IssuerName")), let serial = pair.child(.ds("X509SerialNumber")),
      pair.elements.count == 2
    else { throw refused("ds:X509Data: exactly one ds:X509IssuerSerial is expected") }
    let number = serial.text.trimmingXMLSpace
    return try NamedCertificates(
      known.filter { $0.issuerMatches(issuer.text.trimmingXMLSpace, serial: number) }, form: "issuer and serial")
  }

  private static func refused(_ detail: String) -> EbMSError {
    EbMSError(.failedAuthentication, detail)
  }
}
