/// An `xenc:EncryptedKey` (XML Encryption 1.1 §3.5.1): a content key, wrapped for its reader.
public struct EncryptedKey {
  /// How the key is wrapped.
  public let transport: KeyTransport
  /// The `ds:KeyInfo` that names the reader's key, or nil.
  public let keyInfo: XMLElement?
  /// The wrapped key.
  public let value: [UInt8]
  /// The ids of the `xenc:EncryptedData` that use the key, as `ReferenceList` names them.
  public let dataReferences: [String]
  /// The element's own id.
  public let id: String?

  private static func name(_ local: String) -> XMLName { XMLName(XMLNamespaces.xenc, local) }

  /// Reads the element strictly and refuses transports that are not allowed.
  public init(parsing element: XMLElement, allowed: Set<KeyTransport>) throws(EncryptionProblem) {
    guard element.name == Self.name("EncryptedKey") else { throw .shape("EncryptedKey is missing") }
    let known: Set<XMLName> = [
      Self.name("EncryptionMethod"), XMLName(XMLNamespaces.ds, "KeyInfo"), Self.name("CipherData"),
      Self.name("ReferenceList"),
    ]
    guard Set(element.elements.map(\.name)).count == element.elements.count,
      element.elements.allSatisfy({ known.contains($0.name) })
    else { throw .shape("EncryptedKey has children that are not expected") }
    guard let method = element.child(Self.name("EncryptionMethod")) else {
      throw .shape("EncryptedKey has no EncryptionMethod")
    }
    transport = try KeyTransport(parsing: method, allowed: allowed)
    guard let data = element.child(Self.name("CipherData")), data.elements.count == 1,
      let cipherValue = data.child(Self.name("CipherValue")), cipherValue.elements.isEmpty,
      let value = try? Base64.decode(cipherValue.text), !value.isEmpty
    else { throw .shape("EncryptedKey has no CipherValue in base64") }
    self.value = value
    keyInfo = element.child(XMLName(XMLNamespaces.ds, "KeyInfo"))
    id = element.attribute("Id")
    var references: [String] = []
    for reference in element.child(Self.name("ReferenceList"))?.elements ?? [] {
      guard reference.name == Self.name("DataReference"), let uri = reference.attribute("URI"), uri.hasPrefix("#")
      else {
        throw .shape("ReferenceList holds something else than references to data")
      }
      references.append(String(uri.dropFirst()))
    }
    dataReferences = references
  }

  /// The element for a wrapped key.
  public static func element(
    id: String? = nil, transport: KeyTransport, explicitDigest: Bool = true, keyInfo: XMLElement, value: [UInt8],
    dataReferences: [String] = []
  ) -> XMLElement {
    let element = XMLElement(
      "xenc:EncryptedKey", uri: XMLNamespaces.xenc,
      namespaces: [XMLNamespace(prefix: "xenc", uri: XMLNamespaces.xenc)],
      attributes: id.map { [XMLAttribute(local: "Id", value: $0)] } ?? [])
    element.append(transport.element(explicitDigest: explicitDigest))
    element.append(keyInfo)
    let data = element.append(XMLElement("xenc:CipherData", uri: XMLNamespaces.xenc))
    data.append(XMLElement("xenc:CipherValue", uri: XMLNamespaces.xenc)).append(text: Base64.encode(value))
    guard !dataReferences.isEmpty else { return element }
    let list = element.append(XMLElement("xenc:ReferenceList", uri: XMLNamespaces.xenc))
    for reference in dataReferences {
      list.append(
        XMLElement(
          "xenc:DataReference", uri: XMLNamespaces.xenc,
          attributes: [XMLAttribute(local: "URI", value: "#\(reference)")]))
    }
    return element
  }
}
