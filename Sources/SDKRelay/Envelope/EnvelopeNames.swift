internal import XMLSecurity

/// The names of XHE 1.0 (Exchange Header Envelope, OASIS and UN/CEFACT).
enum EnvelopeNames {
  private static let base = "http://docs.oasis-open.org/bdxr/ns/XHE/1/"
  static let envelope = base + "ExchangeHeaderEnvelope"
  static let aggregate = base + "AggregateComponents"
  static let basic = base + "BasicComponents"

  static let root = XMLName(envelope, "XHE")
  static let signature = XMLName(XMLNamespaces.ds, "Signature")
  static let encryptedData = XMLName(XMLNamespaces.xenc, "EncryptedData")
  static let payloadContent = aggregate("PayloadContent")

  static func aggregate(_ local: String) -> XMLName { XMLName(aggregate, local) }
  static func basic(_ local: String) -> XMLName { XMLName(basic, local) }

  static let namespaces = [
    XMLNamespace(prefix: "x", uri: envelope), XMLNamespace(prefix: "xha", uri: aggregate),
    XMLNamespace(prefix: "xhb", uri: basic),
  ]

  static let version = "1.0"
  static let customization = "urn:fdc:digg.se:edelivery:xhe:1"
  static let elementType = "http://www.w3.org/2001/04/xmlenc#Element"
  static let contentType = "http://www.w3.org/2001/04/xmlenc#Content"
}
