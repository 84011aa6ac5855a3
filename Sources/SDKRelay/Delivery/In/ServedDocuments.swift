import XMLSecurity

/// What this node serves: its participants, and the document types they take (SDK-AS4-04).
struct ServedDocuments: Sendable {
  let participants: [ParticipantID]
  let models: Set<TransportModel>

  /// Our participant that the message is for; nil when we do not serve it.
  func recipient(of message: UserMessage) -> ParticipantID? {
    guard let value = message.finalRecipient, let recipient = try? ParticipantID(value) else { return nil }
    return participants.first { $0 == recipient }
  }

  /// The participant that sent the message; nil when the property is no participant id.
  func sender(of message: UserMessage) -> ParticipantID? {
    message.originalSender.flatMap { try? ParticipantID($0) }
  }

  /// The document type that the action names; nil when it is none that we take.
  func documentID(of message: UserMessage) -> DocumentID? {
    let prefix = DocumentID.scheme + "::"
    guard message.action.hasPrefix(prefix) else { return nil }
    let id = DocumentID(String(message.action.dropFirst(prefix.count)))
    guard id.isMessage || id.isReceipt, let model = id.transportModel, models.contains(model) else { return nil }
    return id
  }

  /// Refuses what is not served or cannot be delivered, before anything is decrypted. Numbered; each names its field.
  func admit(_ message: UserMessage) throws(EbMSError) {
    guard !message.isPing else { return }
    // 1. The participants.
    guard recipient(of: message) != nil else {
      throw .notServiced("finalRecipient \(shown(message.finalRecipient ?? "")) is not served here")
    }
    guard sender(of: message) != nil else {
      throw EbMSError(
        .valueInconsistent,
        "eb:Property[@name='originalSender'] \(shown(message.originalSender ?? "")) is not a participant id")
    }
    // 2. The document type.
    guard documentID(of: message) != nil else {
      throw .notServiced("eb:Action \(shown(message.action)) is not served here")
    }
    // 3. One envelope: a second part would be signed for and then delivered to nobody (invariant 1).
    guard message.parts.count == 1 else {
      throw EbMSError(
        .valueInconsistent, "eb:PayloadInfo: exactly one part is expected, not \(message.parts.count)")
    }
  }
}
