public import SDKRelay

/// Why a draft is not taken, changed or sent. The sentences have addresses and numbers, never content.
public enum DraftProblem: Error, Hashable, Sendable, CustomStringConvertible {
  /// Also one that may not be known of.
  case notFound
  case usersOnly
  /// Somebody else has been at it since: look again.
  case stale(seen: Int, now: Int)
  /// Some of its messages are on their way; the rest can be sent or discarded.
  case beingSent
  case tooManyDrafts(limit: Int)
  case filesTooLarge(limit: Int)
  case tooManyFiles(limit: Int)
  case fileTooLarge(limit: Int)
  case fileName
  case emptyFile
  case noFile(Int)
  case damagedFile
  case tooManyRecipients(limit: Int)
  case twice(MailboxID)
  case noRecipient
  /// A reply and a supplement go where the conversation is.
  case fixedRecipient
  /// A received message whose sender left its mailbox out.
  case noMailboxToAnswer
  case onlyReceivedAnswered
  case onlySentSupplemented
  /// The other side would refuse what refers to it: it counts it as failed (receipt specification, case 11).
  case failedMessage(MessageStatus)
  /// What was under secrecy stays so when it is passed on.
  case staysConfidential
  case content(String)
  /// Nothing was sent, since these cannot be.
  case refused([Refusal])

  /// Why one recipient's message cannot be sent.
  public struct Refusal: Hashable, Sendable {
    public let mailbox: MailboxID
    public let reason: String
  }

  public var description: String {
    switch self {
    case .notFound: "there is no such draft"
    case .usersOnly: "only users write drafts"
    case .stale(let seen, let now): "the draft has changed: version \(seen) was seen, it is at \(now)"
    case .beingSent: "some of the draft's messages are on their way: send the rest, or discard it"
    case .tooManyDrafts(let limit): "the mailbox has \(limit) drafts already"
    case .filesTooLarge(let limit): "the attachments of the mailbox's drafts may have at most \(limit) bytes together"
    case .tooManyFiles(let limit): "a message has at most \(limit) attachments"
    case .fileTooLarge(let limit): "a message with its attachments has at most \(limit) bytes"
    case .fileName: "an attachment's name has 1 to 255 characters, and its media type 1 to 255"
    case .emptyFile: "the attachment is empty"
    case .noFile(let number): "there is no attachment \(number)"
    case .damagedFile: "an attachment in the store is not what was received"
    case .tooManyRecipients(let limit): "a message goes to at most \(limit) mailboxes"
    case .twice(let mailbox): "\(mailbox) is named twice"
    case .noRecipient: "the draft has no recipient"
    case .fixedRecipient: "a reply and a supplement go to the mailbox that the conversation is with"
    case .noMailboxToAnswer: "the sender has named no mailbox: name the one to answer to"
    case .onlyReceivedAnswered: "only received messages are answered; to one's own there are supplements"
    case .onlySentSupplemented: "only sent messages are supplemented; received ones are answered"
    case .failedMessage(let status):
      "the message is \(status.rawValue), and the other side refuses what refers to it: write a new message"
    case .staysConfidential: "the message is under secrecy, and stays so when it is passed on"
    case .content(let reason): reason
    case .refused(let refusals): refusals.map { "\($0.mailbox): \($0.reason)" }.joined(separator: "\n")
    }
  }
}
