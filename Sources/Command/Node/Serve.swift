import ArgumentParser
import Dispatch
import Foundation
import Logging
import Mailbox
import SDKRelay
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
    let mailbox = try MailboxService.open(settings, logger: logger)
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
    let group = ServiceGroup(
      configuration: .init(services: [service], gracefulShutdownSignals: [.sigterm, .sigint], logger: logger))
    try await group.run()
  }
}

/// The node as one service of the process.
private struct RunningService: Service {
  let mailbox: MailboxService
  let onListening: @Sendable (Int) -> Void

  func run() async throws {
    try await mailbox.run { port in onListening(port) }
  }
}
