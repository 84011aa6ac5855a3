/// What this node serves: its participants, and the document types they take (SDK-AS4-04).
struct ServedDocuments: Sendable {
  let participants: [ParticipantID]
  let models: Set<TransportModel>

  /// Our participant that the message is for; nil when we do not serve it.
  func recipient(of message: UserMessage) -> ParticipantID? {
    guard let value = message.finalRecipient, let recipient = try? ParticipantID(value) else { return nil }
    return participants.first { $0 == recipient }
  }

  /// The document type that the action names; nil when it is none that we take.
  func documentID(of message: UserMessage) -> DocumentID? {
    let prefix = DocumentID.scheme + "::"
    guard message.action.hasPrefix(prefix) else { return nil }
    let id = DocumentID(String(message.action.dropFirst(prefix.count)))
    guard id.isMessage || id.isReceipt, let model = id.transportModel, models.contains(model) else { return nil }
    return id
  }

  /// Refuses what is not served, before anything is decrypted.
  func admit(_ message: UserMessage) throws(EbMSError) {
    guard !message.isPing else { return }
    guard recipient(of: message) != nil, documentID(of: message) != nil else { throw .notServiced }
  }
}
