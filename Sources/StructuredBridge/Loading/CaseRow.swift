public import Foundation
public import SDKRelay

/// A row of the first loading (basladdning): a case as another system knows it, with its person and what has happened.
public struct CaseRow: Hashable, Sendable {
  public var tenant: ParticipantID
  public var counterparty: ParticipantID
  public var person: PersonIdentityNumber
  /// The organisation's functional mailbox for it.
  public var mailbox: FunctionalAddress?
  public var opened: Date
  /// Nil while it is open.
  public var closed: Date?
  public var references: [CaseReference]
  public var events: [Event]
  /// Nil where the row says nothing of it: what is known then stays.
  public var protection: Protection?

  /// An event of the case.
  public struct Event: Hashable, Sendable {
    public var kind: EventKind
    public var occurred: Date
    /// Its id with whoever tells it: 1 to 256 characters.
    public var reference: String
  }
}

extension CaseRow {
  func observed(_ event: Event) -> ObservedEvent {
    ObservedEvent(
      tenant: tenant, counterparty: counterparty, person: person, kind: event.kind, occurred: event.occurred,
      reference: event.reference, source: .file)
  }
}
