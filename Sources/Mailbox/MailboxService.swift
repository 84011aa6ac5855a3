import GRDB
public import Logging
public import SDKRelay

/// The message service of one node: agreed mailboxes, who may use them, and every message's whole life.
///
/// It stands behind a ``Relay`` and keeps its tables in the relay's database: a message and what the service knows of it
/// are stored in one transaction.
public final class MailboxService: Sendable {
  public let relay: Relay
  /// The agreements that senders are held to; nil where the settings name none.
  public let agreements: AgreementWatch?
  /// Who did what, and why.
  public let audit: Audit
  /// How people are told of messages; nil where the settings name no way.
  let notifications: NotificationSettings?
  /// What else knows of messages; nil where nothing does.
  let companion: (any MessageCompanion)?
  let logger: Logger

  init(
    relay: Relay, agreements: AgreementWatch? = nil, audit: Audit, notifications: NotificationSettings? = nil,
    companion: (any MessageCompanion)? = nil, logger: Logger
  ) {
    self.relay = relay
    self.agreements = agreements
    self.audit = audit
    self.notifications = notifications
    self.companion = companion
    self.logger = logger
  }

  /// Opens the node's data folder with the service's tables.
  /// - Parameters:
  ///   - notifications: how people are told of messages (``NotificationSettings/read(_:)``).
  ///   - companion: what else knows of messages, with tables of its own.
  ///   - creating: false for those who only look: a folder that holds no node's data is then an error, and
  ///     agreements are not read before they are asked for.
  /// - Throws: ``AgreementProblems``, and what ``Relay/open(_:directory:inbox:creating:logger:)`` throws.
  public static func open(
    _ settings: NodeSettings, notifications: NotificationSettings? = nil,
    companion: (any MessageCompanion)? = nil, creating: Bool = true,
    logger: Logger = Logger(label: "sdkrelay")
  ) throws -> MailboxService {
    let agreements = settings.agreements.map { AgreementWatch(folder: $0) }
    if creating { _ = try agreements?.book() }
    let audit = Audit(folder: settings.data, keyFile: settings.auditKey)
    if creating, let folder = settings.retention { _ = try RetentionRules(folder: folder) }
    let relay = try Relay.open(
      settings, inbox: MailboxInbox(agreements: agreements, audit: audit, companion: companion), creating: creating,
      logger: logger)
    return MailboxService(
      relay: relay, agreements: agreements, audit: audit, notifications: notifications, companion: companion,
      logger: logger)
  }
}
