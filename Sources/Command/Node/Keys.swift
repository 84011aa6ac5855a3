import ArgumentParser
import Foundation
import Testbed

struct Keys: ParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Make the key that a node's messages are kept with, or all keys and certificates for trying things out.",
    subcommands: [NewStorageKey.self, NewTestFederation.self])
}

struct NewTestFederation: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "new-test-federation",
    abstract: "Make a test federation: authorities, two organisations and two nodes ready to run.",
    discussion: """
      Everything is made anew, with the key sizes the federation uses, and is worth nothing outside this folder.

      Example:
        sdkrelay keys new-test-federation federation
        sdkrelay serve --config federation/node-a/node.yaml
      """)

  @Argument(help: ArgumentHelp("The folder to make it in.", valueName: "dir"))
  var folder: String
  @OptionGroup var output: Output

  private struct Made: Encodable {
    let folder: String
    let nodes: [TestNodeView]
  }

  func run() throws {
    let federation = try TestFederation.createWatched(in: URL(filePath: folder))
    let nodes = federation.nodes.map(TestNodeView.init)
    try output.result(Made(folder: federation.folder.path, nodes: nodes)) {
      nodes.map { node in
        "\(node.organisation)  \(node.url)\n  sdkrelay serve --config \(node.config)"
          + node.mailboxes.map { "\n  mailbox \($0)" }.joined()
      }.joined(separator: "\n")
    }
  }
}

/// A node of a test federation, as scripts see it.
struct TestNodeView: Encodable {
  let organisation: String
  let mailboxes: [String]
  /// The path of its settings file.
  let config: String
  let url: String

  init(_ node: TestFederation.Node) {
    organisation = node.organisation.id
    mailboxes = node.organisation.mailboxes.map(\.address)
    config = node.settings.path
    url = node.url
  }
}

extension TestFederation {
  /// Makes a federation and shows on a terminal how far its keys are.
  static func createWatched(in folder: URL) throws -> TestFederation {
    let progress = Progress("Making keys", total: 100)
    defer { progress.finish() }
    return try create(in: folder) { progress.advance(to: $0) }
  }
}
