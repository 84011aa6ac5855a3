public import Foundation

/// A message as its writer hands it over: everything that the relay does not fill in itself.
public struct Draft: Sendable {
  /// One of this node's participants, and the functional mailbox (funktionsbrevlåda) the message comes from.
  public var sender: Mailbox
  /// The receiving organisation's functional mailbox.
  public var recipient: Mailbox
  /// The subject, at most 256 characters. Never personal data (SDK digest §9).
  public var subject: String
  /// The message in Markdown; nil when it consists of attachments only.
  public var text: String?
  public var attachments: [Attachment]
  /// The sender's assessment of secrecy (sekretess).
  public var isConfidential: Bool
  /// The sender's references, such as a registry number (diarienummer).
  public var references: [Reference]
  /// The message this one answers: the conversation goes on and its sender's references are returned.
  public var replyTo: MessageID?

  public init(
    from sender: Mailbox, to recipient: Mailbox, subject: String, text: String? = nil, attachments: [Attachment] = [],
    isConfidential: Bool = false, references: [Reference] = [], replyTo: MessageID? = nil
  ) {
    self.sender = sender
    self.recipient = recipient
    self.subject = subject
    self.text = text
    self.attachments = attachments
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

  /// A file to send. It is copied into the message store before the message is accepted.
  public struct Attachment: Hashable, Sendable {
    public var file: URL
    /// The name shown to the recipient: a plain file name.
    public var name: String
    /// The media type, e.g. `application/pdf`.
    public var contentType: String

    public init(_ file: URL, name: String? = nil, contentType: String) {
      self.file = file
      self.name = name ?? file.lastPathComponent
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
  /// The message with its attachments is larger than the limit, in bytes (SDK case 2.3.1).
  case tooLarge(limit: Int)
  /// The node cannot take messages now; the same draft may be accepted later.
  case unavailable(String)

  public var description: String {
    switch self {
    case .refused(let reason): reason
    case .invalid(let problems): problems.map { "\($0)" }.joined(separator: "\n")
    case .tooLarge(let limit): "the message with its attachments is larger than \(limit) bytes"
    case .unavailable(let reason): "temporarily not possible: \(reason)"
    }
  }
}
