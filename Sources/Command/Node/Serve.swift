import ArgumentParser
import Dispatch
import Foundation
import Logging
import Mailbox
import SDKRelay
import Service
import ServiceLifecycle
import UnixSignals

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
      EventLog(logLevel: Logger.Level(rawValue: settings.logLevel.rawValue) ?? .info)
    }
    let mailbox = try MailboxService.open(
      settings, notifications: NotificationSettings.read(URL(filePath: configurationFile.path)), logger: logger)
    let output = output
    let service = RunningService(mailbox: mailbox) { port in
      let address = "https://\(settings.server.host):\(port)/as4"
      do {
        try output.result(Listening(listening: address, port: port)) { "Listening on \(address)" }
      } catch {
        // A node does not stop because nobody can read this line.
        logger.error("\(CommandProblem(error).sentence)")
      }
    }
    var services: [any ServiceLifecycle.Service] = [service]
    if let settings = try ServiceSettings.read(URL(filePath: configurationFile.path)) {
      services.append(try await Self.server(settings, mailbox, output, logger))
    }
    let group = ServiceGroup(
      configuration: .init(services: services, gracefulShutdownSignals: [.sigterm, .sigint], logger: logger))
    try await group.run()
  }

  /// The MT–MK interface beside the access point.
  private static func server(
    _ settings: ServiceSettings, _ mailbox: MailboxService, _ output: Output, _ logger: Logger
  ) async throws -> APIServer {
    try await APIServer(settings, mailbox: mailbox, logger: logger) { port in
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
  let mailbox: MailboxService
  let onListening: @Sendable (Int) -> Void

  func run() async throws {
    try await mailbox.run { port in onListening(port) }
  }
}
