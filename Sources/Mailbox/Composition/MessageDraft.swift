public import Foundation
public import SDKRelay

/// A message that is being written (utkast): kept in its mailbox until it is sent or discarded, for everybody who may send
/// from there.
public struct MessageDraft: Sendable {
  /// Fixed when the draft is made. It is also the id of the message to the first recipient, and of the conversation that a
  /// new message begins.
  public let id: MessageID
  /// Where the message comes from.
  public let mailbox: MailboxID
  /// Who began it.
  public let author: UserID
  /// Rises with every change: whoever changes or sends says which one was seen.
  public let version: Int
  public let created: Date
  public let changed: Date
  public let origin: DraftOrigin
  public let content: DraftContent
  /// In their order, each once.
  public let recipients: [DraftRecipient]
  public let files: [DraftFile]
  /// Where it stands in lists: what ``DraftQuery/before`` takes for the next page.
  public let position: Int64

  /// Whether some recipients' messages have been stored, so that only sending the rest, or discarding it, is left.
  public var isBeingSent: Bool { recipients.contains(where: \.isSent) }
}

/// What a draft has to do with a message that is here.
public enum DraftOrigin: Hashable, Sendable {
  case new
  /// Answers the received message: its conversation goes on, and its sender's references are returned.
  case reply(MessageID)
  /// Adds to a message sent before (komplettering).
  case supplement(MessageID)
  /// Passes a message on, in a conversation of its own.
  case forward(MessageID)

  /// The word for it.
  public var name: String {
    switch self {
    case .new: "new"
    case .reply: "reply"
    case .supplement: "supplement"
    case .forward: "forward"
    }
  }

  /// The message it has to do with.
  public var message: MessageID? {
    switch self {
    case .new: nil
    case .reply(let id), .supplement(let id), .forward(let id): id
    }
  }

  /// Whether the origin says whom it goes to.
  var hasFixedRecipient: Bool {
    switch self {
    case .new, .forward: false
    case .reply, .supplement: true
    }
  }
}

/// What its writer says in a draft. It may be unfinished; a message's rules are applied when it is sent.
public struct DraftContent: Hashable, Sendable, Codable {
  /// At most 256 characters. Never personal data.
  public var subject: String
  /// In Markdown, 2 MB together at most.
  public var texts: [String]
  /// The sender's own references, at most 100.
  public var references: [Draft.Reference]
  /// The sender's assessment of secrecy (sekretess).
  public var isConfidential: Bool
  public var kind: InformationKind

  public init(
    subject: String = "", texts: [String] = [], references: [Draft.Reference] = [], isConfidential: Bool = false,
    kind: InformationKind = .other
  ) {
    self.subject = subject
    self.texts = texts
    self.references = references
    self.isConfidential = isConfidential
    self.kind = kind
  }

  /// In bytes of UTF-8.
  static let largestText = 2_000_000

  func check() throws(DraftProblem) {
    guard subject.unicodeScalars.count <= 256 else { throw .content("the subject has more than 256 characters") }
    guard texts.count <= 100, texts.reduce(0, { $0 + $1.utf8.count }) <= Self.largestText else {
      throw .content("the text has more than \(Self.largestText) bytes")
    }
    guard references.count <= 100 else { throw .content("there are more than 100 references") }
    for reference in references {
      let parts = [reference.root, reference.value, reference.label ?? ""]
      guard parts.allSatisfy({ $0.unicodeScalars.count <= 256 }) else {
        throw .content("a reference has more than 256 characters")
      }
    }
  }
}

/// Whom a draft goes to.
public struct DraftRecipient: Hashable, Sendable {
  public let mailbox: MailboxID
  /// The id that the message to this recipient has or will have. It decides that none is sent twice.
  public let messageID: MessageID
  /// Whether that message has been stored.
  public let isSent: Bool
}

/// A file attached to a draft.
public struct DraftFile: Hashable, Sendable {
  /// Its number in the draft, from 1; never used again.
  public let number: Int
  public let name: String
  public let contentType: String
  public let held: HeldFile
}

/// Which drafts to list, newest first.
public struct DraftQuery: Sendable {
  /// Nil for every mailbox that may be sent from.
  public var mailbox: MailboxID?
  public var author: UserID?
  /// Only those that nobody has changed for as long as the settings say.
  public var isForgotten = false
  /// The ``MessageDraft/position`` of the last one of the former page.
  public var before: Int64?
  /// At most so many, 1 to 1,000.
  public var limit = 50

  public init() {}
}
