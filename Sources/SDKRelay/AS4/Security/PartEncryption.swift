import XMLSecurity

/// The encryption of a received message's parts: which parts, how, and the wrapped key. Read without touching any key.
struct PartEncryption {
  private let encryptedKey: EncryptedKey
  private let soap: SOAPEnvelope
  /// The cipher of each encrypted part by Content-ID.
  let ciphers: [String: ContentCipher]

  /// Nil where the message has no encrypted key.
  init?(_ soap: SOAPEnvelope, mode: ProcessingMode) throws(EbMSError) {
    let keys = soap.security?.children(.xenc("EncryptedKey")) ?? []
    guard let element = keys.first else { return nil }
    guard keys.count == 1 else { throw EbMSError(.policyNoncompliance, "more than one xenc:EncryptedKey") }
    do throws(EncryptionProblem) {
      encryptedKey = try EncryptedKey(parsing: element, allowed: mode.keyTransports)
    } catch {
      throw EbMSError(.policyNoncompliance, "xenc:EncryptedKey: \(error)")
    }
    self.soap = soap
    ciphers = try Self.ciphers(encryptedKey, soap: soap, mode: mode)
  }

  /// The key of the contents. Where it cannot be unwrapped a random key is given, so that all that can go wrong up to
  /// the plaintext fails at the same place, after the same work, with the same words (E3, E5, E9).
  func unwrap(with identities: [Identity], cipher: ContentCipher) -> [UInt8] {
    let substitute = randomBytes(cipher.keyLength)
    let known = identities.map(\.certificate)
    guard let keyInfo = encryptedKey.keyInfo,
      let named = try? NamedCertificates(keyInfo, in: soap, known: known)
    else { return substitute }
    for identity in identities where named.candidates.contains(identity.certificate) {
      let key = try? encryptedKey.transport.unwrap(
        encryptedKey.value, with: identity.privateKey, expectedLength: cipher.keyLength)
      if let key { return key }
    }
    return substitute
  }

  private static func ciphers(
    _ key: EncryptedKey, soap: SOAPEnvelope, mode: ProcessingMode
  ) throws(EbMSError) -> [String: ContentCipher] {
    let listed = try key.dataReferences + siblingReferences(soap)
    for id in listed {
      guard let data = soap.elementByID[ExactText(id)], data.name == .xenc("EncryptedData"),
        data.parent === soap.security
      else {
        throw EbMSError(.policyNoncompliance, "xenc:DataReference \(shown(id)) does not name an xenc:EncryptedData")
      }
    }
    var ciphers: [String: ContentCipher] = [:]
    for data in soap.security?.children(.xenc("EncryptedData")) ?? [] {
      try checkKey(
        of: data, key, isListed: data.attribute("Id").map { id in listed.contains { sameBytes($0, id) } } ?? false)
      let (contentID, cipher) = try part(data, mode: mode)
      guard ciphers.updateValue(cipher, forKey: contentID) == nil else {
        throw EbMSError(.policyNoncompliance, "part \(shown(contentID)) is encrypted twice")
      }
    }
    guard Set(ciphers.values).count <= 1 else {
      throw EbMSError(.policyNoncompliance, "the parts are encrypted with different content ciphers")
    }
    return ciphers
  }

  /// What a `xenc:ReferenceList` beside the key names; some products put it there (WS-Security 1.1.1 §9.1).
  private static func siblingReferences(_ soap: SOAPEnvelope) throws(EbMSError) -> [String] {
    var references: [String] = []
    for list in soap.security?.children(.xenc("ReferenceList")) ?? [] {
      for reference in list.elements {
        guard reference.name == .xenc("DataReference"), let uri = reference.attribute("URI"), uri.hasPrefix("#") else {
          throw EbMSError(
            .policyNoncompliance, "xenc:ReferenceList holds something else than references to xenc:EncryptedData")
        }
        references.append(String(uri.dropFirst()))
      }
    }
    return references
  }

  /// A list names the data, or the data names the key. What names another key is refused in either case.
  private static func checkKey(of data: XMLElement, _ key: EncryptedKey, isListed: Bool) throws(EbMSError) {
    let named = data.child(.ds("KeyInfo"))?.child(.security("SecurityTokenReference"))?.child(.security("Reference"))?
      .attribute("URI")
    guard named == nil || named.map(ExactText.init) == key.id.map({ ExactText("#\($0)") }) else {
      throw EbMSError(.policyNoncompliance, "xenc:EncryptedData names another key than its xenc:EncryptedKey")
    }
    guard isListed || named != nil else {
      throw EbMSError(.policyNoncompliance, "an xenc:EncryptedData is not in xenc:ReferenceList and names no key")
    }
  }

  /// The part an `xenc:EncryptedData` is about. Only whole contents of parts of this message are accepted (E7, X11).
  private static func part(
    _ data: XMLElement, mode: ProcessingMode
  ) throws(EbMSError) -> (String, ContentCipher) {
    guard data.attribute("Type") == AS4Names.attachmentContentOnly else {
      throw EbMSError(.policyNoncompliance, "xenc:EncryptedData/@Type is not Attachment-Content-Only")
    }
    let algorithm = data.child(.xenc("EncryptionMethod"))?.attribute("Algorithm") ?? ""
    guard let cipher = ContentCipher(uri: algorithm), mode.contentCiphers.contains(cipher) else {
      throw EbMSError(.policyNoncompliance, "xenc:EncryptedData: content cipher \(shown(algorithm)) is not accepted")
    }
    guard let reference = data.child(.xenc("CipherData"))?.child(.xenc("CipherReference")),
      let contentID = CIDReference.contentID(reference.attribute("URI") ?? "")
    else { throw EbMSError(.policyNoncompliance, "xenc:EncryptedData does not refer to a part") }
    let transforms = reference.child(.xenc("Transforms"))?.elements ?? []
    guard transforms.count == 1, transforms[0].attribute("Algorithm") == AS4Names.attachmentCiphertext else {
      throw EbMSError(.policyNoncompliance, "xenc:CipherReference: transforms are not accepted")
    }
    return (contentID, cipher)
  }
}
