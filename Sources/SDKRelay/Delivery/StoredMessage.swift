public import Foundation
package import XMLSecurity

/// Which way a message went, as seen from this node's participant.
public enum MessageDirection: String, Hashable, Sendable, Codable, CaseIterable {
  case outgoing = "out"
  case incoming = "in"
}

/// A message in the store, as lists and details show it.
public struct StoredMessage: Sendable {
  /// Its number in the node's database, for what refers to it there. Rises with time.
  public let row: Int64
  /// The participant of this node whose message it is. Stored apart from every other participant's.
  public let participant: ParticipantID
  /// The participant's mailbox that has the message: the sender's of outgoing, the recipient's of incoming messages,
  /// unless the recipient has had it forwarded to another of its mailboxes. Nil where the message names none.
  public let ownMailbox: FunctionalAddress?
  public let direction: MessageDirection
  public let id: MessageID
  public let status: MessageStatus
  public let created: Date
  /// When this node took it: submitted, or received.
  public let stored: Date
  public let conversationID: MessageID
  public let refToMessageID: MessageID?
  public let sender: MessageParty
  public let recipient: MessageParty
  /// The text and the attachments; reading them is not part of any log. Where they cannot be had, a subject that says so.
  public let content: StoredContent
  /// Why the content cannot be had; nil where it can.
  public internal(set) var contentProblem: ContentProblem?
  /// What its attachments and notes are sealed with; nil where it cannot be had, and for what a former version stored.
  package internal(set) var key: SealKey?

  /// The subject.
  public var subject: String { content.subject }
}

/// One end of a message.
public struct MessageParty: Hashable, Sendable, Codable {
  public let id: ParticipantID
  /// The organisation's name.
  public let label: String?
  /// The functional mailbox; a sender of an incoming message may have left it out.
  public let mailbox: FunctionalAddress?
  public let mailboxLabel: String?
}

/// What a message says, kept until it is disposed of. Attachments lie as files in the participant's folder.
public struct StoredContent: Hashable, Sendable, Codable {
  public var subject: String
  public var isConfidential: Bool
  /// The sender's references.
  public var references: [Draft.Reference]
  /// The references of the message that this one answers, returned to its sender (SDK-PAY-15).
  public var returnedReferences: [Draft.Reference]
  public var generatingSystem: InstanceIdentifier?
  /// Persons named on the sender's and the recipient's side. For information; nothing is ever addressed to them.
  public var senderPersons: [Person] = []
  public var recipientPersons: [Person] = []
  public var documents: [Document]
  /// Set once its content has been culled (gallrat): there is nothing else left of it then.
  public var culled: Culled?

  /// Under which rule content was culled, and when.
  public struct Culled: Hashable, Sendable, Codable {
    /// The rule's id.
    public var rule: String
    public var time: Date

    public init(rule: String, time: Date) {
      self.rule = rule
      self.time = time
    }
  }

  public struct Person: Hashable, Sendable, Codable {
    public var id: InstanceIdentifier?
    public var label: String?

    public init(id: InstanceIdentifier? = nil, label: String? = nil) {
      self.id = id
      self.label = label
    }
  }

  public struct Document: Hashable, Sendable, Codable {
    public var id: String
    public var name: String?
    public var index: String?
    public var texts: [String]
    public var files: [File]
  }

  public struct File: Hashable, Sendable, Codable {
    /// The sender's name for it. Never used as a path.
    public var name: String
    public var contentType: String
    /// In bytes.
    public var size: Int
    /// In lower-case hexadecimal.
    public var sha256: String
    /// The name under which it lies in the participant's message folder; generated here.
    public var storedName: String
  }

  /// All texts in their order.
  public var texts: [String] { documents.flatMap(\.texts) }
  /// All attachments in their order.
  public var files: [File] { documents.flatMap(\.files) }
}

/// What to list.
public struct MessageFilter: Sendable {
  public var participant: ParticipantID?
  public var direction: MessageDirection?
  public var statuses: Set<MessageStatus>
  /// The own mailbox: recipient of incoming, sender of outgoing messages.
  public var mailbox: FunctionalAddress?
  /// At most so many, newest first.
  public var limit: Int
  /// Only messages stored before this one: the last of the former page.
  public var before: StoredMessage?

  public init(
    participant: ParticipantID? = nil, direction: MessageDirection? = nil, statuses: Set<MessageStatus> = [],
    mailbox: FunctionalAddress? = nil, limit: Int = 50, before: StoredMessage? = nil
  ) {
    self.participant = participant
    self.direction = direction
    self.statuses = statuses
    self.mailbox = mailbox
    self.limit = limit
    self.before = before
  }
}

/// Something that happened to a message or to the node. Ids and codes only, never content.
public struct RelayEvent: Hashable, Sendable {
  /// Rises with every event of this node; a cursor for followers.
  public let number: Int64
  public let time: Date
  /// The participant it concerns; nil for the node itself.
  public let participant: ParticipantID?
  /// The message (messageId of the payload, ID of the envelope).
  public let messageID: MessageID?
  /// The AS4 message, where one is involved.
  public let transportID: String?
  /// The status the message reached, when the event is a change of status.
  public let status: MessageStatus?
  /// A sentence: what happened, which code, what follows.
  public let text: String
  /// Whether an operator has to look at it.
  public let isAlarm: Bool
}
