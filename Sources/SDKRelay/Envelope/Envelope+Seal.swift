public import XMLSecurity

/// What sealing an envelope left behind.
public struct SealedEnvelope: Hashable, Sendable {
  /// The digest that the signature covers; nil for an unsigned envelope.
  public let signedDigest: [UInt8]?
  /// The envelope's length in bytes.
  public let size: Int
}

/// The XHE envelope round a payload.
public enum Envelope {
  /// Writes an envelope in one pass: encrypt, then sign.
  ///
  /// What is written is its own canonical form (Canonical XML 1.0), so that it can be digested as it goes. The payload's
  /// plain text goes into the cipher and nowhere else.
  /// - Parameters:
  ///   - recipient: whose certificate the payload is encrypted for; needed exactly when the header says encrypted.
  ///   - signer: who signs; nil only under ``TransportModel/base``.
  ///   - sink: takes the envelope; it is left open.
  ///   - payload: writes the payload. An unencrypted XML payload must be one element in canonical form, without XML
  ///     declaration; a payload that is not XML is put in as base64.
  public static func seal(
    _ header: EnvelopeHeader, encryptedFor recipient: Certificate?, signedBy signer: Identity?,
    into sink: any ByteSink, payload: (any ByteSink) throws -> Void
  ) throws -> SealedEnvelope {
    precondition(header.isEncrypted == (recipient != nil), "encrypted exactly where the header says so")
    let counted = CountingSink(next: PartSink(of: sink))
    let digested = DigestSink(.sha256)
    let signed = TeeSink([digested, counted])
    try counted.write("<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n")
    let writer = XMLWriter(into: signed)
    try writer.start("x:XHE", namespaces: EnvelopeNames.namespaces)
    try writer.element("xhb:XHEVersionID", EnvelopeNames.version)
    try writer.element("xhb:CustomizationID", EnvelopeNames.customization)
    try write(header, with: writer)
    try writer.start("xha:Payloads")
    try writer.start("xha:Payload")
    try writer.element("xhb:DocumentTypeCode", header.documentTypeCode)
    try writer.element("xhb:ContentTypeCode", header.contentTypeCode)
    if let mailbox = header.handlingServiceID { try writer.element("xhb:HandlingServiceID", mailbox) }
    try writer.element("xhb:InstanceEncryptionIndicator", header.isEncrypted ? "true" : "false")
    try writer.start("xha:PayloadContent")
    if let recipient {
      try encrypt(payload, for: recipient, isXML: header.isXML, with: writer)
    } else if header.isXML {
      try writer.raw { try payload(PartSink(of: $0)) }
    } else {
      try writer.raw { try throughBase64(payload, into: $0) }
    }
    for _ in 0..<3 { try writer.end() }
    guard let signer else {
      try writer.end()
      return SealedEnvelope(signedDigest: nil, size: counted.count)
    }
    // The end tag is signed too, but stands behind the signature: it is digested first and written last.
    try digested.write("</x:XHE>")
    try sign(digested.digest(), by: signer).write(into: counted, declared: EnvelopeNames.namespaces)
    try counted.write("</x:XHE>")
    return SealedEnvelope(signedDigest: digested.digest(), size: counted.count)
  }

  private static func write(_ header: EnvelopeHeader, with writer: XMLWriter) throws {
    try writer.start("xha:Header")
    try writer.element("xhb:ID", header.id)
    try writer.element("xhb:CreationDateTime", header.created)
    try writer.start("xha:BusinessScope")
    let criteria = [
      ("DOCUMENTID", header.documentID.value), ("DOCUMENTID_SCHEME", header.documentScheme),
      ("PROCESSID", header.processID), ("PROCESSID_SCHEME", header.processScheme),
      ("FEDERATIONID", header.federationID),
    ]
    for (code, value) in criteria {
      try writer.start("xha:BusinessScopeCriterion")
      try writer.element("xhb:BusinessScopeCriterionTypeCode", code)
      try writer.element("xhb:BusinessScopeCriterionValue", value)
      try writer.end()
    }
    try writer.end()
    for (role, participant) in [("xha:FromParty", header.from), ("xha:ToParty", header.to)] {
      try writer.start(role)
      try writer.start("xha:PartyIdentification")
      try writer.element("xhb:ID", participant.value, attributes: [("schemeID", ParticipantID.scheme)])
      try writer.end()
      try writer.end()
    }
    try writer.end()
  }

  private static func encrypt(
    _ payload: (any ByteSink) throws -> Void, for recipient: Certificate, isXML: Bool, with writer: XMLWriter
  ) throws {
    let key = randomBytes(ContentCipher.aes256CBC.keyLength)
    let wrapped = try KeyTransport.oaepSHA1.wrap(key, for: recipient.publicKey)
    let keyElement = EncryptedKey.element(
      transport: .oaepSHA1, keyInfo: X509Data.keyInfo(recipient), value: wrapped)
    try writer.start(
      "xenc:EncryptedData", namespaces: [XMLNamespace(prefix: "xenc", uri: XMLNamespaces.xenc)],
      attributes: [("Type", isXML ? EnvelopeNames.elementType : EnvelopeNames.contentType)])
    try writer.start("xenc:EncryptionMethod", attributes: [("Algorithm", ContentCipher.aes256CBC.uri)])
    try writer.end()
    try writer.start("ds:KeyInfo", namespaces: [XMLNamespace(prefix: "ds", uri: XMLNamespaces.ds)])
    // `ds` and `xenc` are declared above already, and declaring them again would not be canonical.
    let declared = [
      XMLNamespace(prefix: "xenc", uri: XMLNamespaces.xenc), XMLNamespace(prefix: "ds", uri: XMLNamespaces.ds),
    ]
    try writer.raw { try keyElement.write(into: $0, declared: declared) }
    try writer.end()
    try writer.start("xenc:CipherData")
    try writer.start("xenc:CipherValue")
    try writer.raw { whole in
      let encoded = Base64EncodingSink(next: PartSink(of: whole))
      let cipher = EncryptingSink(.aes256CBC, key: key, next: encoded)
      try payload(PartSink(of: cipher))
      try cipher.close()
    }
    for _ in 0..<3 { try writer.end() }
  }

  private static func throughBase64(_ payload: (any ByteSink) throws -> Void, into whole: any ByteSink) throws {
    let encoded = Base64EncodingSink(next: PartSink(of: whole))
    try payload(PartSink(of: encoded))
    try encoded.close()
  }

  /// The signature over the digest of the whole document.
  private static func sign(_ digest: [UInt8], by signer: Identity) throws -> XMLElement {
    let reference = SignatureReference(uri: "", transforms: [.enveloped], digestValue: digest)
    let root = XMLElement("x:XHE", uri: EnvelopeNames.envelope, namespaces: EnvelopeNames.namespaces)
    return try makeSignature(
      references: [reference], canonicalization: .inclusive10, key: signer.privateKey,
      keyInfo: X509Data.keyInfo(signer.certificate), appendingTo: root)
  }
}
