import ArgumentParser
import Foundation
import Logging
import Mailbox
import SDKRelay

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
    if let opened = Self.opened { return opened.relay }
    return try Relay.open(settings(), creating: creating, logger: Self.logger)
  }

  /// Opens the node's data folder with the message service's tables.
  func service(creating: Bool = false) throws -> MailboxService {
    if let opened = Self.opened { return opened }
    return try MailboxService.open(
      settings(), notifications: NotificationSettings.read(URL(filePath: path)), creating: creating,
      logger: Self.logger)
  }

  /// The node that is open already, where a task runs several commands in its own process.
  @TaskLocal static var opened: MailboxService?

  private static let logger = Logger(label: "sdkrelay") { _ in EventLog(logLevel: .warning) }
}
