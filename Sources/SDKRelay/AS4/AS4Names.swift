import XMLSecurity

/// Namespaces and identifiers of SOAP 1.2, ebMS 3.0, WS-Security 1.1.1 and the SwA profile.
enum AS4Names {
  static let soap = "http://www.w3.org/2003/05/soap-envelope"
  static let ebms = "http://docs.oasis-open.org/ebxml-msg/ebms/v3.0/ns/core/200704/"
  static let receipt = "http://docs.oasis-open.org/ebxml-bp/ebbp-signals-2.0"
  static let security = XMLNamespaces.wsse
  static let security11 = XMLNamespaces.wsse11
  static let utility = XMLNamespaces.wsu
  static let xml = XMLNamespaces.xml
  static let ds = XMLNamespaces.ds
  static let xenc = XMLNamespaces.xenc

  private static let tokenProfile =
    "http://docs.oasis-open.org/wss/2004/01/oasis-200401-wss-x509-token-profile-1.0#"
  private static let messageSecurity11 = "http://docs.oasis-open.org/wss/oasis-wss-soap-message-security-1.1#"
  private static let attachments = "http://docs.oasis-open.org/wss/oasis-wss-SwAProfile-1.1#"
  static let x509v3 = tokenProfile + "X509v3"
  static let pkiPath = tokenProfile + "X509PKIPathv1"
  static let subjectKeyIdentifier = tokenProfile + "X509SubjectKeyIdentifier"
  static let thumbprint = messageSecurity11 + "ThumbprintSHA1"
  static let encryptedKey = messageSecurity11 + "EncryptedKey"
  static let base64Binary =
    "http://docs.oasis-open.org/wss/2004/01/oasis-200401-wss-soap-message-security-1.0#Base64Binary"
  static let attachmentContentOnly = attachments + "Attachment-Content-Only"
  static let attachmentCiphertext = attachments + "Attachment-Ciphertext-Transform"

  static let initiator = ebms + "initiator"
  static let responder = ebms + "responder"
  static let defaultMPC = ebms + "defaultMPC"
  static let pingService = ebms + "service"
  static let pingAction = ebms + "test"
  static let gzip = "application/gzip"
  static let soapType = "application/soap+xml"
}

extension XMLElement {
  /// An element with the prefix this node always uses for its namespace.
  convenience init(soap local: String) {
    self.init("S12:\(local)", uri: AS4Names.soap)
  }

  convenience init(ebms local: String, _ text: String? = nil, attributes: [XMLAttribute] = []) {
    self.init("eb:\(local)", uri: AS4Names.ebms, attributes: attributes)
    if let text { append(text: text) }
  }

  convenience init(security local: String, attributes: [XMLAttribute] = []) {
    self.init("wsse:\(local)", uri: AS4Names.security, attributes: attributes)
  }

  convenience init(xenc local: String, attributes: [XMLAttribute] = []) {
    self.init("xenc:\(local)", uri: AS4Names.xenc, attributes: attributes)
  }

  convenience init(ds local: String, _ text: String? = nil, attributes: [XMLAttribute] = []) {
    self.init("ds:\(local)", uri: AS4Names.ds, attributes: attributes)
    if let text { append(text: text) }
  }
}

extension XMLAttribute {
  /// An attribute without a namespace.
  init(_ local: String, _ value: String) {
    self.init(prefix: "", uri: "", local: local, value: value)
  }

  static func utilityID(_ value: String) -> XMLAttribute {
    XMLAttribute(prefix: "wsu", uri: AS4Names.utility, local: "Id", value: value)
  }

  /// What kind of token a `wsse:SecurityTokenReference` leads to.
  static func tokenType(_ value: String) -> XMLAttribute {
    XMLAttribute(prefix: "wsse11", uri: AS4Names.security11, local: "TokenType", value: value)
  }

  static let mustUnderstand = XMLAttribute(
    prefix: "S12", uri: AS4Names.soap, local: "mustUnderstand", value: "true")
}

extension XMLNamespace {
  static let soap = XMLNamespace(prefix: "S12", uri: AS4Names.soap)
  static let ebms = XMLNamespace(prefix: "eb", uri: AS4Names.ebms)
  static let security = XMLNamespace(prefix: "wsse", uri: AS4Names.security)
  static let security11 = XMLNamespace(prefix: "wsse11", uri: AS4Names.security11)
  static let utility = XMLNamespace(prefix: "wsu", uri: AS4Names.utility)
  static let ds = XMLNamespace(prefix: "ds", uri: AS4Names.ds)
  static let xenc = XMLNamespace(prefix: "xenc", uri: AS4Names.xenc)
}

extension XMLName {
  static func soap(_ local: String) -> XMLName { XMLName(AS4Names.soap, local) }
  static func ebms(_ local: String) -> XMLName { XMLName(AS4Names.ebms, local) }
  static func security(_ local: String) -> XMLName { XMLName(AS4Names.security, local) }
  static func ds(_ local: String) -> XMLName { XMLName(AS4Names.ds, local) }
  static func xenc(_ local: String) -> XMLName { XMLName(AS4Names.xenc, local) }
}
