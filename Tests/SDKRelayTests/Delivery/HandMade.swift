import Foundation
import GRDB
import Testing
import XMLSecurity

@testable import SDKRelay

/// A message made by hand at access point 0 (or another), whose every layer tests may falsify.
struct HandMade {
  var envelope: EnvelopeHeader
  var payload: Payload
  /// Written instead of the payload.
  var rawPayload: [UInt8]?
  /// The attachments' bytes, by number.
  var files: [[UInt8]] = []
  var signer: Identity?
  var encryptedFor: Certificate?
  var header: UserMessage
  var accessPoint: Identity

  /// A valid message from organisation a to b.
  init(_ net: TestNet, id: MessageID = .new(), text: String = "Hej") throws {
    let (a, b) = (net.a, net.b)
    payload = Payload(
      header: MessageHeader(
        created: Date(milliseconds: Date().milliseconds), messageID: id, conversationID: id, label: "Ärende",
        confidentiality: false,
        recipient: Recipient(id: b.id, attention: Attention(subOrganization: SubOrganization(address: b.box))),
        sender: Sender(id: a.id, attention: Attention(subOrganization: SubOrganization(address: a.box)))),
      documents: [Document(id: "1", texts: [text])])
    envelope = EnvelopeHeader.message(
      id: id, from: a.id, to: b.id, mailbox: b.box, federationID: Federation.test.id)
    signer = a.identity
    encryptedFor = b.identity.certificate
    accessPoint = net.keys.accessPoints[0]
    let mode = ProcessingMode.federation
    let parties = mode.parties(from: "AP9001-TEST", to: "AP9002-TEST")
    header = UserMessage(
      messageID: UserMessage.newMessageID(), timestamp: Date(), from: parties.from, to: parties.to,
      service: mode.service, action: DocumentID.message().action, conversationID: id.value,
      properties: mode.properties(originalSender: a.id.value, finalRecipient: b.id.value))
  }

  /// The sealed envelope.
  func sealed() throws -> [UInt8] {
    let sink = MemorySink()
    _ = try Envelope.seal(envelope, encryptedFor: encryptedFor, signedBy: signer, into: sink) { sink in
      if let rawPayload { return try sink.write(rawPayload) }
      let limits = PayloadLimits(maximumBytes: 100 << 20, allowedTypes: [PayloadLimits.anyType])
      try PayloadWriter.write(payload, limits: limits, into: sink) { file, content in
        try content.write(files[file.content.number])
      }
    }
    return sink.bytes
  }

  /// The AS4 message round these bytes, for a node's access point.
  func packed(_ bytes: [UInt8], in net: TestNet, to node: Int = 1, parts: Int = 1) throws -> PackedMessage {
    let spool = try Spool(folder: net.folder.appending(path: "hand"))
    let file = spool.url(of: UUID().uuidString)
    try Data(bytes).write(to: file)
    return try AS4Packager.pack(
      header,
      payloads: Array(repeating: PayloadSource(url: file, mimeType: "text/xml", characterSet: "UTF-8"), count: parts),
      signer: accessPoint, recipient: net.keys.accessPoints[node].certificate, mode: .federation, spool: spool)
  }

  /// A message receipt from b to a about the message, as node 1's access point would send it.
  static func receipt(
    _ net: TestNet, about id: MessageID, _ outcome: ApplicationResponse.Outcome
  ) throws -> HandMade {
    var made = try HandMade(net)
    let original = EnvelopeHeader.message(
      id: id, from: net.a.id, to: net.b.id, mailbox: net.b.box, federationID: made.envelope.federationID)
    made.envelope = EnvelopeHeader.receipt(id: .new(), for: original, mailbox: net.a.box)
    made.rawPayload = try ReceiptWriter.write(
      ApplicationResponse(to: net.a.id, from: net.b.id, envelopeID: id.value, issued: Date(), outcome: outcome))
    made.signer = net.b.identity
    made.encryptedFor = nil
    made.accessPoint = net.keys.accessPoints[1]
    let mode = ProcessingMode.federation
    (made.header.from, made.header.to) = mode.parties(from: "AP9002-TEST", to: "AP9001-TEST")
    made.header.action = DocumentID.receipt().action
    made.header.properties = mode.properties(originalSender: net.b.id.value, finalRecipient: net.a.id.value)
    return made
  }

  /// Neither signed nor encrypted, as the model Bas has it.
  mutating func makePlain() {
    envelope.documentID = .message(.base)
    header.action = envelope.documentID.action
    envelope.isEncrypted = false
    (encryptedFor, signer) = (nil, nil)
  }

  @discardableResult
  func send(to net: TestNet) async throws -> SignalOutcome {
    try await net.send(packed(try sealed(), in: net))
  }

  /// The same envelope in a message with an id of its own.
  func withNewTransportID() -> HandMade {
    var copy = self
    copy.header.messageID = UserMessage.newMessageID()
    return copy
  }
}

extension TestNet {
  /// Sends to a node and judges the answer.
  func send(_ packed: PackedMessage, to node: Int = 1) async throws -> SignalOutcome {
    let answer = try await post(packed, to: node)
    return Signal.read(
      answer.body, contentType: answer.contentType ?? "", answering: packed,
      signers: [keys.accessPoints[node].certificate],
      trust: try TrustStore(anchors: [keys.accessPointCA.identity.certificate]))
  }

  func post(_ packed: PackedMessage, to node: Int = 1) async throws -> AS4Answer {
    let client = AS4Client(nodes[0].settings.client)
    do {
      let answer = try await client.send(
        try WireBody(file: packed.file), contentType: packed.contentType, to: nodes[node].url)
      await client.shutdown()
      return answer
    } catch {
      await client.shutdown()
      throw error
    }
  }

  /// Waits until node 1 has dealt with so many receptions.
  func settle(_ count: Int) async throws {
    for _ in 0..<600 {
      let (done, jobs) = try nodes[1].relay.store.read { db in
        (
          try Int.fetchOne(db, sql: "SELECT COUNT(*) FROM reception WHERE state <> 'received'") ?? 0,
          try Int.fetchOne(db, sql: "SELECT COUNT(*) FROM job WHERE kind = 'open'") ?? 0
        )
      }
      if done >= count, jobs == 0 { return }
      try await Task.sleep(for: .milliseconds(20))
    }
  }

  /// The functions that node 1's message receipts go to, in their order.
  func receiptFunctions() throws -> [String?] {
    try receiptEnvelopes().map(\.header.handlingServiceID)
  }

  /// The message receipts that node 1 has made, in their order.
  func receipts() throws -> [ApplicationResponse] {
    try receiptEnvelopes().compactMap { envelope in
      let verified = try envelope.verify(.chain(TrustStore(anchors: [b.identity.certificate])), at: Date())
      let sink = MemorySink()
      _ = try verified.open(with: [], into: sink)
      guard case .valid(let response) = ReceiptReader.read(sink.bytes) else { return nil }
      return response
    }
  }

  private func receiptEnvelopes() throws -> [ReceivedEnvelope] {
    let envelopes = try nodes[1].relay.store.read { db in
      try Data.fetchAll(db, sql: "SELECT envelope FROM transfer WHERE kind = 'receipt' ORDER BY id")
    }
    return try envelopes.map { bytes in
      let file = folder.appending(path: UUID().uuidString)
      try bytes.write(to: file)
      return try ReceivedEnvelope.read(file)
    }
  }

  /// What the receipts say: `ACCEPTED`, or `REJECTED` with codes.
  func verdicts() throws -> [String] {
    try receipts().map { response in
      ([response.responseCode] + response.lines.map { "\($0.causeCode) \($0.reasonCode ?? "")" })
        .joined(separator: " ")
    }
  }

  var delivered: Int {
    get throws { try nodes[1].relay.messages(MessageFilter(direction: .incoming)).count }
  }
}

/// Sends one falsified message to node 1 and gives what its receipts say.
func verdict(
  change settings: (inout NodeSettings) -> Void = { _ in }, _ change: (inout HandMade, TestNet) throws -> Void
) async throws -> (verdicts: [String], delivered: Int, events: [String]) {
  var result: (verdicts: [String], delivered: Int, events: [String]) = ([], 0, [])
  try await withNet(change: settings, running: [1]) { net in
    var message = try HandMade(net)
    try change(&message, net)
    guard case .receipt = try await message.send(to: net) else {
      Issue.record("no transport receipt")
      return
    }
    try await net.settle(1)
    result = (try net.verdicts(), try net.delivered, try net.nodes[1].events())
  }
  return result
}

extension TestNet {
  /// The envelope changed, with a signature of its own.
  func resigned(_ bytes: [UInt8], as signer: Identity, _ change: (String) -> String) throws -> [UInt8] {
    // Our own envelopes end with the signature and the end tag.
    let text = String(decoding: bytes, as: UTF8.self)
    guard let signature = text.range(of: "<ds:Signature ") else { return bytes }
    let unsigned = Array((change(String(text[..<signature.lowerBound])) + "</x:XHE>").utf8)
    let root = try XMLElement.parse(unsigned, limits: .envelope(totalBytes: 10 << 20))
    let digest = digest(.sha256, of: root.canonical(.inclusive10))
    _ = try makeSignature(
      references: [SignatureReference(uri: "", transforms: [.enveloped], digestMethod: .sha256, digestValue: digest)],
      canonicalization: .inclusive10, key: signer.privateKey, id: nil, keyInfo: X509Data.keyInfo(signer.certificate),
      appendingTo: root)
    return root.serialized(declaration: true)
  }
}
