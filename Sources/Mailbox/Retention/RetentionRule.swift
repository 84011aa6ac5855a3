import Foundation
public import SDKRelay
import XMLSecurity

/// A rule of retention (gallringsregel): what may be culled, by which decision, when. Without one nothing ever is.
public struct RetentionRule: Hashable, Sendable {
  /// Which messages it is for, by what the register says of them. Unregistered ones nobody has marked are never culled.
  public enum State: String, Hashable, Sendable, CaseIterable {
    /// Marked in the register as to be culled under this very rule.
    case cullable
    case registered
    /// Registered, and handed over to a case system that has verified it.
    case handedOver
  }

  /// What its time counts from.
  public enum Trigger: String, Hashable, Sendable, CaseIterable {
    case received, sent, registered, done, handedOver
    /// The last of the conversation's received messages was marked done; nothing of it waits.
    case conversationDone
  }

  /// Capital letters, digits and so on stand as written; ids compare by bytes.
  public let id: String
  public let organisation: ParticipantID
  /// Empty for every mailbox of the organisation.
  public let mailboxes: [FunctionalAddress]
  /// The kind of record (handlingstyp), in the words of the decision.
  public let kind: String
  /// The decision to cull (gallringsbeslut) that allows it.
  public let decision: String
  public let state: State
  /// Nil for both.
  public let direction: MessageDirection?
  /// What messages sent are about, as they were handed in under an agreement; empty for anything.
  public let about: Set<InformationKind>
  public let trigger: Trigger
  public let period: RetentionPeriod

  /// The SHA-256 of everything that the rule says: a plan holds only as long as this is the same.
  public var sha256: [UInt8] {
    let fields = [
      id, organisation.comparable, mailboxes.map(\.value).sorted().joined(separator: " "), kind, decision,
      state.rawValue, direction?.rawValue ?? "", about.map(\.rawValue).sorted().joined(separator: " "),
      trigger.rawValue, period.description,
    ]
    return digest(.sha256, of: fields.flatMap { Array("\($0.utf8.count):\($0)\n".utf8) })
  }
}

/// How long something is kept, from the day of its trigger on.
public struct RetentionPeriod: Hashable, Sendable, CustomStringConvertible {
  public enum Unit: String, Hashable, Sendable, CaseIterable {
    case days, months, years
  }

  public let count: Int
  public let unit: Unit

  /// Reads `30 days`, `6 months`, `2 years`; nil for anything else and for more than a hundred years.
  public init?(_ text: String) {
    let words = text.split(separator: " ", omittingEmptySubsequences: false)
    guard words.count == 2, words[0].utf8.allSatisfy({ (UInt8(ascii: "0")...UInt8(ascii: "9")).contains($0) }),
      let count = Int(words[0]), let unit = Unit(rawValue: words[1].hasSuffix("s") ? String(words[1]) : "\(words[1])s")
    else { return nil }
    let most = [Unit.days: 36_525, .months: 1_200, .years: 100]
    guard count <= most[unit] ?? 0 else { return nil }
    (self.count, self.unit) = (count, unit)
  }

  public var description: String { "\(count) \(unit.rawValue)" }

  /// The last day on which what began on the day is kept.
  func end(from day: Day) -> Day {
    switch unit {
    case .days: Day(number: day.number + count)
    case .months: day.adding(months: count)
    case .years: day.adding(months: 12 * count)
    }
  }
}

/// What a rule looks at. Nothing of it is content.
struct RetentionFacts: Hashable, Sendable {
  var mailbox: MailboxID
  var direction: MessageDirection
  var state: RegisterEntry.State
  var about: InformationKind?
  var stored: Date
  var registered: Date?
  var done: Date?
  var handedOver: Date?
  var conversationDone: Date?
}

extension RetentionRule {
  /// Whether the rule is for the message at all, now or once its trigger has come.
  func covers(_ facts: RetentionFacts) -> Bool {
    guard facts.mailbox.participant == organisation,
      mailboxes.isEmpty || mailboxes.contains(facts.mailbox.address), direction.map({ $0 == facts.direction }) ?? true,
      about.isEmpty || facts.about.map(about.contains) ?? false
    else { return false }
    switch (trigger, facts.direction) {
    case (.received, .outgoing), (.sent, .incoming), (.done, .outgoing): return false
    default: break
    }
    return switch (state, facts.state) {
    case (.cullable, .cullable(let rule)): sameBytes(rule, id)
    case (.registered, .registered), (.handedOver, .registered): true
    default: false
    }
  }

  /// The last day on which it is kept; nil before its trigger.
  func lastDay(_ facts: RetentionFacts) -> Day? {
    let begin: Date? =
      switch trigger {
      case .received, .sent: facts.stored
      case .registered: facts.registered
      case .done: facts.done
      case .handedOver: facts.handedOver
      case .conversationDone: facts.conversationDone
      }
    if state == .handedOver, facts.handedOver == nil { return nil }
    return begin.map { period.end(from: Day(containing: $0)) }
  }
}
