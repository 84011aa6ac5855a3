public import Foundation
public import Mailbox
public import SDKRelay

/// A message and what is known of its case, for those who may see the message.
public struct MessageLink: Sendable {
  /// The message's number (``StoredMessage/row``).
  public let number: Int64
  public enum State: String, Hashable, Sendable, CaseIterable {
    case linked
    /// It probably belongs to the case; somebody has to say so.
    case proposed
    /// There are several cases to choose from, one that has ended, or one whose proposal has expired.
    case choose
    /// Its references name different persons, or contradict what it answers (flera personer).
    case held
    /// No agreement covers its sender (oväntad avsändare).
    case quarantined
    /// It was looked at, and leads nowhere.
    case none
    /// Somebody has said that it belongs to none of the proposed.
    case rejected
    /// A link was taken away.
    case undone
    /// It could not be looked at yet.
    case later
  }

  public let message: MessageID
  public let mailbox: MailboxID
  public let direction: MessageDirection
  public let stored: Date
  public let state: State
  /// Which step of the cascade, 1 to 7; 0 for what a person decided.
  public let step: Int
  /// What it rests on, as a code.
  public let reason: String
  /// What is wrong with its references, as codes.
  public let flags: [String]
  /// Rises with every change: whoever decides says which one was seen.
  public let version: Int
  /// The case it belongs to, or those proposed.
  public let cases: [CaseRecord]
}

/// Why a decision about a link is refused.
public enum LinkProblem: Error, Hashable, Sendable, CustomStringConvertible {
  /// Somebody else has decided since: look again.
  case stale(seen: Int, now: Int)
  /// It belongs to a case already: undo that first.
  case isLinked
  case isNotLinked
  case nothingProposed
  /// Nobody has answered the proposal in its time.
  case expired
  /// There is no such case, or it is with another organisation.
  case noCase
  case needsReason
  case usersOnly

  public var description: String {
    switch self {
    case .stale(let seen, let now): "somebody has decided since: version \(seen) was seen, it is at \(now)"
    case .isLinked: "the message belongs to a case: undo that first, with a reason"
    case .isNotLinked: "the message belongs to no case"
    case .nothingProposed: "no case is proposed for the message"
    case .expired: "the proposal has expired: say which case it belongs to"
    case .noCase: "the organisation has no such case with the one that the message is exchanged with"
    case .needsReason: "taking a link away needs a reason"
    case .usersOnly: "only users decide which case a message belongs to"
    }
  }
}
