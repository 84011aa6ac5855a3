public import Foundation
public import SDKRelay

/// The pseudonym of a person in this node: a random UUID, which says nothing of them. It stands where a number must not.
public struct PersonID: Hashable, Sendable, CustomStringConvertible {
  public let value: String

  /// Nil where the text is no UUID.
  public init?(_ text: String) {
    guard let id = MessageID(text) else { return nil }
    value = id.comparable
  }

  static func new() -> PersonID { PersonID(MessageID.new()) }

  private init(_ id: MessageID) { value = id.comparable }

  public var description: String { value }
}

/// A person as one organisation knows them, with the numbers they have had.
public struct PersonRecord: Hashable, Sendable {
  public let id: PersonID
  public let tenant: ParticipantID
  /// The latest last.
  public let identifiers: [Identifier]
  /// Since when another number has been asked for; nobody is matched by number until it has come.
  public let changePending: Date?
  /// Nil where the population register has not been asked.
  public let protection: Protection?

  /// A number that the person has or has had.
  public struct Identifier: Hashable, Sendable {
    public let number: PersonIdentityNumber
    public let source: FactSource
    public let firstSeen: Date
    /// When another one took its place; nil while it counts.
    public let ended: Date?
  }
}
