/// What this node serves: its participants, and the document types they take (SDK-AS4-04).
struct ServedDocuments: Sendable {
  let participants: [ParticipantID]

  /// Our participant that the message is for; nil when we do not serve it.
  func recipient(of message: UserMessage) -> ParticipantID? {
    guard let value = message.finalRecipient, let recipient = try? ParticipantID(value) else { return nil }
    return participants.first { $0 == recipient }
  }

  /// Refuses what is not served, before anything is decrypted.
  func admit(_ message: UserMessage) throws(EbMSError) {
    guard !message.isPing else { return }
    guard recipient(of: message) != nil, DocumentKind(action: message.action) != nil else {
      throw .notServiced
    }
  }
}
