public import Foundation

/// One step of the work at a message (handläggning).
public enum HandlingStep: Hashable, Sendable {
  /// Take it for one's own.
  case claim
  /// Give it back to everybody.
  case release
  /// Give it to another user, who has to have access; also what a colleague has claimed.
  case handOver(UserID)
  case done
  case reopen
  case tag(String)
  case untag(String)
  /// Mark it as about a protected person: whoever lacks the grant, the one who marks it included, sees it no longer. What
  /// the node has marked becomes a person's mark, which no answer of a register takes off.
  case protect
  /// Take the mark off. It needs a reason, and the grant that every step at a protected message needs.
  case unprotect

  /// The step as the history and the audit trail name it.
  public var name: String {
    switch self {
    case .claim: "claim"
    case .release: "release"
    case .handOver: "handOver"
    case .done: "done"
    case .reopen: "reopen"
    case .tag: "tag"
    case .untag: "untag"
    case .protect: "protect"
    case .unprotect: "unprotect"
    }
  }

  /// The tag, or the user it was handed over to.
  var object: String? {
    switch self {
    case .handOver(let user): user.value
    case .tag(let tag), .untag(let tag): tag
    default: nil
    }
  }
}

/// Why a step is refused.
public enum HandlingProblem: Error, Hashable, Sendable, CustomStringConvertible {
  /// Somebody else has been at it since: look again.
  case stale(seen: Int, now: Int)
  case claimed(by: UserID)
  case notClaimed
  case notDone
  case isDone
  case unchanged
  case notReceived
  case noAccess(UserID)
  case tag
  case note
  case needsReason
  case usersOnly

  public var description: String {
    switch self {
    case .stale(let seen, let now): "the message has changed: version \(seen) was seen, it is at \(now)"
    case .claimed(let user): "\(user) works at the message; it can be handed over"
    case .notClaimed: "nobody has claimed the message"
    case .notDone: "the message is not done"
    case .isDone: "the message is done; it can be reopened"
    case .unchanged: "the message is so already"
    case .notReceived: "only received messages and failed deliveries are marked done"
    case .noAccess(let user): "\(user) may not work at the message"
    case .tag: "a tag has 1 to 64 characters, no control characters and no identity number; a message has at most 20"
    case .note: "a note has 1 to 10,000 characters"
    case .needsReason: "taking the mark off needs a reason"
    case .usersOnly: "only users handle messages"
    }
  }
}

/// How the work at a message stands. It knows which steps are allowed, and neither clock nor database.
public struct HandlingState: Hashable, Sendable {
  /// Rises with every step; 0 before the first.
  public internal(set) var version = 0
  public internal(set) var handler: UserID?
  public internal(set) var done: Date?
  public internal(set) var tags: Set<String> = []
  public internal(set) var audience = Audience.mailbox

  /// Whether it is about a protected person.
  public var isProtected: Bool { audience.isProtected }

  /// The state after the step.
  /// - Parameter canBeDone: whether there is anything to be done: it was received, or could not be delivered.
  func after(
    _ step: HandlingStep, by user: UserID, canBeDone: Bool, at now: Date
  ) throws(HandlingProblem) -> HandlingState {
    var next = self
    next.version += 1
    switch step {
    case .claim:
      if let handler, handler != user { throw .claimed(by: handler) }
      if done != nil { throw .isDone }
      next.handler = user
    case .release:
      guard handler != nil else { throw .notClaimed }
      next.handler = nil
    case .handOver(let other):
      if done != nil { throw .isDone }
      next.handler = other
    case .done:
      guard canBeDone else { throw .notReceived }
      if done != nil { throw .isDone }
      next.done = now
    case .reopen:
      guard done != nil else { throw .notDone }
      next.done = nil
    case .tag(let tag):
      guard Self.isTag(tag), tags.count < 20 else { throw .tag }
      if !tags.contains(where: { $0.lowercased() == tag.lowercased() }) { next.tags.insert(tag) }
    case .untag(let tag):
      next.tags = tags.filter { $0.lowercased() != tag.lowercased() }
    case .protect: if !isProtected { next.audience = .protectedPersons }
    case .unprotect: next.audience = .mailbox
    }
    if next.isSame(as: self) { throw .unchanged }
    return next
  }

  private func isSame(as other: HandlingState) -> Bool {
    (handler, done, tags, audience) == (other.handler, other.done, other.tags, other.audience)
  }

  private static func isTag(_ text: String) -> Bool {
    (1...64).contains(text.count) && text == text.trimmingCharacters(in: .whitespacesAndNewlines)
      && !text.unicodeScalars.contains { $0.properties.generalCategory == .control } && !IdentityNumbers.areIn(text)
  }
}

/// All that is known of the work at a message.
public struct Handling: Hashable, Sendable {
  public let state: HandlingState
  /// Who of this organisation has had it before them, and when first. Nothing is ever known of the other side's.
  public let seen: [Sight]
  public let notes: [Note]
  public let history: [Past]
  /// Of a message that was sent and not delivered.
  public let failure: FailedDelivery?

  public struct Sight: Hashable, Sendable {
    public let user: UserID
    public let time: Date
  }

  public struct Note: Hashable, Sendable {
    public let user: UserID
    public let time: Date
    public let text: String
  }

  public struct Past: Hashable, Sendable {
    public let user: UserID
    public let time: Date
    /// ``HandlingStep/name``, or `assign` where the mailbox's settings gave the message to the user on its arrival.
    public let step: String
    public let object: String?
  }
}
