import Foundation
import Testbed

/// The shared federation's first node with a data folder of one's own: its keys, and nobody else's messages.
struct OwnData {
  let folder: TemporaryFolder
  /// Names the settings to a command.
  let config: [String]

  /// - Parameter furtherSettings: further lines of its settings.
  init(furtherSettings: String = "") throws {
    let node = try SharedFederation.make().nodeA
    folder = try TemporaryFolder()
    // Beside the shared settings, whose paths count from there.
    let copy = node.folder.appending(path: "own-\(UUID().uuidString).yaml")
    let settings = try String(contentsOf: node.settings, encoding: .utf8)
    let data = folder.url.appending(path: "data").path
    try Data((settings + furtherSettings).replacing("data: data", with: "data: \(data)").utf8).write(to: copy)
    config = ["--config", copy.path]
  }

  func run(_ arguments: [String], input: String? = nil) async throws -> CommandResult {
    try await Sdkrelay.run(arguments + config, input: input)
  }
}
