public import Foundation

/// A real `sdkrelay serve` in a process of its own, for the demo and for tests that kill it.
public final class NodeProcess: Sendable {
  /// The process is started once and afterwards only asked and signalled, both of which any thread may do.
  private nonisolated(unsafe) let process: Process
  private let port: Int
  /// The name of the node's access point.
  public let name: String
  /// What the node wrote, both results and events.
  public let log: URL

  /// Starts the node.
  /// - Parameters:
  ///   - binary: the `sdkrelay` to run.
  ///   - node: which node; its log is `node.log` beside its settings, appended to.
  ///   - environment: added to this process's own.
  public init(binary: URL, node: TestFederation.Node, environment: [String: String] = [:]) throws {
    log = node.folder.appending(path: "node.log")
    port = node.port
    name = node.accessPoint
    let descriptor = open(log.path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0o600)
    guard descriptor >= 0 else { throw TestbedProblem("the node's log cannot be written: \(log.path)") }
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

  public var processIdentifier: Int32 { process.processIdentifier }
  public var isRunning: Bool { process.isRunning }

  /// Waits until the node takes connections.
  /// - Throws: ``TestbedProblem`` when it ends before, or is not ready in time.
  public func waitUntilReady(within limit: Duration = .seconds(20)) async throws {
    let end = ContinuousClock.now + limit
    while !canConnect(to: port) {
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

  private var lastLine: String {
    let text = (try? String(contentsOf: log, encoding: .utf8)) ?? ""
    return text.split(separator: "\n").last.map(String.init) ?? "it said nothing"
  }
}

/// Whether somebody listens on the port of the loopback address.
private func canConnect(to port: Int) -> Bool {
  let descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
  guard descriptor >= 0 else { return false }
  defer { close(descriptor) }
  var address = sockaddr_in()
  address.sin_family = sa_family_t(AF_INET)
  address.sin_port = UInt16(port).bigEndian
  address.sin_addr.s_addr = inet_addr("127.0.0.1")
  return withUnsafePointer(to: &address) { pointer in
    pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
      connect(descriptor, $0, socklen_t(MemoryLayout<sockaddr_in>.size)) == 0
    }
  }
}
