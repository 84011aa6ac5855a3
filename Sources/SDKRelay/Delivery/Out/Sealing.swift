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
    return try await work.run {
      let spool = try store.layout.transit(transfer.participant)
      // The envelope lives only until it has been packed: the packed bytes are what is kept and repeated.
      let envelope = try spool.create()
      try write(message, transfer, to: destination, into: envelope)
      try envelope.close()
      let source = PayloadSource(url: envelope.temporaryURL, mimeType: "text/xml", characterSet: "UTF-8")
      let packed = try withExtendedLifetime(envelope) {
        try AS4Packager.pack(
          header(transfer, to: destination), payloads: [source], signer: settings.accessPoint.identity,
          recipient: destination.accessPoint, mode: mode, spool: spool)
      }
      KillPoint.reached(.signed)
      return packed
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
