import Foundation
import XMLSecurity

/// Makes message receipts (meddelandekvittenser): signed with the recipient's own key, never encrypted (SDK-KVT-03).
///
/// A receipt is sealed once, before the commit that stores it; a repeat sends the stored bytes.
struct ReceiptSealing: Sendable {
  let settings: NodeSettings
  let work: BlockingWork

  /// - Parameters:
  ///   - header: the envelope of the message that is answered.
  ///   - problems: why it is rejected; none when it is accepted.
  ///   - mailbox: the original sender's functional address, where known.
  func seal(
    for header: EnvelopeHeader, problems: [PayloadProblem], mailbox: FunctionalAddress?
  ) async throws -> SealedReceipt {
    let settings = settings
    return try await work.run {
      guard let participant = settings.participant(header.to) else { throw Sealing.Problem(description: "not served") }
      let response = ApplicationResponse(
        to: header.from, from: participant.id, envelopeID: header.id, issued: Date(),
        outcome: problems.isEmpty ? .accepted : .rejected(problems.map(LineResponse.init)))
      let document = try ReceiptWriter.write(response)
      let id = MessageID.new()
      let receipt = EnvelopeHeader.receipt(id: id, for: header, mailbox: mailbox)
      let sink = MemorySink()
      _ = try Envelope.seal(receipt, encryptedFor: nil, signedBy: participant.signing, into: sink) { sink in
        try sink.write(document)
      }
      return SealedReceipt(
        id: id, documentID: receipt.documentID, receiver: header.from, envelope: sink.bytes,
        isAccepted: problems.isEmpty)
    }
  }
}

/// A message receipt in its envelope.
struct SealedReceipt: Sendable {
  let id: MessageID
  let documentID: DocumentID
  let receiver: ParticipantID
  let envelope: [UInt8]
  let isAccepted: Bool

  /// - Parameter messageRow: the delivered message whose status follows the receipt; nil for a rejected one.
  func transfer(from reception: Reception, messageRow: Int64?) -> NewTransfer {
    NewTransfer(
      participant: reception.participant, kind: .receipt, messageRow: messageRow, receptionRow: reception.row,
      envelopeID: id, conversationID: id.value, counterpart: receiver, documentID: documentID, envelope: envelope)
  }
}
