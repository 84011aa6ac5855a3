public import Foundation
public import SDKRelay

/// A user has said why they open what is about a protected person. For an hour it opens the conversation's messages that are
/// for the same persons, and each reading is told of in the audit trail with the reason.
public struct ProtectedOpening: Hashable, Sendable {
  /// How long one lasts.
  public static let time: TimeInterval = 3_600

  /// In the user's words, without identity numbers.
  public let reason: String
  /// Whether the user is let in by nothing but the reason ("breaking the glass").
  public let isGlassBroken: Bool
  /// The first moment it no longer counts.
  public let end: Date

}

extension AuditRecord {
  /// What the audit trail says of whoever is let in by nothing but a reason.
  package static let brokenGlass = "protected person, glass broken"
}

/// Why a message about a protected person is not opened.
public enum OpeningProblem: Error, Hashable, Sendable, CustomStringConvertible {
  /// It is open to whoever may read it: no reason is needed.
  case notProtected
  /// A reason has 3 to 500 characters.
  case reason
  /// Only users say why.
  case usersOnly
  /// It is not for this user, and the glass is to be broken deliberately.
  case notForYou
  /// The mailbox's administrator has not allowed breaking the glass.
  case glassForbidden

  public var description: String {
    switch self {
    case .notProtected: "the message is not about a protected person: it opens without a reason"
    case .reason: "a reason has 3 to 500 characters"
    case .usersOnly: "only users say why they open a message"
    case .notForYou:
      "the message is about a protected person and not for you; breaking the glass is told to the mailbox's owner"
    case .glassForbidden: "in this mailbox nobody may break the glass"
    }
  }
}
