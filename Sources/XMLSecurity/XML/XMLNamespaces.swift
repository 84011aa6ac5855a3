/// The namespaces of XML security and of web-service security.
public enum XMLNamespaces {
  public static let xml = "http://www.w3.org/XML/1998/namespace"
  public static let xsi = "http://www.w3.org/2001/XMLSchema-instance"
  public static let ds = "http://www.w3.org/2000/09/xmldsig#"
  public static let xenc = "http://www.w3.org/2001/04/xmlenc#"
  public static let xenc11 = "http://www.w3.org/2009/xmlenc11#"
  public static let exclusiveC14N = "http://www.w3.org/2001/10/xml-exc-c14n#"
  public static let wsse =
    "http://docs.oasis-open.org/wss/2004/01/oasis-200401-wss-wssecurity-secext-1.0.xsd"
  public static let wsse11 = "http://docs.oasis-open.org/wss/oasis-wss-wssecurity-secext-1.1.xsd"
  public static let wsu =
    "http://docs.oasis-open.org/wss/2004/01/oasis-200401-wss-wssecurity-utility-1.0.xsd"
}
