/// How a new message stands to those before it: the ids and references it takes over (B1.3.3, SAD 5.3).
public enum Conversation: Hashable, Sendable {
  /// The first message of a conversation.
  case new
  /// An answer to another's message.
  case reply(to: MessageHeader)
  /// A completion (komplettering) of an own message: the first one, though there may be several completions.
  case complement(of: MessageHeader)

  /// The conversation's id: a new conversation has that of its first message.
  public func conversationID(of message: MessageID) -> MessageID {
    switch self {
    case .new: message
    case .reply(let former), .complement(let former): former.conversationID
    }
  }

  /// The message that is answered or completed.
  public var refToMessageID: MessageID? {
    switch self {
    case .new: nil
    case .reply(let former), .complement(let former): former.messageID
    }
  }

  /// The references that a reply returns to the sender of the answered message, as its recipient's references.
  public var returnedReferences: [Reference] {
    if case .reply(let answered) = self { answered.sender.attention?.references ?? [] } else { [] }
  }
}
