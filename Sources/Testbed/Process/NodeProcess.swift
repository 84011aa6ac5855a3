public import Foundation

/// A real `sdkrelay serve` in a process of its own, for the demo and for tests that kill it.
public final class NodeProcess: Sendable {
  private let process: Process
  /// Where in the log this process begins to write, in bytes.
  private let logStart: UInt64
  /// The name of the node's access point.
  public let name: String
  /// What the node wrote, both results and events.
  public let log: URL

  /// Starts the node.
  /// - Parameters:
  ///   - binary: the `sdkrelay` to run.
  ///   - node: which node; its log is `node.log` beside its settings, appended to.
  ///   - environment: added to this process's own.
  /// - Throws: ``TestbedProblem`` when the log cannot be written; Foundation's error when the program cannot be started.
  public init(binary: URL, node: TestFederation.Node, environment: [String: String] = [:]) throws {
    log = node.folder.appending(path: "node.log")
    name = node.accessPoint
    let descriptor = open(log.path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0o600)
    guard descriptor >= 0 else { throw TestbedProblem("the node's log cannot be written: \(log.path)") }
    logStart = UInt64(max(0, lseek(descriptor, 0, SEEK_END)))
    let handle = FileHandle(fileDescriptor: descriptor, closeOnDealloc: true)
    process = Process()
    process.executableURL = binary
    process.arguments = ["serve", "--config", node.settings.path]
    process.environment = ProcessInfo.processInfo.environment.merging(environment) { _, new in new }
    process.standardInput = FileHandle.nullDevice
    process.standardOutput = handle
    process.standardError = handle
    try process.run()
  }

  /// The process's id, also after it has ended.
  public var processIdentifier: Int32 { process.processIdentifier }
  /// Whether it has not ended yet.
  public var isRunning: Bool { process.isRunning }

  /// Waits until the node has said that it takes connections. That somebody listens on its port is not enough: it may
  /// be another node.
  /// - Throws: ``TestbedProblem`` when it ends before, or is not ready in time.
  public func waitUntilReady(within limit: Duration = .seconds(20)) async throws {
    _ = try await waitUntilSaid("Listening on ", within: limit)
  }

  /// Waits until the node has written the text, and gives everything that it has written.
  /// - Throws: ``TestbedProblem`` when it ends before, or has not in time.
  public func waitUntilSaid(_ text: String, within limit: Duration = .seconds(20)) async throws -> String {
    let end = ContinuousClock.now + limit
    while true {
      let said = said
      if said.contains(text) { return said }
      guard process.isRunning else { throw TestbedProblem("the node ended at its start: \(lastLine)") }
      guard ContinuousClock.now < end else { throw TestbedProblem("the node was not ready in \(limit)") }
      try await Task.sleep(for: .milliseconds(20))
    }
  }

  /// Waits until the node has ended by itself, e.g. at a kill point; false when it has not in time.
  public func waitUntilEnded(within limit: Duration) async throws -> Bool {
    let end = ContinuousClock.now + limit
    while process.isRunning {
      guard ContinuousClock.now < end else { return false }
      try await Task.sleep(for: .milliseconds(10))
    }
    return true
  }

  /// Asks the node to end and waits for it; kills it when it takes too long.
  public func stop(within limit: Duration = .seconds(10)) async throws {
    guard process.isRunning else { return }
    process.terminate()
    if try await !waitUntilEnded(within: limit) { kill() }
  }

  /// Ends the node at once, as a power cut would.
  public func kill() {
    guard process.isRunning else { return }
    Foundation.kill(process.processIdentifier, SIGKILL)
    process.waitUntilExit()
  }

  /// The last line of what it wrote.
  public var lastLine: String { said.split(separator: "\n").last.map(String.init) ?? "it said nothing" }

  /// What this process has written so far.
  private var said: String {
    guard let file = try? FileHandle(forReadingFrom: log), (try? file.seek(toOffset: logStart)) != nil
    else { return "" }
    return String(decoding: (try? file.readToEnd()) ?? Data(), as: UTF8.self)
  }
}
