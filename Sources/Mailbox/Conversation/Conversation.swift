public import Foundation
public import SDKRelay

/// What makes a conversation one (konversation): the federation lets the same id be reused across recipients.
public struct ConversationKey: Hashable, Sendable, CustomStringConvertible {
  public let id: MessageID
  public let counterparty: ParticipantID
  public let mailbox: MailboxID

  public init(_ id: MessageID, with counterparty: ParticipantID, in mailbox: MailboxID) {
    self.id = id
    self.counterparty = counterparty
    self.mailbox = mailbox
  }

  public var description: String { "\(id.value) with \(counterparty.value) in \(mailbox)" }
}

/// A conversation in a list: as much of it as whoever asks may see.
public struct Conversation: Sendable {
  public let key: ConversationKey
  /// The newest message, for its header.
  public let newest: StoredMessage
  public let count: Int
  /// How many received messages and failed deliveries nobody has marked done.
  public let unhandled: Int
  /// How many failed deliveries are among them.
  public let failed: Int
  /// Where it stands in the list: what ``ConversationQuery/before`` takes for the next page.
  public let position: Int64
}

/// Which conversations to list, newest first.
public struct ConversationQuery: Sendable {
  /// Nil for every mailbox that may be seen.
  public var mailbox: MailboxID?
  public var counterparty: ParticipantID?
  /// Only those with something left to handle.
  public var isUnhandled = false
  /// The ``Conversation/position`` of the last one of the former page.
  public var before: Int64?
  /// At most so many, 1 to 1,000.
  public var limit = 50

  public init() {}
}

/// A conversation opened: its messages, each after what it answers.
public struct ConversationThread: Sendable {
  public let key: ConversationKey
  public let entries: [Entry]
  /// Whether there are older messages than the 500 shown.
  public let isCut: Bool

  public struct Entry: Sendable {
    public let message: StoredMessage
    public let place: ThreadPlace
  }
}

extension StoredMessage {
  /// The other organisation: the recipient of outgoing, the sender of incoming messages.
  public var counterparty: MessageParty { direction == .outgoing ? recipient : sender }
}
