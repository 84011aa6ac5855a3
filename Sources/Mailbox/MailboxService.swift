import GRDB
public import Logging
public import SDKRelay

/// The message service of one node: agreed mailboxes, who may use them, and every message's whole life.
///
/// It stands behind a ``Relay`` and keeps its tables in the relay's database: a message and what the service knows of it
/// are stored in one transaction.
public final class MailboxService: Sendable {
  public let relay: Relay
  let logger: Logger

  init(relay: Relay, logger: Logger) {
    self.relay = relay
    self.logger = logger
  }

  /// Opens the node's data folder with the service's tables.
  /// - Parameter creating: false for those who only look: a folder that holds no node's data is then an error.
  /// - Throws: what ``Relay/open(_:directory:inbox:creating:logger:)`` throws.
  public static func open(
    _ settings: NodeSettings, creating: Bool = true, logger: Logger = Logger(label: "sdkrelay")
  ) throws -> MailboxService {
    MailboxService(
      relay: try Relay.open(settings, inbox: MailboxInbox(), creating: creating, logger: logger), logger: logger)
  }
}
