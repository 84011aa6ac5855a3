import ArgumentParser
import Foundation
import Logging
import SDKRelay

/// The node's settings file, which most commands need.
struct ConfigurationFile: ParsableArguments {
  @Option(name: .customLong("config"), help: ArgumentHelp("The node's settings file.", valueName: "file"))
  var path: String = "node.yaml"

  /// Reads the settings with all keys and certificates they name.
  func settings() throws -> NodeSettings {
    try NodeSettings(file: URL(filePath: path))
  }

  /// Opens the node's data folder, as every command does that works on a node's messages.
  func open() throws -> Relay {
    try Relay.open(settings(), logger: Logger(label: "sdkrelay") { _ in EventLog(logLevel: .warning) })
  }
}
