import Foundation
import XMLSecurity

@testable import SDKRelay

/// Messages made by hand, to be sent to a node of a ``TestNet``.
extension TestNet {
  /// A payload from one organisation to another.
  func payload(
    _ id: MessageID = .new(), from: TestOrganization? = nil, to: TestOrganization? = nil, text: String = "Text",
    function: FunctionalAddress? = nil, refersTo: MessageID? = nil
  ) -> Payload {
    let (from, to) = (from ?? a, to ?? b)
    let header = MessageHeader(
      created: Date(), messageID: id, conversationID: id, refToMessageID: refersTo, label: "Rubrik",
      confidentiality: false,
      recipient: Recipient(id: to.id, attention: Attention(subOrganization: SubOrganization(address: function ?? to.box))),
      sender: Sender(id: from.id, attention: Attention(subOrganization: SubOrganization(address: from.box))))
    return Payload(header: header, documents: [Document(id: "1", index: "1", texts: [text])])
  }

  func bytes(_ payload: Payload) throws -> [UInt8] {
    let sink = MemorySink()
    try PayloadWriter.write(payload, into: sink) { _, _ in }
    return sink.bytes
  }

  /// Seals bytes as the payload of an envelope from a to b; the header may be changed first.
  func seal(
    _ payload: [UInt8], id: MessageID, isEncrypted: Bool = true, signer: Identity? = nil,
    change: (inout EnvelopeHeader) -> Void = { _ in }
  ) throws -> [UInt8] {
    var header = EnvelopeHeader.message(id: id, from: a.id, to: b.id, mailbox: b.box, federationID: Federation.test)
    header.isEncrypted = isEncrypted
    change(&header)
    let sink = MemorySink()
    _ = try Envelope.seal(
      header, encryptedFor: header.isEncrypted ? b.identity.certificate : nil, signedBy: signer ?? a.identity, into: sink
    ) { try $0.write(payload) }
    return sink.bytes
  }

  func sealed(_ payload: Payload) throws -> [UInt8] {
    try seal(bytes(payload), id: payload.header.messageID)
  }

  /// Packs an envelope as an AS4 message between the two access points.
  func pack(
    _ envelope: [UInt8], transportID: String = UserMessage.newMessageID(), from: ParticipantID? = nil,
    to: ParticipantID? = nil, documentID: DocumentID = .message(), sender: Int = 0, signer: Identity? = nil
  ) throws -> PackedMessage {
    let mode = ProcessingMode.federation
    let receiver = 1 - sender
    let identity = signer ?? keys.accessPoints[sender]
    let parties = mode.parties(
      from: identity.certificate.commonName ?? "", to: keys.accessPoints[receiver].certificate.commonName ?? "")
    let (own, other) = sender == 0 ? (a.id, b.id) : (b.id, a.id)
    let message = UserMessage(
      messageID: transportID, timestamp: Date(), from: parties.from, to: parties.to, service: mode.service,
      action: documentID.action, conversationID: UUID().uuidString.lowercased(), mpc: mode.mpc,
      properties: mode.properties(originalSender: (from ?? own).value, finalRecipient: (to ?? other).value))
    let url = folder.appending(path: UUID().uuidString)
    try Data(envelope).write(to: url)
    return try AS4Packager.pack(
      message, payloads: [PayloadSource(url: url, mimeType: "text/xml", characterSet: "UTF-8")], signer: identity,
      recipient: keys.accessPoints[receiver].certificate, mode: mode, spool: try Spool(folder: folder.appending(path: "forge")))
  }

  /// Posts to a node and gives its answer as it is.
  func post(_ packed: PackedMessage, to receiver: Int = 1) async throws -> AS4Answer {
    var settings = AS4ClientSettings(identity: nil, authorities: .system)
    settings.addresses.allowsPlainLoopback = true
    let client = AS4Client(settings)
    do {
      let answer = try await client.send(
        WireBody(file: packed.file), contentType: packed.contentType, to: nodes[receiver].url)
      await client.shutdown()
      return answer
    } catch {
      await client.shutdown()
      throw error
    }
  }

  /// Posts and judges the answer.
  func outcome(_ packed: PackedMessage, to receiver: Int = 1) async throws -> SignalOutcome {
    let answer = try await post(packed, to: receiver)
    return Signal.read(
      answer.body, contentType: answer.contentType ?? "", answering: packed,
      signers: [keys.accessPoints[receiver].certificate],
      trust: try TrustStore(anchors: [keys.accessPointCA.identity.certificate]))
  }

  /// Sends an envelope and expects the transport receipt.
  func deliver(_ envelope: [UInt8], transportID: String = UserMessage.newMessageID()) async throws -> Bool {
    if case .receipt = try await outcome(pack(envelope, transportID: transportID)) { return true }
    return false
  }
}
