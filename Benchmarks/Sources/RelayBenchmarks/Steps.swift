import Foundation
import SDKRelay
import XMLSecurity

/// The steps of a message's way, each on its own, with the keys that the federation uses.
struct Steps {
  let folder: URL
  private let spool: Spool
  private let sender: Identity
  private let recipient: Identity
  private let organisations: TrustStore
  private let accessPoints: TrustStore
  private let apA: Identity
  private let apB: Identity
  private let anchor: Certificate
  let key: PrivateKey

  init(folder: URL) throws {
    self.folder = folder
    spool = try Spool(folder: folder.appending(path: "spool"))
    let authority = try CertificateAuthority.root("Benchmark CA", bits: 3072)
    func identity(_ name: String) throws -> Identity {
      try authority.issue(
        CertificateRequest(subject: [("C", "SE"), ("O", "Test"), ("CN", name)]), key: PrivateKey.generate(bits: 3072))
    }
    sender = try identity("sender")
    recipient = try identity("recipient")
    apA = try identity("AP9001-TEST")
    apB = try identity("AP9002-TEST")
    organisations = try TrustStore(anchors: [authority.identity.certificate])
    accessPoints = organisations
    key = sender.privateKey
    anchor = authority.identity.certificate
  }

  /// One row of the table: what each step cost at a size, and what it cannot cost less than.
  struct Row {
    let name: String
    let cost: Cost
    let floor: Double
    let peakMegabytes: Double
  }

  func rows(attachment size: Int, floor: Floor) throws -> [Row] {
    let attachment = folder.appending(path: "attachment")
    try Data(randomBytes(size)).write(to: attachment)
    let content = try contentReference(attachment)
    let limits = PayloadLimits(maximumBytes: 1 << 30)
    let payload = try makePayload(content)
    let runs = size > 10 << 20 ? 3 : 5
    let count = size > 100_000 ? 1 : 20
    var rows: [Row] = []
    func row(_ name: String, _ floor: Double, _ work: () throws -> Void) throws {
      let process = ProcessFigures(id: ProcessInfo.processInfo.processIdentifier)
      process.resetPeak()
      let before = process.residentMegabytes
      let cost = try measure(runs: runs, repeating: count, work)
      rows.append(Row(name: name, cost: cost, floor: floor, peakMegabytes: process.peakMegabytes - before))
    }
    // Bytes at each stage: attachment, its base64 in the payload, and the base64 of the ciphertext in the envelope.
    let plain = Double(size), encoded = plain * 4 / 3 + 2_000
    let envelope = encoded * 4 / 3 + 6_000, packed = envelope * 0.76
    try row(
      "seal",
      plain * floor.base64Encoding + encoded * (floor.cbcEncryption + floor.base64Encoding)
        + envelope * (floor.sha256 + floor.writing) + floor.sign + floor.wrap + floor.keep
    ) { try seal(payload, attachment, limits) }
    try row(
      "open",
      envelope * (floor.parsing + floor.sha256) + envelope * (floor.parsing + floor.base64Decoding)
        + encoded * (floor.cbcDecryption + floor.parsing + floor.base64Decoding)
        + plain * (floor.sha256 + floor.writing) + floor.verify + floor.unwrap + floor.keep
    ) { try open(limits) }
    try row(
      "wrap",
      envelope * floor.gzip + packed * (floor.sha256 + floor.gcm + floor.writing) + floor.sign + floor.wrap
        + floor.keep
    ) { try wrap() }
    try row(
      "unwrap",
      packed * (floor.gcm + floor.sha256) + envelope * (floor.gunzip + floor.writing) + 2 * floor.verify + floor.unwrap
        + floor.sign + floor.keep
    ) { try unwrap() }
    return rows
  }

  /// What xmlsec1 and the peer package took for the envelope of the last rows.
  func otherTools() throws -> [String: String] {
    var others: [String: String] = [:]
    if let xmlsec = try Tools.xmlsec(envelopeFile, key: recipient.privateKey, anchor: anchor, folder: folder) {
      others["open"] = String(
        format: "xmlsec1 verify %.0f + decrypt %.0f", xmlsec.verify * 1e3, xmlsec.decrypt * 1e3)
    }
    var root = URL(filePath: #filePath)
    for _ in 0..<4 { root.deleteLastPathComponent() }
    if let peer = try Tools.peer(envelopeFile, root: root) {
      others["wrap"] = String(format: "as4 %.0f", peer.wrap * 1e3)
      others["unwrap"] = String(format: "as4 %.0f", peer.unwrap * 1e3)
    }
    return others
  }

  private var envelopeFile: URL { spool.url(of: "envelope") }
  private var messageFile: URL { spool.url(of: "message") }

  private func seal(_ payload: Payload, _ attachment: URL, _ limits: PayloadLimits) throws {
    let file = try spool.create()
    let header = EnvelopeHeader.message(
      id: payload.header.messageID, from: payload.header.sender.id, to: payload.header.recipient.id,
      mailbox: payload.header.recipient.attention.subOrganization.address, federationID: Federation.test.id)
    _ = try Envelope.seal(header, encryptedFor: recipient.certificate, signedBy: sender, into: file) { sink in
      try PayloadWriter.write(payload, limits: limits, into: sink) { try readFile(attachment, into: $1) }
    }
    try file.keep(as: "envelope")
  }

  private func open(_ limits: PayloadLimits) throws {
    let store = SealedAttachments(spool, .random())
    let reader = PayloadReader(limits: limits, store: store)
    let verified = try ReceivedEnvelope.read(envelopeFile).verify(
      .published([sender.certificate], organisations), at: Date())
    _ = try verified.open(with: [recipient.privateKey], into: reader)
    guard case .valid = reader.result() else { throw Failure(step: "open") }
    for file in store.files.values { try keep(file) }
  }

  private func wrap() throws {
    let mode = ProcessingMode.federation
    let parties = mode.parties(from: "AP9001-TEST", to: "AP9002-TEST")
    let message = UserMessage(
      messageID: UserMessage.newMessageID(), timestamp: Date(), from: parties.from, to: parties.to,
      service: mode.service, action: DocumentID.message().action, conversationID: UUID().uuidString, mpc: mode.mpc,
      properties: mode.properties(
        originalSender: "0203:komvux.kommun.example.se", finalRecipient: "0203:arbetsformedlingen.example.se"))
    let packed = try AS4Packager.pack(
      message, payloads: [PayloadSource(url: envelopeFile, mimeType: "text/xml", characterSet: "UTF-8")], signer: apA,
      recipient: apB.certificate, mode: mode, spool: spool)
    rename(packed.file.path, messageFile.path)
    try? Data(packed.contentType.utf8).write(to: spool.url(of: "type"))
  }

  private func unwrap() throws {
    let type = String(decoding: try Data(contentsOf: spool.url(of: "type")), as: UTF8.self)
    var limits = AS4Limits()
    limits.payload = 1 << 30
    let receiver = AS4Receiver(identities: [apB], trust: accessPoints, limits: limits)
    let reader = UserMessageReader(contentType: type, receiver: receiver, spool: spool)
    try readFile(messageFile, into: reader)
    try reader.close()
    let message = try reader.result()
    _ = try Signal.receipt(for: message, signer: apB, mode: .federation)
    for payload in message.payloads { try keep(payload.file) }
  }

  private func keep(_ file: SealedSpoolFile) throws {
    try file.keep()
    spool.remove(file.name)
  }

  struct Failure: Error {
    let step: String
  }

  private func contentReference(_ file: URL) throws -> ContentReference {
    let digest = DigestSink(.sha256), size = CountingSink(next: digest)
    try readFile(file, into: size)
    return ContentReference(number: 1, size: size.count, sha256: digest.digest())
  }

  private func makePayload(_ content: ContentReference) throws -> Payload {
    let id = MessageID.new()
    func attention(_ address: String) throws -> Attention {
      Attention(subOrganization: SubOrganization(address: try FunctionalAddress(address)))
    }
    let header = MessageHeader(
      created: Date(), messageID: id, conversationID: id, label: "Benchmark", confidentiality: false,
      recipient: Recipient(
        id: try ParticipantID("0203:arbetsformedlingen.example.se"), attention: try attention("sdk:inkorg")),
      sender: Sender(id: try ParticipantID("0203:komvux.kommun.example.se"), attention: try attention("sdk:inkorg")))
    let file = ContentFile(fileName: "plan.pdf", contentType: "application/pdf", content: content)
    return Payload(header: header, documents: [Document(id: "1", index: "1", files: [file], texts: ["Text"])])
  }
}
