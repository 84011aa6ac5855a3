public import Foundation
public import XMLSecurity

/// A message as its writer hands it over: everything that the relay does not fill in itself.
public struct Draft: Sendable {
  /// One of this node's participants, and the functional mailbox (funktionsbrevlåda) the message comes from.
  public var sender: Mailbox
  /// The receiving organisation's functional mailbox.
  public var recipient: Mailbox
  /// The subject, at most 256 characters. Never personal data (SDK digest §9).
  public var subject: String
  /// Texts and attachments, in the order in which they are to be shown. Together at least one of either.
  public var documents: [Document]
  /// The sender's assessment of secrecy (sekretess).
  public var isConfidential: Bool
  /// The sender's references, such as a registry number (diarienummer).
  public var references: [Reference]
  /// The message this one answers: the conversation goes on and its sender's references are returned.
  public var replyTo: MessageID?
  /// What a client that keeps its own conversations has decided; the relay fills in the rest.
  public var chosen = Chosen()
  /// The system that made the message, for support.
  public var generatingSystem: InstanceIdentifier?
  /// Persons named on either side. For information; nothing is ever addressed to them.
  public var senderPersons: [StoredContent.Person] = []
  public var recipientPersons: [StoredContent.Person] = []

  /// - Parameters:
  ///   - text: the message in Markdown; nil when it consists of attachments only.
  ///   - attachments: shown after the text, in the same document.
  public init(
    from sender: Mailbox, to recipient: Mailbox, subject: String, text: String? = nil, attachments: [Attachment] = [],
    isConfidential: Bool = false, references: [Reference] = [], replyTo: MessageID? = nil
  ) {
    self.sender = sender
    self.recipient = recipient
    self.subject = subject
    self.documents = [Document(texts: text.map { [$0] } ?? [], attachments: attachments)]
    self.isConfidential = isConfidential
    self.references = references
    self.replyTo = replyTo
  }

  /// A functional mailbox of an organisation: the only addressable unit.
  public struct Mailbox: Hashable, Sendable {
    public var participant: ParticipantID
    public var address: FunctionalAddress

    public init(_ participant: ParticipantID, _ address: FunctionalAddress) {
      self.participant = participant
      self.address = address
    }
  }

  /// Texts and attachments that belong together.
  public struct Document: Hashable, Sendable {
    /// Its identifier in the message; a new one when nil.
    public var id: String?
    public var name: String?
    /// Its place among the documents, a number from 1.
    public var index: String?
    /// In Markdown.
    public var texts: [String]
    public var attachments: [Attachment]

    public init(
      id: String? = nil, name: String? = nil, index: String? = nil, texts: [String] = [],
      attachments: [Attachment] = []
    ) {
      self.id = id
      self.name = name
      self.index = index
      self.texts = texts
      self.attachments = attachments
    }
  }

  /// What the writer may choose instead of the relay. What is nil is filled in.
  public struct Chosen: Hashable, Sendable {
    /// New among all messages of the organisation; the same id again is refused.
    public var messageID: MessageID?
    public var conversationID: MessageID?
    /// The message that is answered or complemented, also one that is no longer here.
    public var refToMessageID: MessageID?
    public var created: Date?
    /// The references that are returned to the recipient.
    public var returnedReferences: [Reference]?

    public init() {}
  }

  /// All attachments in their order.
  public var attachments: [Attachment] { documents.flatMap(\.attachments) }

  /// A file to send. It is copied into the message store before the message is accepted.
  public struct Attachment: Hashable, Sendable {
    public var stored: StoredFile
    /// Where it lies.
    public var file: URL { stored.url }
    /// The name shown to the recipient: a plain file name.
    public var name: String
    /// The media type, e.g. `application/pdf`.
    public var contentType: String

    public init(_ file: URL, name: String? = nil, contentType: String) {
      self.init(StoredFile(file), name: name ?? file.lastPathComponent, contentType: contentType)
    }

    /// A file that may be sealed, such as another message's attachment (``Relay/attachment(_:of:)``).
    public init(_ file: StoredFile, name: String, contentType: String) {
      stored = file
      self.name = name
      self.contentType = contentType
    }
  }

  /// A reference by its code system (root, e.g. `dnr`) and value.
  public struct Reference: Hashable, Sendable, Codable {
    public var root: String
    public var value: String
    public var label: String?

    public init(root: String, value: String, label: String? = nil) {
      self.root = root
      self.value = value
      self.label = label
    }
  }
}

/// Why a draft was not accepted. Nothing has been stored then.
public enum SubmissionProblem: Error, Sendable, CustomStringConvertible {
  /// Something in the draft is wrong; the sentence names it, without content.
  case refused(String)
  /// The finished message breaks the federation's rules.
  case invalid([PayloadProblem])
  /// The message id has been used before.
  case duplicate(MessageID)
  /// The message with its attachments is larger than the limit, in bytes (SDK case 2.3.1).
  case tooLarge(limit: Int)
  /// The node cannot take messages now; the same draft may be accepted later.
  case unavailable(String)

  public var description: String {
    switch self {
    case .refused(let reason): reason
    case .invalid(let problems): problems.map { "\($0)" }.joined(separator: "\n")
    case .duplicate(let id): "the message id \(id.value) has been used before"
    case .tooLarge(let limit): "the message with its attachments is larger than \(limit) bytes"
    case .unavailable(let reason): "temporarily not possible: \(reason)"
    }
  }
}
