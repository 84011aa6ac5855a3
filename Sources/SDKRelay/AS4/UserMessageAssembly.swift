import XMLSecurity

/// A user message on its way in: first the SOAP part, which decides what the parts must be, then the parts.
final class UserMessageAssembly {
  let receiver: AS4Receiver
  private(set) var messageID: String?
  private(set) var result: VerifiedUserMessage?
  /// What the sender said and who it is, once its signature has been verified; also for a message that is refused.
  private(set) var authenticated: (message: UserMessage, signer: TrustedCertificate)?
  private let spool: Spool
  private let key: SealKey
  private var header: Header?
  private var contentIDs: Set<String> = []
  private var parts: [String: ReceivedPart] = [:]

  /// What the authenticated SOAP part said.
  private struct Header {
    let message: UserMessage
    let signed: SignedReferences
    let ciphers: [String: ContentCipher]
    let key: [UInt8]
    let soap: [UInt8]
  }

  init(receiver: AS4Receiver, spool: Spool, key: SealKey) {
    self.receiver = receiver
    self.spool = spool
    self.key = key
  }

  // MARK: MIME parts

  /// Where a part's content goes. The root comes first: RFC 2387 would allow another, but what follows could not be
  /// judged while it streams.
  func open(_ head: PartHead, _ number: Int, start: String?) throws -> any ByteSink {
    if let id = head.contentID, !contentIDs.insert(id).inserted {
      throw EbMSError(.mimeInconsistency, "part \(number): Content-ID \(shown(id)) occurs twice")
    }
    guard number > 1 else {
      guard start == nil || start == head.contentID else {
        throw EbMSError(.mimeInconsistency, "Content-Type: start does not name the first part")
      }
      guard head.contentType?.name == AS4Names.soapType else {
        throw EbMSError(.mimeInconsistency, "part 1: Content-Type is not \(AS4Names.soapType)")
      }
      return RootSink(self, limit: receiver.limits.soap)
    }
    guard let id = head.contentID else {
      throw EbMSError(.mimeInconsistency, "part \(number): Content-ID is missing")
    }
    return try openPart(id, number)
  }

  private func openPart(_ id: String, _ number: Int) throws -> any ByteSink {
    guard let header, let info = info(id, in: header.message), let reference = header.signed.parts[info.contentID],
      let cipher = header.ciphers[info.contentID]
    else { throw EbMSError(.mimeInconsistency, "part \(number) \(shown(id)) is not in eb:PayloadInfo") }
    guard parts[info.contentID] == nil else {
      throw EbMSError(.mimeInconsistency, "part \(number) \(shown(id)) is meant by the same eb:PartInfo as another")
    }
    let part = ReceivedPart(
      info, reference: reference, decryption: (cipher, header.key), limits: receiver.limits,
      file: try SealedSpoolFile(in: spool, key: key))
    parts[info.contentID] = part
    return part
  }

  /// What the header says about a part. Some products write the Content-ID percent-encoded too, as in the `cid:`
  /// reference.
  private func info(_ id: String, in message: UserMessage) -> PartInfo? {
    let decoded = CIDReference.contentID("cid:\(id)")
    return message.parts.first { $0.contentID == id } ?? message.parts.first { $0.contentID == decoded }
  }

  // MARK: The SOAP part

  /// Judges the SOAP part. The order matters: nothing is decrypted for a stranger, no key is used against policy.
  func take(soap bytes: [UInt8]) throws(EbMSError) {
    // 1. Form of envelope and header.
    let soap: SOAPEnvelope
    do throws(EbMSError) {
      soap = try SOAPEnvelope(parsing: bytes)
    } catch {
      messageID = error.refToMessageID
      throw error
    }
    messageID = soap.messageID
    let message = try MessagingReader.read(soap.messaging)
    // 2. Who signed, and what.
    let now = receiver.now()
    let trust = SignedReferences.Trust(store: receiver.trust, known: receiver.knownCertificates, now: now)
    let signed = try SignedReferences.verify(soap, trust: trust) { certificate in
      Self.refusal(of: certificate, from: message.from.partyID)
    }
    authenticated = (message, signed.signer)
    // 3. Each part is signed, and the Body carries none.
    guard soap.isBodyEmpty else { throw EbMSError(.invalidHeader, "S12:Body must be empty") }
    try checkCoverage(message, signed)
    // 4. The processing mode.
    let ours = receiver.identities.compactMap(\.certificate.commonName)
    try ReceiverChecks.check(message, ours: ours, mode: receiver.mode, now: now)
    try receiver.admit?(message)
    // 5. The encryption policy, then the key.
    let encryption = try PartEncryption(soap, mode: receiver.mode)
    let ciphers = encryption?.ciphers ?? [:]
    try checkEncryption(message, ciphers)
    var key: [UInt8] = []
    if let encryption, let cipher = ciphers.values.first {
      key = encryption.unwrap(with: receiver.identities, cipher: cipher)
    }
    header = Header(message: message, signed: signed, ciphers: ciphers, key: key, soap: bytes)
  }

  /// The sender is who the certificate says, byte by byte (I1).
  private static func refusal(of certificate: Certificate, from partyID: String) -> String? {
    guard let name = certificate.commonName else { return "the signing certificate has no single common name" }
    return sameBytes(name, partyID)
      ? nil : "eb:From/eb:PartyId \(shown(partyID)) is not the signing certificate's common name \(shown(name))"
  }

  private func checkCoverage(_ message: UserMessage, _ signed: SignedReferences) throws(EbMSError) {
    guard message.parts.count <= receiver.limits.parts else {
      throw EbMSError(.mimeInconsistency, "eb:PayloadInfo: more than \(receiver.limits.parts) parts")
    }
    for part in message.parts where signed.parts[part.contentID] == nil {
      throw EbMSError(.policyNoncompliance, "the signature does not cover part \(shown(part.contentID))")
    }
    for id in signed.parts.keys where !message.parts.contains(where: { $0.contentID == id }) {
      throw EbMSError(.mimeInconsistency, "the signature covers part \(shown(id)), which is not in eb:PayloadInfo")
    }
  }

  private func checkEncryption(_ message: UserMessage, _ ciphers: [String: ContentCipher]) throws(EbMSError) {
    for part in message.parts where ciphers[part.contentID] == nil {
      throw EbMSError(.policyNoncompliance, "part \(shown(part.contentID)) is not encrypted")
    }
    for id in ciphers.keys where !message.parts.contains(where: { $0.contentID == id }) {
      throw EbMSError(
        .policyNoncompliance, "an xenc:EncryptedData is about \(shown(id)), which is not in eb:PayloadInfo")
    }
  }

  // MARK: The end

  func finish() throws(EbMSError) {
    guard let header else { throw EbMSError(.mimeInconsistency, "the SOAP part is missing") }
    var payloads: [ReceivedPayload] = []
    for info in header.message.parts {
      guard let payload = parts[info.contentID]?.payload() else {
        throw EbMSError(.mimeInconsistency, "part \(shown(info.contentID)) is missing")
      }
      payloads.append(payload)
    }
    result = VerifiedUserMessage(
      message: header.message, signer: header.signed.signer, references: header.signed.references, payloads: payloads,
      soap: header.soap)
  }

  /// Removes all that has been spooled.
  func discard() {
    for part in parts.values { part.discard() }
    parts = [:]
    result = nil
  }
}
