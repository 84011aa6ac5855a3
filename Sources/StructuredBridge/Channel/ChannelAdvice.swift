/// Which channel a piece of information belongs in, by the agreement's rules R1 to R5 (val av lösning).
public struct ChannelAdvice: Hashable, Sendable, Encodable {
  public enum Rule: String, Hashable, Sendable, Encodable {
    /// Unstructured, with SDK and an agreement in force.
    case r1 = "R1"
    /// Unstructured, and SDK or the agreement is missing.
    case r2 = "R2"
    /// Structured, and the interface is up.
    case r3 = "R3"
    /// Structured, and the interface is absent or down. SDK never stands in for it.
    case r4 = "R4"
    /// Both: the event and the document each go their way, linked.
    case r5 = "R5"
    /// Structured, and of a kind that is not exchanged yet.
    case notLive
  }

  public enum Channel: String, Hashable, Sendable, Encodable {
    case sdk
    /// The counterpart's structured interface.
    case api
    /// The counterpart's web portal (Mina sidor för kommuner).
    case webPortal
    /// Ordinary cooperation outside the system (vanlig samverkan).
    case ordinaryCooperation
  }

  /// Why, for programs.
  public enum Reason: String, Hashable, Sendable, Encodable {
    case sdkAndAgreement, sdkMissing, agreementMissing, sdkAndAgreementMissing, apiUp, apiDown, apiAbsent, kindNotLive
  }

  /// The way of one part of what is to be said.
  public struct Way: Hashable, Sendable, Encodable {
    public let rule: Rule
    public let channel: Channel
    public let reason: Reason
  }

  /// R5 where there are both parts, else the rule of the only one.
  public let rule: Rule
  /// The way of the structured event; nil where there is none.
  public let event: Way?
  /// The way of the text or document; nil where there is none.
  public let document: Way?
  /// Whether the two have to be linked to the same case before they go.
  public var isLinkedFirst: Bool { rule == .r5 }
}

/// What the advice depends on, and all of it.
public struct ChannelQuestion: Hashable, Sendable {
  /// How the structured interface is.
  public enum Interface: String, Hashable, Sendable, CaseIterable {
    case up, down, absent
  }

  /// The kind of event that is told; nil where what is to be said has no structured form.
  public var event: EventKind?
  /// Whether there is a text or a document too. Where there is no event there always is.
  public var hasDocument: Bool
  /// Whether SDK is in place on both sides.
  public var sdk: Bool
  /// Whether an agreement in force names the mailbox.
  public var agreement: Bool
  public var api: Interface

  public init(event: EventKind?, hasDocument: Bool = false, sdk: Bool, agreement: Bool, api: Interface) {
    self.event = event
    self.hasDocument = hasDocument || event == nil
    self.sdk = sdk
    self.agreement = agreement
    self.api = api
  }

  public func advice(_ live: LiveKinds = LiveKinds()) -> ChannelAdvice {
    let event = event.map { eventWay($0, live) }
    let document = hasDocument ? documentWay : nil
    let rule = event == nil || document == nil ? (event ?? documentWay).rule : .r5
    return ChannelAdvice(rule: rule, event: event, document: document)
  }

  private func eventWay(_ kind: EventKind, _ live: LiveKinds) -> ChannelAdvice.Way {
    guard live.contains(kind) else {
      return .init(rule: .notLive, channel: .ordinaryCooperation, reason: .kindNotLive)
    }
    return switch api {
    case .up: .init(rule: .r3, channel: .api, reason: .apiUp)
    case .down: .init(rule: .r4, channel: .webPortal, reason: .apiDown)
    case .absent: .init(rule: .r4, channel: .webPortal, reason: .apiAbsent)
    }
  }

  private var documentWay: ChannelAdvice.Way {
    switch (sdk, agreement) {
    case (true, true): .init(rule: .r1, channel: .sdk, reason: .sdkAndAgreement)
    case (true, false): .init(rule: .r2, channel: .ordinaryCooperation, reason: .agreementMissing)
    case (false, true): .init(rule: .r2, channel: .ordinaryCooperation, reason: .sdkMissing)
    case (false, false): .init(rule: .r2, channel: .ordinaryCooperation, reason: .sdkAndAgreementMissing)
    }
  }
}
