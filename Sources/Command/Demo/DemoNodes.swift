import Foundation
import Service
import Testbed

/// The demo's two nodes, each a real `sdkrelay serve`.
final class DemoNodes: Sendable {
  private let processes: [NodeProcess]

  init(_ federation: TestFederation) throws {
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
      try show.step(
        "Node \(process.name) listens as process \(process.processIdentifier); its log is \(process.log.path)")
    }
  }

  /// Does the work, or throws as soon as one of the nodes has ended by itself.
  func whileRunning<Value: Sendable>(_ work: @Sendable @escaping () async throws -> Value) async throws -> Value {
    try await firstOf(work) {
      while true {
        try self.check()
        try await Task.sleep(for: .milliseconds(50))
      }
    }
  }

  /// Keeps the nodes running until the demo is interrupted.
  /// - Throws: ``CommandProblem`` when one of them ends by itself.
  func serve(until interruption: Interruption) async throws {
    while !interruption.happened {
      try check()
      try await Task.sleep(for: .milliseconds(200))
    }
    try await stop()
  }

  private func check() throws {
    guard let ended = processes.first(where: { !$0.isRunning }) else { return }
    throw CommandProblem.couldNotRun("the node \(ended.name) ended: \(ended.lastLine)")
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
        --kind establishmentQuery --subject "Kursstart" --text "Kursen börjar **vecka 34**." --confidential --wait 30
      \(program) messages show ID --config \(b.settings.path)
      \(program) messages search studieplan --as handlaggare --config \(b.settings.path)
      \(program) audit search --config \(b.settings.path)
      \(program) agreement show etablering --config \(a.settings.path)
      \(program) ping \(b.organisation.id) --config \(a.settings.path)
      curl -u \(DemoOffice.clientID):$(cat \(DemoOffice.secretFile(a).path)) -d grant_type=client_credentials \\
        \(interface(a))/oauth/token

      """
  }

  private static func interface(_ node: TestFederation.Node) -> String {
    let settings = try? ServiceSettings.read(node.settings)
    return settings.map { "http://\($0.host):\($0.port)" } ?? ""
  }
}
