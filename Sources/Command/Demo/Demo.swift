import ArgumentParser
import Foundation
import Testbed

struct Demo: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Two nodes on this machine exchange real messages.",
    discussion: """
      Makes a test federation with authorities, keys and settings, starts a node for a municipality's adult education \
      and one for an employment office, and lets them exchange a text with a PDF each way under two agreements: the \
      first is sent by a case system through the MT–MK interface and answered by a caseworker; the case systems of \
      both fetch what has come, and it is compared with what was sent. Then the structured exchange tells of a referral, a \
      message about it finds its case, and what goes out about the case leads back to it. \
      Without --once the nodes then keep running, and the next commands to try are printed. Without --dir everything \
      is removed at the end.

      Examples:
        sdkrelay demo --once
        sdkrelay demo --dir federation
      """)

  @Flag(help: "End when all messages have arrived: 0 when all were accepted and the files are identical.")
  var once = false
  @Option(
    help: ArgumentHelp("Keep everything in this folder. A federation that is there is used again.", valueName: "dir"))
  var dir: String?
  @OptionGroup var output: Output

  /// What the demo has shown, for scripts: printed when all messages have arrived.
  private struct Report: Encodable {
    let folder: String
    let nodes: [TestNodeView]
    let messages: [DemoMessage]
  }

  func run() async throws {
    let folder = dir.map { URL(filePath: $0) } ?? Self.temporaryFolder()
    let show = DemoScreen(output)
    defer {
      // Keys and messages in a place that nobody named.
      if dir == nil { try? FileManager.default.removeItem(at: folder) }
    }
    let fate = dir == nil ? " (removed at the end; --dir DIR keeps it)" : ""
    try show.step("Test federation in \(folder.path)\(fate); its keys take a few seconds")
    let federation = try Self.federation(in: folder)
    try DemoAgreements.prepare(federation)
    let nodes = try DemoNodes(federation)
    defer { nodes.kill() }
    let interruption = Interruption()
    let messages = try await interruption.ends {
      try await nodes.start(show)
      return try await nodes.whileRunning { try await DemoExchange(federation: federation, show: show).run() }
    }
    let report = Report(folder: folder.path, nodes: federation.nodes.map(TestNodeView.init), messages: messages)
    if once { try await nodes.stop() }
    try show.end(report, once ? nil : DemoHints.text(federation))
    if !once { try await nodes.serve(until: interruption) }
  }

  private static func temporaryFolder() -> URL {
    FileManager.default.temporaryDirectory.appending(path: "sdkrelay-demo-\(UUID().uuidString)")
  }

  private static func federation(in folder: URL) throws -> TestFederation {
    if let federation = TestFederation.load(from: folder) { return federation }
    return try TestFederation.createWatched(in: folder)
  }
}

/// What the demo prints.
struct DemoScreen: Sendable {
  private let started = ContinuousClock.now
  private let output: Output

  init(_ output: Output) {
    self.output = output
  }

  /// Something the demo itself does.
  func step(_ text: String) throws { try output.note("\(time)  \(text)") }

  /// All messages have arrived.
  /// - Parameter next: the commands to try; nil when the nodes have ended.
  func end(_ report: some Encodable, _ next: String?) throws {
    try output.result(report) {
      let end = "\(time)  All messages ACCEPTED, all files identical, and what is about a case is with it."
      return next.map { "\(end) The nodes keep running until Ctrl-C. Try:\n\($0)" } ?? end
    }
  }

  /// Something that happened to a message, seen by one of the nodes.
  func event(_ node: String, _ status: String, _ text: String) throws {
    let padding = String(repeating: " ", count: max(1, 24 - status.count))
    try output.note("\(time)    \(node.padding(toLength: 18, withPad: " ", startingAt: 0))  \(status)\(padding)\(text)")
  }

  /// Seconds since the start.
  private var time: String {
    let milliseconds = Int((ContinuousClock.now - started) / .milliseconds(1))
    let text = "\(milliseconds / 1000).\(String(1000 + milliseconds % 1000).dropFirst())"
    return String(repeating: " ", count: max(0, 7 - text.count)) + text + " s"
  }
}
