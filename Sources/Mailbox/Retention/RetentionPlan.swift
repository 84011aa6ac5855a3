public import Foundation
public import SDKRelay

/// What is to be culled (gallringsplan): made by one person, approved by another, then run.
public struct RetentionPlan: Hashable, Sendable {
  public let number: Int64
  public let organisation: ParticipantID
  public let planner: UserID
  public let made: Date
  /// It counts no longer from then on.
  public let lapses: Date
  /// The SHA-256 of its rows, in lower-case hexadecimal: whoever approves says which rows they have seen.
  public let digest: String
  public let rows: Int
  public let approver: UserID?
  public let approved: Date?
  public let started: Date?
  public let ended: Date?
  /// How many messages its run has culled, and how many it has left.
  public let culled: Int
  public let left: Int
}

/// A message in a plan, without content.
public struct RetentionPlanRow: Hashable, Sendable {
  /// The message's number (``StoredMessage/row``).
  public let message: Int64
  public let messageID: MessageID
  public let mailbox: MailboxID
  public let direction: MessageDirection
  public let stored: Date
  public let dnr: String?
  /// The rule's id, its decision and the kind of record it is about.
  public let rule: String
  public let decision: String
  public let kind: String
  /// The last day on which the rule keeps it.
  public let keptUntil: Day
  /// What the run did: nil before, `culled`, or why it was left (``RetentionObstacle``).
  public let outcome: Outcome?

  public enum Outcome: Hashable, Sendable {
    case culled
    case left(RetentionObstacle)
  }
}

/// A line of the log of what was culled (gallringslogg); never changed and never removed.
public struct CullingRecord: Hashable, Sendable {
  public let number: Int64
  public let time: Date
  public let messageID: MessageID
  public let mailbox: MailboxID
  public let direction: MessageDirection
  public let rule: String
  public let decision: String
  public let kind: String
  public let plan: Int64
  public let planner: UserID
  public let approver: UserID
  /// The SHA-256 of what the message said, in lower-case hexadecimal (docs/records.md).
  public let content: String
}

/// A plan that has been made, and what stays although its time is over.
public struct RetentionPlanning: Sendable {
  public let plan: RetentionPlan
  public let rows: [RetentionPlanRow]
  public let staying: [RetentionObstacle: Int]
  /// Whether more is due than one plan takes.
  public let isCut: Bool
  /// Whether the plan was made before and waits for approval.
  public let isRepeated: Bool
}

/// Why retention does not go on.
public enum RetentionProblem: Error, Hashable, Sendable, CustomStringConvertible {
  case noRules
  case nothingDue(staying: [RetentionObstacle: Int])
  case notFound
  case usersOnly
  case samePerson
  case otherRows
  case isApproved
  case notApproved
  case lapsed
  case isEnded

  public var description: String {
    switch self {
    case .noRules: "there is no rule of retention, so nothing may be culled"
    case .nothingDue(let staying):
      "nothing is due to be culled"
        + (staying.isEmpty
          ? ""
          : "; what stays: "
            + staying.sorted { $0.key.rawValue < $1.key.rawValue }.map { "\($1) because \($0.sentence)" }
            .joined(separator: ", "))
    case .notFound: "there is no such plan"
    case .usersOnly: "only users plan and approve"
    case .samePerson: "a plan is approved by another person than the one who made it"
    case .otherRows: "the plan's rows are not those of the digest: look at them again"
    case .isApproved: "the plan has been approved"
    case .notApproved: "the plan has not been approved"
    case .lapsed: "the plan has lapsed: make a new one"
    case .isEnded: "the plan has been run"
    }
  }
}

extension AuditAction {
  public static let planRetention = AuditAction(rawValue: "retention.plan")
  public static let approveRetention = AuditAction(rawValue: "retention.approve")
  public static let runRetention = AuditAction(rawValue: "retention.run")
  public static let readRetention = AuditAction(rawValue: "retention.read")
  public static let cullMessage = AuditAction(rawValue: "message.cull")
}
