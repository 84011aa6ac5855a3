import Foundation
import XMLSecurity

@testable import SDKRelay

/// The corpus's beginnings, written by our own writers, and the throw-away keys they are made with.
enum Seeds {
  static let folder = URL(filePath: #filePath).deletingLastPathComponent().appending(path: "..")
  /// The clock of signed seeds, whose certificates are valid around it.
  static let moment = Date(timeIntervalSince1970: 1_800_000_000)
  static let municipality = "0203:komvux.kommun.example.se"
  static let office = "0203:arbetsformedling.example.se"

  static func write(into folder: URL) throws {
    try writeKeys(folder.appending(path: "keys"))
    let corpus = folder.appending(path: "corpus")
    let payload = try payload()
    let receipts = try [receipt(.accepted), receipt(.rejected([LineResponse(PayloadRule.size.problem())]))]
    let seeds: [String: [[UInt8]]] = [
      "base64": [Array("TWVk IGhqw6RydA==\r\n".utf8), Array(Base64.encode(Array(0...255)).utf8)],
      "gzip": [try gzip(payload, .huffmanOnly), try gzip(payload, .level(6)), try gzip([], .level(1))],
      "mime": [multipart],
      "payload": [payload],
      "receipt": receipts,
      "soap": [try soap([payload]), try soap([payload, receipts[0]]), try soap([])],
      "xhe": [try envelope(payload, encrypted: true), try envelope(payload, encrypted: false)],
      "xml": [payload, Array(document.utf8)],
    ]
    for (name, inputs) in seeds {
      let place = corpus.appending(path: name)
      try FileManager.default.createDirectory(at: place, withIntermediateDirectories: true)
      for (number, input) in inputs.enumerated() {
        try Data(input).write(to: place.appending(path: "seed-\(number + 1)"))
        // A seed that is refused would leave most of its reader unseen.
        try targets[name]?(input)
      }
    }
  }

  // MARK: Keys

  /// What the receiver of the seeds judges by.
  static func receiver() throws -> AS4Receiver {
    AS4Receiver(
      identities: [try recipient()], trust: try TrustStore(anchors: [certificate("root")]),
      knownCertificates: [try certificate("sender")], now: { moment })
  }

  static func recipient() throws -> Identity {
    let pem = try Data(contentsOf: folder.appending(path: "keys/recipient-key.pem"))
    return try Identity(certificate: certificate("recipient"), privateKey: PrivateKey.load(pem: Array(pem)))
  }

  private static func certificate(_ name: String) throws -> Certificate {
    try Certificate.load(pem: Array(Data(contentsOf: folder.appending(path: "keys/\(name).pem"))))[0]
  }

  private static func request(_ name: String) -> CertificateRequest {
    var request = CertificateRequest(subject: [("C", "SE"), ("O", "Fuzz"), ("CN", name)])
    request.notBefore = moment.addingTimeInterval(-365 * 86_400)
    request.notAfter = moment.addingTimeInterval(3_650 * 86_400)
    return request
  }

  private static let sender = Result {
    try authority.get().issue(request("ap-a"), key: PrivateKey.generate(bits: 2048))
  }
  private static let authority = Result {
    var root = request("Fuzz Root CA")
    root.isCA = true
    return CertificateAuthority(
      identity: try CertificateAuthority.selfSigned(root, key: PrivateKey.generate(bits: 2048)))
  }

  private static func writeKeys(_ folder: URL) throws {
    try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
    let recipient = try authority.get().issue(request("ap-b"), key: PrivateKey.generate(bits: 2048))
    let files = try [
      "root.pem": authority.get().identity.certificate.pem, "sender.pem": sender.get().certificate.pem,
      "recipient.pem": recipient.certificate.pem, "recipient-key.pem": recipient.privateKey.pem,
    ]
    for (name, pem) in files { try Data(pem).write(to: folder.appending(path: name)) }
  }

  // MARK: Documents

  private static func payload() throws -> [UInt8] {
    let content = Array("%PDF-1.7\n".utf8)
    let file = ContentFile(
      fileName: "plan.pdf", contentType: "application/pdf",
      content: ContentReference(number: 0, size: content.count, sha256: digest(.sha256, of: content)))
    let id = MessageID.new()
    let header = MessageHeader(
      created: moment, messageID: id, conversationID: id, label: "Study plan", confidentiality: true,
      generatingSystem: InstanceIdentifier(root: "product", extension: "sdk-relay"),
      recipient: Recipient(id: try ParticipantID(office), label: "Office", attention: try attention(office)),
      sender: Sender(id: try ParticipantID(municipality), label: "School", attention: try attention(municipality)))
    let document = Document(id: "d1", name: "Plan", index: "1", files: [file], texts: ["# Plan\n\nå < ä & ö"])
    let sink = MemorySink()
    try PayloadWriter.write(
      Payload(header: header, documents: [document]), limits: .outgoing, declaration: false, into: sink
    ) { _, place in try place.write(content) }
    return sink.bytes
  }

  private static func attention(_ organization: String) throws -> Attention {
    Attention(
      subOrganization: SubOrganization(address: try FunctionalAddress("sdk:inkorg:\(organization)"), label: "Box"),
      references: [Reference(id: InstanceIdentifier(root: "dnr", extension: "KS 2026/17"))])
  }

  private static func receipt(_ outcome: ApplicationResponse.Outcome) throws -> [UInt8] {
    try ReceiptWriter.write(
      ApplicationResponse(
        to: ParticipantID(municipality), from: ParticipantID(office), envelopeID: MessageID.new().value,
        issued: moment, outcome: outcome))
  }

  private static func envelope(_ payload: [UInt8], encrypted: Bool) throws -> [UInt8] {
    let header = EnvelopeHeader(
      id: MessageID.new().value, documentID: .message(), federationID: Federation.test.id,
      from: try ParticipantID(municipality), to: try ParticipantID(office),
      documentTypeCode: EnvelopeHeader.messageTypeCode, handlingServiceID: "sdk:inkorg", isEncrypted: encrypted)
    let sink = MemorySink()
    _ = try Envelope.seal(
      header, encryptedFor: encrypted ? recipient().certificate : nil, signedBy: sender.get(), into: sink
    ) { try $0.write(payload) }
    return sink.bytes
  }

  private static func soap(_ contents: [[UInt8]]) throws -> [UInt8] {
    let mode = ProcessingMode.federation
    let parties = mode.parties(from: "ap-a", to: "ap-b")
    let isPing = contents.isEmpty
    let message = UserMessage(
      messageID: UserMessage.newMessageID(), timestamp: moment, from: parties.from, to: parties.to,
      service: isPing ? TypedValue(AS4Names.pingService) : mode.service,
      action: isPing ? AS4Names.pingAction : ProcessingMode.action(documentID: EnvelopeHeader.messageTypeCode),
      conversationID: "conversation", mpc: mode.mpc,
      properties: mode.properties(originalSender: municipality, finalRecipient: office))
    let spool = try Spool(folder: FileManager.default.temporaryDirectory.appending(path: "fuzz-seeds-\(getpid())"))
    defer { try? FileManager.default.removeItem(at: spool.folder) }
    let sources = try contents.enumerated().map { number, content in
      let url = spool.folder.appending(path: "content-\(number)")
      try Data(content).write(to: url)
      return PayloadSource(url: url, mimeType: "text/xml", characterSet: "UTF-8")
    }
    let packed = try AS4Packager.pack(
      message, payloads: sources, signer: sender.get(), recipient: recipient().certificate, mode: mode, spool: spool)
    return Array(try Data(contentsOf: packed.file))
  }

  private static func gzip(_ bytes: [UInt8], _ strategy: GzipStrategy) throws -> [UInt8] {
    let packed = MemorySink()
    try feed(bytes, to: GzipCompressingSink(strategy, next: packed), chunk: 4_096)
    return packed.bytes
  }

  private static let multipart = Array(
    [
      "preamble", "--b", "Content-Type: text/xml; charset=UTF-8", "Content-ID: <root>", "", "<a/>", "--b \t",
      "Content-ID: <two>", "Content-Transfer-Encoding: base64", "", "JVBE", "Rg==", "--b", "", "three", "--b--", "",
    ].joined(separator: "\r\n").utf8)

  private static let document = """
    <?xml version="1.0" encoding="UTF-8"?><!-- c --><a:r xmlns:a="urn:a" xmlns="urn:d" a:y="&lt;&#10;" x='"'><b xmlns="" \
    xml:lang="sv">å&#xD;<![CDATA[<&>]]></b><?p i?><c xmlns:e="urn:e" e:z="1" xml:base="../b"/></a:r>
    """
}
