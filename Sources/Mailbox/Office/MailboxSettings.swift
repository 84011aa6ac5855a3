public import Foundation
public import SDKRelay

/// What an office decides about one of its functional mailboxes, within what the agreements allow.
///
/// Every part may be left out. As JSON it has these keys; lists that are left out are empty.
public struct MailboxSettings: Hashable, Sendable, Codable {
  /// The name that colleagues see; nil for the agreement's or the directory's. Notifications carry it out of the
  /// house: it never says whom the mailbox is about.
  public var name: String?
  /// Who is told of new messages: e-mail addresses and `https` addresses of webhooks.
  public var notifications: [String] = []
  /// The least time between two notifications to one address, in minutes; nil for the node's.
  public var notificationInterval: Int?
  public var absence: Absence?
  public var forwarding: Forwarding?
  /// The user who works at each message from its arrival on.
  public var defaultHandler: String?
  public var templates: [Template] = []
  /// Whether a user with a role here may open, for a reason, what is about a protected person and not for them ("breaking the
  /// glass"). Those who are told of new messages are told of it.
  public var allowsBreakingGlass = false

  public init() {}

  /// A text for colleagues while nobody reads the mailbox as usual. It is shown inside the organisation and never sent:
  /// the federation has no mark for automatic answers.
  public struct Absence: Hashable, Sendable, Codable {
    public var text: String
    public var from: Date
    /// The first moment it no longer counts.
    public var until: Date

    public init(text: String, from: Date, until: Date) {
      self.text = text
      self.from = from
      self.until = until
    }

    public func isActive(at now: Date) -> Bool { from <= now && now < until }
  }

  /// What arrives is handled in another mailbox of the organisation, by those who have access there.
  public struct Forwarding: Hashable, Sendable, Codable {
    public var to: FunctionalAddress
    public var from: Date
    /// The first moment it no longer counts; nil while it has no end.
    public var until: Date?

    public init(to: FunctionalAddress, from: Date, until: Date? = nil) {
      self.to = to
      self.from = from
      self.until = until
    }

    public func isActive(at now: Date) -> Bool { from <= now && !isOver(at: now) }

    func isOver(at now: Date) -> Bool { until.map { $0 <= now } ?? false }
  }

  /// A beginning for messages that are written often.
  public struct Template: Hashable, Sendable, Codable {
    public var name: String
    public var subject: String
    public var text: String

    public init(name: String, subject: String, text: String) {
      self.name = name
      self.subject = subject
      self.text = text
    }
  }

  public init(from decoder: any Decoder) throws {
    let values = try decoder.container(keyedBy: CodingKeys.self)
    name = try values.decodeIfPresent(String.self, forKey: .name)
    notifications = try values.decodeIfPresent([String].self, forKey: .notifications) ?? []
    notificationInterval = try values.decodeIfPresent(Int.self, forKey: .notificationInterval)
    absence = try values.decodeIfPresent(Absence.self, forKey: .absence)
    forwarding = try values.decodeIfPresent(Forwarding.self, forKey: .forwarding)
    defaultHandler = try values.decodeIfPresent(String.self, forKey: .defaultHandler)
    templates = try values.decodeIfPresent([Template].self, forKey: .templates) ?? []
    allowsBreakingGlass = try values.decodeIfPresent(Bool.self, forKey: .allowsBreakingGlass) ?? false
  }

  /// The parts in which the other differs.
  func changes(to other: MailboxSettings) -> [MailboxSetting] {
    var changed: [MailboxSetting] = []
    if name.map({ Array($0.utf8) }) != other.name.map({ Array($0.utf8) }) { changed.append(.name) }
    if notifications != other.notifications { changed.append(.notifications) }
    if notificationInterval != other.notificationInterval { changed.append(.notificationInterval) }
    if absence != other.absence { changed.append(.absence) }
    if forwarding != other.forwarding { changed.append(.forwarding) }
    if defaultHandler != other.defaultHandler { changed.append(.defaultHandler) }
    if templates != other.templates { changed.append(.templates) }
    if allowsBreakingGlass != other.allowsBreakingGlass { changed.append(.allowsBreakingGlass) }
    return changed
  }
}

/// One part of a mailbox's settings, by its key.
public enum MailboxSetting: String, Hashable, Sendable, CaseIterable {
  case name, notifications, notificationInterval, absence, forwarding, defaultHandler, templates, allowsBreakingGlass
}

/// Why a mailbox's settings cannot be had or changed.
public enum MailboxProblem: Error, Hashable, Sendable, CustomStringConvertible {
  /// There is no such mailbox, or not for whoever asks.
  case unknown
  /// Neither an agreement in force nor, where the node has none, the directory names it.
  case notAgreed(MailboxID)
  /// Somebody else has changed the settings since: look again.
  case stale(seen: Int, now: Int)
  /// A part cannot be so. The reason is a sentence's end, without content.
  case refused(MailboxSetting, String)

  public var description: String {
    switch self {
    case .unknown: "there is no such mailbox"
    case .notAgreed(let mailbox): "no agreement in force has the mailbox \(mailbox)"
    case .stale(let seen, let now): "the settings have changed: version \(seen) was seen, they are at \(now)"
    case .refused(let setting, let reason): "\(setting.rawValue): \(reason)"
    }
  }
}

/// A mailbox's settings as they stand.
public struct ConfiguredMailbox: Hashable, Sendable, Codable {
  public let organisation: ParticipantID
  public let mailbox: FunctionalAddress
  /// Rises with every change; 0 before the first. Whoever changes says which one was seen.
  public let version: Int
  public let changed: Date?
  /// Who changed them last: `user u1`.
  public let changedBy: String?
  public let settings: MailboxSettings
}

/// A mailbox in a list, as it is now.
public struct MailboxOverview: Hashable, Sendable, Codable {
  public let organisation: ParticipantID
  public let mailbox: FunctionalAddress
  /// Its own name, else the agreement's or the directory's.
  public let name: String?
  /// Whether an agreement in force or, where the node has none, the directory names it.
  public let isAgreed: Bool
  public let version: Int
  /// In force now.
  public let absence: MailboxSettings.Absence?
  /// Where what arrives now is handled instead.
  public let forwardsTo: FunctionalAddress?
}

/// Somebody who works in a mailbox now.
public struct MailboxMember: Hashable, Sendable, Codable {
  public let user: String
  public let name: String
  /// In the order of ``Role``.
  public let roles: [String]
  /// Whether messages about protected persons are open to them.
  public let protectedPersons: Bool
}
