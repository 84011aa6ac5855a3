public import Foundation
public import SDKRelay

/// What somebody has been given in a mailbox, or in an organisation, from a time on and perhaps until one.
public struct Grant: Hashable, Sendable {
  public enum Holder: Hashable, Sendable {
    case user(UserID)
    case client(ClientID)
  }

  public enum Kind: Hashable, Sendable {
    /// A user's role.
    case role(Role)
    /// A technical client acts for the mailbox, within its scopes.
    case acting
    /// Besides one of the others: messages about protected persons (skyddade personuppgifter) too.
    case protectedPersons
  }

  /// The number by which it is ended.
  public let number: Int64
  public let holder: Holder
  public let kind: Kind
  public let participant: ParticipantID
  /// Nil for the whole organisation, which only some roles can be given in.
  public let mailbox: FunctionalAddress?
  /// The first moment it counts.
  public let start: Date
  /// The first moment it no longer counts; nil while it has no end.
  public let end: Date?

  public func isActive(at now: Date) -> Bool {
    start <= now && end.map { now < $0 } ?? true
  }
}

extension Grant.Kind: RawRepresentable {
  public init?(rawValue: String) {
    switch rawValue {
    case "acting": self = .acting
    case "protectedPersons": self = .protectedPersons
    default:
      guard let role = Role(rawValue: rawValue) else { return nil }
      self = .role(role)
    }
  }

  public var rawValue: String {
    switch self {
    case .role(let role): role.rawValue
    case .acting: "acting"
    case .protectedPersons: "protectedPersons"
    }
  }
}
