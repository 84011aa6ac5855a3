public import Foundation
public import Mailbox
public import SDKRelay

/// Something that happened to a case's messages, as its case system is told it: ids and codes, never content.
public struct CaseNews: Hashable, Sendable {
  public enum Kind: String, Hashable, Sendable, CaseIterable {
    /// A message that came in belongs to the case now.
    case received
    /// One of the organisation's own messages belongs to the case now.
    case sent
    /// It answers one of the case's messages.
    case answered
    /// It brings attachments, which can be fetched.
    case attachmentAvailable
    /// Whatever tied the message to the case: the step of the cascade, or a person.
    case linked
    /// The link was undone: the message is not the case's.
    case unlinked
    /// What became of a message that was sent: `detail` has the status.
    case receipt
  }

  /// Rises with every piece of news of this node. Within a case it is the order in which things happened here.
  public let number: Int64
  /// The piece's own id: whoever gets it twice knows it by this.
  public let id: MessageID
  public let time: Date
  public let kind: Kind
  public let caseID: CaseID
  /// The case's own ids, those of case systems and the case number, so that the system knows it.
  public let references: [CaseReference]
  public let messageID: MessageID
  public let mailbox: MailboxID
  public let direction: MessageDirection
  public let conversationID: MessageID
  /// A status or a code, by kind.
  public let detail: String?
}

/// A part of the news as a principal may see it.
public struct CaseNewsPage: Sendable {
  /// Oldest first.
  public let news: [CaseNews]
  /// How far the news was looked through: the next part begins after it.
  public let end: Int64
  /// Whether there is more already.
  public let hasMore: Bool
}
