public import Foundation
public import SDKRelay

/// What the structured exchange tells of persons and cases, whichever way it comes: from the structured core's client, from
/// another client's feed, or from a file. A fact is an observation: taking it twice is the same as taking it once.
public enum StructuredFact: Hashable, Sendable {
  /// `structured-event.observed`
  case eventObserved(ObservedEvent)
  /// `person.protection.changed`
  case protectionChanged(ProtectionObservation)
  /// `person.identifier.changed`
  case identifierChanged(IdentifierChange)
  /// `case.closed`
  case caseClosed(CaseClosure)
  /// `api.availability`
  case availability(InterfaceAvailability)
}

/// Where an observation comes from.
public enum FactSource: String, Hashable, Sendable, Codable, CaseIterable {
  /// The structured core, through the client of this node.
  case core
  /// A client beside this node.
  case feed
  /// A file of the first loading (basladdning).
  case file
  /// The population register.
  case populationRegister
  /// Somebody at the command line or the interface.
  case manual
}

/// An event that one of the parties told the other of.
public struct ObservedEvent: Hashable, Sendable {
  /// The organisation of this node whose case it belongs to.
  public var tenant: ParticipantID
  /// The organisation on the other side.
  public var counterparty: ParticipantID
  public var person: PersonIdentityNumber
  public var kind: EventKind
  public var occurred: Date
  /// The event's id with whoever tells it: 1 to 256 characters. The same id again is the same event.
  public var reference: String
  /// What the case is known by, as far as the event says.
  public var caseReferences: [CaseReference]
  /// The SHA-256 of the event as it came; nil where it came as nothing that can be digested.
  public var digest: [UInt8]?
  /// What is shown of it: codes, days and names of courses, never a person's name, number or address.
  public var summary: [String: String]
  public var source: FactSource
  /// The class of the information that it came with, 1 to 4 (`AF-Confidentiality`); nil where it came without.
  public var confidentiality: Int?

  public init(
    tenant: ParticipantID, counterparty: ParticipantID, person: PersonIdentityNumber, kind: EventKind, occurred: Date,
    reference: String, caseReferences: [CaseReference] = [], digest: [UInt8]? = nil, summary: [String: String] = [:],
    source: FactSource
  ) {
    self.tenant = tenant
    self.counterparty = counterparty
    self.person = person
    self.kind = kind
    self.occurred = occurred
    self.reference = reference
    self.caseReferences = caseReferences
    self.digest = digest
    self.summary = summary
    self.source = source
  }
}

/// What the population register, or whoever asked it, says of a person's protection.
public struct ProtectionObservation: Hashable, Sendable {
  public var tenant: ParticipantID
  public var person: PersonIdentityNumber
  public var protection: Protection

  public init(tenant: ParticipantID, person: PersonIdentityNumber, protection: Protection) {
    self.tenant = tenant
    self.person = person
    self.protection = protection
  }
}

/// That a person has got another number, as the population register tells it (hänvisningsnummer). Where a person lives under
/// a made-up identity (fingerade personuppgifter) no register tells of a former one, and nothing here ever concludes it.
public struct IdentifierChange: Hashable, Sendable {
  public enum State: String, Hashable, Sendable, Codable {
    /// It has been asked for: nobody is matched by number until it is done.
    case pending
    case done
    /// It was asked for, and does not come.
    case withdrawn
  }

  public var tenant: ParticipantID
  public var former: PersonIdentityNumber
  /// Nil while it is not known yet.
  public var current: PersonIdentityNumber?
  public var state: State
  public var occurred: Date
  public var source: FactSource

  public init(
    tenant: ParticipantID, former: PersonIdentityNumber, current: PersonIdentityNumber?, state: State, occurred: Date,
    source: FactSource
  ) {
    self.tenant = tenant
    self.former = former
    self.current = current
    self.state = state
    self.occurred = occurred
    self.source = source
  }
}

/// That a case has ended on one of the sides.
public struct CaseClosure: Hashable, Sendable {
  public var tenant: ParticipantID
  public var reference: CaseReference
  public var occurred: Date
  public var source: FactSource

  public init(tenant: ParticipantID, reference: CaseReference, occurred: Date, source: FactSource) {
    self.tenant = tenant
    self.reference = reference
    self.occurred = occurred
    self.source = source
  }
}

/// How the structured interface is: what rules R3 and R4 of the channel depend on.
public struct InterfaceAvailability: Hashable, Sendable {
  /// The organisation of this node that uses it; nil for all of them.
  public var tenant: ParticipantID?
  public var state: ChannelQuestion.Interface
  public var observed: Date
  public var source: FactSource

  public init(tenant: ParticipantID?, state: ChannelQuestion.Interface, observed: Date, source: FactSource) {
    self.tenant = tenant
    self.state = state
    self.observed = observed
    self.source = source
  }
}
