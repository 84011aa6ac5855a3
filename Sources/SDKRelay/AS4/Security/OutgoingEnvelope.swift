import Foundation
import XMLSecurity

/// A SOAP 1.2 envelope being built: Messaging, an empty Body, and the security header.
///
/// The order is Messaging, then Security; inside it tokens, encrypted key and data before the signature, so that a
/// reader undoes the last step first.
struct OutgoingEnvelope {
  let root = XMLElement("S12:Envelope", uri: AS4Names.soap, namespaces: [.soap])
  let security = XMLElement(
    "wsse:Security", uri: AS4Names.security, namespaces: [.security, .utility], attributes: [.mustUnderstand])
  private let messaging: XMLElement
  private let messagingID: String
  private let body: XMLElement
  private let bodyID = Self.newID("body")

  /// - Parameter messaging: makes the Messaging block with the given id.
  init(_ messaging: (_ id: String) -> XMLElement) {
    messagingID = Self.newID("messaging")
    self.messaging = messaging(messagingID)
    body = XMLElement(
      "S12:Body", uri: AS4Names.soap, namespaces: [.utility], attributes: [.utilityID(bodyID)])
    let header = root.append(XMLElement(soap: "Header"))
    header.append(self.messaging)
    header.append(security)
    root.append(body)
  }

  static func newID(_ what: String) -> String {
    "_\(what)-\(randomUUID().uuidString.lowercased())"
  }

  /// The references to Messaging and Body, exclusive canonical form, SHA-256.
  func references() -> [SignatureReference] {
    [(messagingID, messaging), (bodyID, body)].map { id, element in
      let method = Canonicalization.exclusive(prefixes: [])
      return SignatureReference(
        uri: "#\(id)", transforms: [.canonicalization(method)], digestMethod: .sha256,
        digestValue: digest(.sha256, of: element.canonical(method)))
    }
  }

  /// Adds the signer's token, where its reference needs one, and gives the `ds:KeyInfo` for the signature.
  func addSignerToken(_ signer: Identity, _ kind: KeyReference) throws -> XMLElement {
    let (reference, token) = try TokenReference.make(
      kind, signer.certificate, chain: signer.chain, tokenID: Self.newID("signer"))
    if let token { security.insert(token, at: 0) }
    let info = XMLElement("ds:KeyInfo", uri: AS4Names.ds, namespaces: [.ds])
    info.append(reference)
    return info
  }

  /// Signs the references, RSA-SHA256 (TA12). The one private-key operation of a message.
  func sign(_ references: [SignatureReference], signer: Identity, keyInfo: XMLElement) throws {
    _ = try makeSignature(
      references: references, canonicalization: .exclusive(prefixes: []), key: signer.privateKey,
      id: Self.newID("signature"), keyInfo: keyInfo, appendingTo: security)
  }

  func serialized() -> [UInt8] {
    root.serialized(declaration: true)
  }
}

/// Adds to the security header how the parts are encrypted: one key for all, wrapped for the recipient (TA13).
struct OutgoingEncryption {
  /// The content key; it leaves this process only wrapped.
  let key = randomBytes(ContentCipher.aes128GCM.keyLength)

  func describe(
    _ parts: [PartInfo], for recipient: Certificate, _ kind: KeyReference, in security: XMLElement
  ) throws {
    let keyID = OutgoingEnvelope.newID("key")
    let (reference, token) = try TokenReference.make(
      kind, recipient, chain: [], tokenID: OutgoingEnvelope.newID("recipient"))
    if let token { security.append(token) }
    let info = XMLElement("ds:KeyInfo", uri: AS4Names.ds, namespaces: [.ds])
    info.append(reference)
    let dataIDs = parts.map { _ in OutgoingEnvelope.newID("data") }
    security.append(
      EncryptedKey.element(
        id: keyID, transport: .oaep256, keyInfo: info,
        value: try KeyTransport.oaep256.wrap(key, for: recipient.publicKey), dataReferences: dataIDs))
    for (part, id) in zip(parts, dataIDs) { security.append(data(part, id: id, keyID: keyID)) }
  }

  private func data(_ part: PartInfo, id: String, keyID: String) -> XMLElement {
    let type = part.isCompressed ? AS4Names.gzip : part.mimeType ?? "application/octet-stream"
    let data = XMLElement(
      "xenc:EncryptedData", uri: AS4Names.xenc, namespaces: [.xenc],
      attributes: [
        XMLAttribute("Id", id), XMLAttribute("MimeType", type), XMLAttribute("Type", AS4Names.attachmentContentOnly),
      ])
    data.append(
      XMLElement(xenc: "EncryptionMethod", attributes: [XMLAttribute("Algorithm", ContentCipher.aes128GCM.uri)]))
    let info = data.append(XMLElement("ds:KeyInfo", uri: AS4Names.ds, namespaces: [.ds]))
    let reference = info.append(
      XMLElement(
        "wsse:SecurityTokenReference", uri: AS4Names.security, namespaces: [.security, .security11],
        attributes: [.tokenType(AS4Names.encryptedKey)]))
    reference.append(XMLElement(security: "Reference", attributes: [XMLAttribute("URI", "#\(keyID)")]))
    let cipher = data.append(XMLElement(xenc: "CipherData")).append(
      XMLElement(xenc: "CipherReference", attributes: [XMLAttribute("URI", CIDReference.uri(part.contentID))]))
    cipher.append(XMLElement(xenc: "Transforms")).append(
      XMLElement(
        "ds:Transform", uri: AS4Names.ds, namespaces: [.ds],
        attributes: [XMLAttribute("Algorithm", AS4Names.attachmentCiphertext)]))
    return data
  }
}
