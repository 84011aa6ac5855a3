import ArgumentParser
import Foundation
import Logging
import Mailbox
import SDKRelay
import StructuredBridge

/// The node's settings file, which most commands need.
struct ConfigurationFile: ParsableArguments {
  @Option(name: .customLong("config"), help: ArgumentHelp("The node's settings file.", valueName: "file"))
  var path: String = "node.yaml"

  /// Reads the settings with all keys and certificates they name.
  func settings() throws -> NodeSettings {
    do {
      try NamedFile.size(path)
    } catch {
      throw CommandProblem.couldNotRun("\(error): give the node's settings file with --config")
    }
    return try NodeSettings(file: URL(filePath: path))
  }

  /// Opens the node's data folder, as every command does that works on a node's messages.
  /// - Parameter creating: whether a node that has no data yet gets its folder.
  func open(creating: Bool = false) throws -> Relay {
    if let opened = Self.opened { return opened.mailbox.relay }
    return try Relay.open(settings(), creating: creating, logger: Self.logger)
  }

  /// Opens the node's data folder with the message service's tables.
  func service(creating: Bool = false) throws -> MailboxService { try bridge(creating: creating).mailbox }

  /// Opens the node's data folder with the message service's tables and the bridge's.
  func bridge(creating: Bool = false, logger: Logger? = nil) throws -> Bridge {
    if let opened = Self.opened { return opened }
    let settings = try settings()
    let file = URL(filePath: path)
    return try Bridge.open(
      settings, BridgeSettings.read(file, federation: settings.federation),
      notifications: NotificationSettings.read(file), creating: creating, logger: logger ?? Self.logger)
  }

  /// The node that is open already, where a task runs several commands in its own process.
  @TaskLocal static var opened: Bridge?

  private static let logger = Logger(label: "sdkrelay") { _ in EventLog(logLevel: .warning) }
}
