import Foundation
import GRDB
import XMLSecurity

/// Makes a transfer's bytes: envelope (encrypt, then sign) and AS4 message (compress, sign, encrypt), in streams.
struct Sealing: Sendable {
  let settings: NodeSettings
  let store: Store
  let work: BlockingWork
  let mode: ProcessingMode

  /// Why a transfer cannot be sealed; asking again does not help.
  struct Problem: Error, CustomStringConvertible {
    let description: String
  }

  func pack(_ transfer: Transfer, to destination: Destination) async throws -> PackedMessage {
    let message =
      try transfer.kind == .message
      ? transfer.messageRow.flatMap { row in
        try store.readOnce { db in try MessageTable.fetch(row, in: db) }
      } : nil
    // Before anything is written. The key may be put back into the settings.
    if let problem = message?.contentProblem { throw problem }
    return try await work.run {
      let spool = try store.layout.sealed(transfer.participant)
      let envelope = try spool.create()
      try write(message, transfer, to: destination, into: envelope)
      let name = randomUUID().uuidString.lowercased()
      // A message's envelope stays as evidence. A message receipt's is in its row already.
      let isKept = transfer.envelope == nil
      if isKept { try envelope.place(as: DataLayout.envelope(name)) } else { try envelope.close() }
      let file = isKept ? spool.url(of: DataLayout.envelope(name)) : envelope.temporaryURL
      do {
        let packed = try withExtendedLifetime(envelope) {
          try AS4Packager.pack(
            header(transfer, to: destination),
            payloads: [PayloadSource(url: file, mimeType: "text/xml", characterSet: "UTF-8")],
            signer: settings.accessPoint.identity, recipient: destination.accessPoint, mode: mode, spool: spool,
            as: DataLayout.wire(name))
        }
        KillPoint.reached(.signed)
        return packed
      } catch {
        if isKept { spool.remove(DataLayout.envelope(name)) }
        throw error
      }
    }
  }

  private func write(
    _ message: StoredMessage?, _ transfer: Transfer, to destination: Destination, into sink: any ByteSink
  ) throws {
    if let sealed = transfer.envelope { return try sink.write(sealed) }
    guard let message, let participant = settings.participant(transfer.participant) else {
      throw Problem(description: "the message or its participant is no longer there")
    }
    guard let mailbox = message.recipient.mailbox, let certificate = destination.encryption.first else {
      throw Problem(description: "the recipient has no mailbox or no published certificate for encryption")
    }
    let header = EnvelopeHeader.message(
      id: message.id, from: message.sender.id, to: message.recipient.id, mailbox: mailbox,
      federationID: settings.federation.id)
    _ = try Envelope.seal(header, encryptedFor: certificate, signedBy: participant.signing, into: sink) { sink in
      try message.writePayload(
        limits: PayloadLimits(outgoing: settings.limits, content: message.content), layout: store.layout, into: sink)
    }
  }

  private func header(_ transfer: Transfer, to destination: Destination) -> UserMessage {
    let parties = mode.parties(
      from: settings.accessPoint.identity.certificate.commonName ?? "",
      to: destination.accessPoint.commonName ?? "")
    return UserMessage(
      messageID: transfer.transportID, timestamp: Date(), from: parties.from, to: parties.to,
      service: mode.service, action: transfer.documentID.action,
      conversationID: transfer.conversationID,
      properties: mode.properties(
        originalSender: transfer.participant.value, finalRecipient: transfer.counterpart.value))
  }
}
