import Foundation
import Testbed

/// The demo's two nodes, each a real `sdkrelay serve`.
final class DemoNodes: Sendable {
  private let processes: [NodeProcess]
  private let folder: URL

  init(_ federation: TestFederation) throws {
    folder = federation.folder
    let binary = try Self.binary()
    var started: [NodeProcess] = []
    do {
      for node in federation.nodes { started.append(try NodeProcess(binary: binary, node: node)) }
    } catch {
      for process in started { process.kill() }
      throw error
    }
    processes = started
  }

  /// Waits until both take connections.
  func start(_ show: DemoScreen) async throws {
    for process in processes {
      try await process.waitUntilReady()
      show.step("Node \(process.name) listens as process \(process.processIdentifier); its log is \(process.log.path)")
    }
  }

  /// Keeps the nodes running until the demo is interrupted or one of them ends.
  func serve(_ federation: TestFederation, until interruption: Interruption, _ show: DemoScreen) async throws {
    show.step("Both messages ACCEPTED, both files identical. The nodes keep running until Ctrl-C. Try:")
    Output.line(DemoHints.text(federation))
    while !interruption.happened {
      guard processes.allSatisfy(\.isRunning) else { break }
      try await Task.sleep(for: .milliseconds(200))
    }
    try await stop()
  }

  func stop() async throws {
    try await withThrowingTaskGroup(of: Void.self) { group in
      for process in processes { group.addTask { try await process.stop() } }
      try await group.waitForAll()
    }
  }

  func kill() {
    for process in processes { process.kill() }
  }

  /// This very program.
  static func binary() throws -> URL {
    let link = "/proc/self/exe"
    guard let path = try? FileManager.default.destinationOfSymbolicLink(atPath: link) else {
      throw CommandProblem.couldNotRun("the demo cannot find its own program")
    }
    return URL(filePath: path)
  }
}

/// The next commands to try.
enum DemoHints {
  static func text(_ federation: TestFederation) -> String {
    let (a, b) = (federation.nodeA, federation.nodeB)
    let program = (try? DemoNodes.binary().path) ?? "sdkrelay"
    return """

      \(program) messages list --config \(b.settings.path)
      \(program) send --config \(a.settings.path) \\
        --from \(a.organisation.mailboxes[1].address) \\
        --to \(b.organisation.id)/\(b.organisation.mailboxes[1].address) \\
        --subject "Kursstart" --text "Kursen börjar **vecka 34**." --confidential --wait 30
      \(program) messages show ID --config \(b.settings.path)
      \(program) ping \(b.organisation.id) --config \(a.settings.path)

      """
  }
}
