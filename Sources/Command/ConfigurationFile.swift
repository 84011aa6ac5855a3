import ArgumentParser
import Foundation

/// The node's settings file, which most commands need.
struct ConfigurationFile: ParsableArguments {
  @Option(name: .customLong("config"), help: ArgumentHelp("The node's settings file.", valueName: "file"))
  var path: String = "node.yaml"

  var url: URL { URL(filePath: path) }
}
