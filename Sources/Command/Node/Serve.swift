import ArgumentParser
import Dispatch
import Foundation
import Logging
import Mailbox
import SDKRelay
import Service
import ServiceLifecycle
import StructuredBridge
import UnixSignals
import XMLSecurity

struct Serve: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Run the node: take messages from other access points and deliver one's own.",
    discussion: """
      Runs until SIGTERM or SIGINT, then finishes what is under way. Prints one line when it listens; events go to \
      standard error, with ids and codes, never with content.

      Example: sdkrelay serve --config node.yaml
      """)

  @OptionGroup var configurationFile: ConfigurationFile
  @OptionGroup var output: Output

  private struct Listening: Encodable {
    let listening: String
    let port: Int
  }

  func run() async throws {
    let settings = try configurationFile.settings()
    let logger = Logger(label: "sdkrelay") { _ in
      EventLog(logLevel: Logger.Level(rawValue: settings.logLevel.rawValue) ?? .info, format: settings.logFormat)
    }
    if !CoreDumps.turnOff() { logger.warning("core dumps cannot be turned off") }
    let bridge = try configurationFile.bridge(creating: true, logger: logger)
    let mailbox = bridge.mailbox
    let output = output
    let (running, isRunning) = AsyncStream.makeStream(of: Void.self)
    let service = RunningService(bridge: bridge) { port in
      isRunning.finish()
      let address = "https://\(settings.server.host):\(port)/as4"
      do {
        try output.result(Listening(listening: address, port: port)) { "Listening on \(address)" }
      } catch {
        // A node does not stop because nobody can read this line.
        logger.error("\(CommandProblem(error).sentence)")
      }
    }
    var services: [any ServiceLifecycle.Service] = [service]
    let serviceSettings = try ServiceSettings.read(URL(filePath: configurationFile.path))
    if let serviceSettings {
      services.append(
        FollowingService(running: running, service: try await Self.server(serviceSettings, bridge, output, logger)))
    }
    if let settings = try OperationsSettings.read(URL(filePath: configurationFile.path)) {
      services.append(Self.operations(settings, mailbox, serviceSettings, output, logger))
    }
    let group = ServiceGroup(
      configuration: .init(services: services, gracefulShutdownSignals: [.sigterm, .sigint], logger: logger))
    try await group.run()
  }

  /// Health and figures.
  private static func operations(
    _ settings: OperationsSettings, _ mailbox: MailboxService, _ service: ServiceSettings?, _ output: Output,
    _ logger: Logger
  ) -> OperationsServer {
    OperationsServer(settings, mailbox: mailbox, service: service, logger: logger) { port in
      let address = "http://\(settings.host):\(port)"
      do {
        try output.result(Listening(listening: address, port: port)) { "Health and metrics on \(address)" }
      } catch {
        logger.error("\(CommandProblem(error).sentence)")
      }
    }
  }

  /// The MT–MK interface beside the access point.
  private static func server(
    _ settings: ServiceSettings, _ bridge: Bridge, _ output: Output, _ logger: Logger
  ) async throws -> APIServer {
    try await APIServer(settings, bridge: bridge, logger: logger) { port in
      let address = "\(settings.scheme)://\(settings.host):\(port)/v1"
      do {
        try output.result(Listening(listening: address, port: port)) { "MT–MK interface on \(address)" }
      } catch {
        logger.error("\(CommandProblem(error).sentence)")
      }
    }
  }
}

/// The node as one service of the process.
private struct RunningService: ServiceLifecycle.Service {
  let bridge: Bridge
  let onListening: @Sendable (Int) -> Void

  func run() async throws {
    try await bridge.run { port in onListening(port) }
  }
}

/// A service that begins once the node runs: two processes on one data folder are told so, not that a port is taken.
private struct FollowingService: ServiceLifecycle.Service {
  /// Ends when the node runs.
  let running: AsyncStream<Void>
  let service: any ServiceLifecycle.Service

  func run() async throws {
    for await _ in running.cancelOnGracefulShutdown() {}
    guard !Task.isShuttingDownGracefully else { return }
    try await service.run()
  }
}
