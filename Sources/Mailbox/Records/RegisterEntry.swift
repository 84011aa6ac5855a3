public import Foundation
public import SDKRelay

/// A step in the register.
public enum RegisterStep: Hashable, Sendable {
  /// Register it, or correct what the register says.
  case register(RegisterFacts, SecrecyNote? = nil)
  /// It may be culled under this rule (gallringsbar), unregistered.
  case cullable(rule: String)
  /// Back to unregistered.
  case withdraw

  /// The step as the history and the audit trail name it.
  public var name: String {
    switch self {
    case .register: "register"
    case .cullable: "cullable"
    case .withdraw: "withdraw"
    }
  }
}

/// What the register says of one message. It knows which steps are allowed, and neither clock nor database.
public struct RegisterEntry: Hashable, Sendable {
  public enum State: Hashable, Sendable {
    case unregistered
    case registered(RegisterFacts)
    /// May be culled under the rule with this id.
    case cullable(rule: String)

    /// The state as stored and shown.
    public var name: String {
      switch self {
      case .unregistered: "unregistered"
      case .registered: "registered"
      case .cullable: "cullable"
      }
    }
  }

  /// Rises with every step; 0 before the first.
  public internal(set) var version = 0
  public internal(set) var state = State.unregistered
  public internal(set) var secrecy: SecrecyNote?
  /// When it came to be registered.
  public internal(set) var registered: Date?
  /// The rule it was culled under, and when.
  public internal(set) var culled: StoredContent.Culled?

  public var facts: RegisterFacts? { if case .registered(let facts) = state { facts } else { nil } }

  /// The entry after the step.
  /// - Parameter hasReason: whether a reason was given.
  func after(_ step: RegisterStep, hasReason: Bool, at now: Date) throws(RegisterProblem) -> RegisterEntry {
    var next = self
    next.version += 1
    switch step {
    case .register(let facts, let secrecy):
      guard ![facts.dnr, facts.counterparty, facts.matter].contains(where: IdentityNumbers.areCertainlyIn) else {
        throw .identityNumber
      }
      if self.facts != nil, !hasReason { throw .needsReason }
      // What the register says of a message outlives it; what it never said cannot be added without it.
      if culled != nil, self.facts == nil { throw .isCulled }
      next.state = .registered(facts)
      next.secrecy = secrecy
      next.registered = registered ?? now
    case .cullable(let rule):
      if culled != nil { throw .isCulled }
      if facts != nil { throw .isRegistered }
      next.state = .cullable(rule: rule)
    case .withdraw:
      if culled != nil { throw .isCulled }
      if !hasReason { throw .needsReason }
      (next.state, next.secrecy, next.registered) = (.unregistered, nil, nil)
    }
    if next.state == state, next.secrecy == secrecy { throw .unchanged }
    return next
  }
}
