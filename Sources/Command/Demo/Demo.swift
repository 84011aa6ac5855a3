import ArgumentParser
import Foundation
import Testbed

struct Demo: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Two nodes on this machine exchange real messages.",
    discussion: """
      Makes a test federation with authorities, keys and settings, starts a node for a municipality's adult education and
      one for an employment office, sends a text with a PDF each way and compares what arrived with what was sent.

      Examples:
        sdkrelay demo --once
        sdkrelay demo --dir federation      # keeps running; the next commands to try are printed
      """)

  @Flag(help: "End when both messages have arrived: 0 when both were accepted and the files are identical.")
  var once = false
  @Option(
    help: ArgumentHelp("Keep everything in this folder. A federation that is there is used again.", valueName: "dir"))
  var dir: String?

  func run() async throws {
    let folder = dir.map { URL(filePath: $0) } ?? Self.temporaryFolder()
    let show = DemoScreen()
    defer {
      // Nobody can want what --once left in a place that nobody named.
      if once, dir == nil { try? FileManager.default.removeItem(at: folder) }
    }
    show.step("Test federation in \(folder.path); its keys take a few seconds")
    let federation = try Self.federation(in: folder)
    let nodes = try DemoNodes(federation)
    defer { nodes.kill() }
    let interruption = Interruption()
    try await interruption.ends {
      try await nodes.start(show)
      try await DemoExchange(federation: federation, show: show).run()
    }
    guard once else { return try await nodes.serve(federation, until: interruption, show) }
    try await nodes.stop()
    show.step("Both messages ACCEPTED, both files identical.")
  }

  private static func temporaryFolder() -> URL {
    FileManager.default.temporaryDirectory.appending(path: "sdkrelay-demo-\(getpid())")
  }

  private static func federation(in folder: URL) throws -> TestFederation {
    if let federation = TestFederation.load(from: folder) { return federation }
    return try TestFederation.create(in: folder)
  }
}

/// What the demo prints.
struct DemoScreen: Sendable {
  private let started = ContinuousClock.now

  /// Something the demo itself does.
  func step(_ text: String) { Output.line("\(time)  \(text)") }

  /// Something that happened to a message, seen by one of the nodes.
  func event(_ node: String, _ status: String, _ text: String) {
    let padding = String(repeating: " ", count: max(1, 24 - status.count))
    Output.line("\(time)    \(node.padding(toLength: 18, withPad: " ", startingAt: 0))  \(status)\(padding)\(text)")
  }

  /// Seconds since the start.
  private var time: String {
    let milliseconds = Int((ContinuousClock.now - started) / .milliseconds(1))
    let text = "\(milliseconds / 1000).\(String(1000 + milliseconds % 1000).dropFirst())"
    return String(repeating: " ", count: max(0, 7 - text.count)) + text + " s"
  }
}
