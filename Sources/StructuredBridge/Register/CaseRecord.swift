public import Foundation
public import SDKRelay

/// A case in this node: a random UUID.
public struct CaseID: Hashable, Sendable, CustomStringConvertible {
  public let value: String

  /// Nil where the text is no UUID.
  public init?(_ text: String) {
    guard let id = MessageID(text) else { return nil }
    value = id.comparable
  }

  static func new() -> CaseID { CaseID(MessageID.new()) }

  private init(_ id: MessageID) { value = id.comparable }

  public var description: String { value }
}

/// A case as one organisation knows it: one person, one counterparty.
public struct CaseRecord: Hashable, Sendable {
  public let id: CaseID
  public let tenant: ParticipantID
  public let counterparty: ParticipantID
  public let person: PersonID
  /// The organisation's functional mailbox for it, where that is known.
  public let mailbox: FunctionalAddress?
  public let opened: Date
  /// Nil while it is open.
  public let closed: Date?
  public let references: [CaseReference]

  public var isOpen: Bool { closed == nil }
}

/// An event of a case, as it was observed.
public struct CaseEvent: Hashable, Sendable {
  public let number: Int64
  public let kind: EventKind
  public let source: FactSource
  public let reference: String
  public let occurred: Date
  public let observed: Date
  /// What was unusual about it.
  public let remarks: [OrderRemark]
  /// The class of the information that it came with, 1 to 4; nil where it came without.
  public let confidentiality: Int?
  public let summary: [String: String]
}

/// One step of a case's history: ids and codes only.
public struct CaseStep: Hashable, Sendable {
  public let time: Date
  public let step: String
  public let object: String?
}
