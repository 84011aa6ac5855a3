import ArgumentParser
import Foundation
import SDKRelay

/// The command line. Exit codes: 0 done, 1 refused (an invalid file, a rejected message), 2 could not run.
@main
struct SDKRelayCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "sdkrelay",
    abstract: "A node for Säker digital kommunikation (SDK): sends and receives signed, encrypted messages.",
    discussion: """
      Try it out:   sdkrelay demo
      Run a node:   sdkrelay serve --config node.yaml

      Exit codes: 0 done, 1 refused, 2 could not run. Commands that print results take --json for scripts; where \
      there is no result they then print {"error": "why"}.
      """,
    version: Program.version,
    subcommands: [
      Serve.self, Send.self, Messages.self, Status.self, Aside.self, PayloadCommand.self, EnvelopeCommand.self,
      ReceiptCommand.self, Ping.self, AgreementCommand.self, UserCommand.self, ClientCommand.self, AuditCommand.self,
      EvidenceCommand.self, ArchiveCommand.self, MailboxCommand.self, RegisterCommand.self, RetentionCommand.self,
      Backup.self, Restore.self, Health.self, ConfigCommand.self, IdentityCommand.self, ChannelCommand.self, CasesCommand.self,
      Keys.self, Demo.self,
    ])

  static func main() async {
    do {
      var command = try parseAsRoot()
      if var asynchronous = command as? any AsyncParsableCommand {
        try await asynchronous.run()
      } else {
        try command.run()
      }
    } catch {
      leave(error)
    }
  }

  private static func leave(_ error: any Error) -> Never {
    if let code = error as? ExitCode { Foundation.exit(code.rawValue) }
    let code = exitCode(for: error)
    if code == .success { leaveWithHelp(fullMessage(for: error)) }
    if code == .validationFailure {
      Output.fail(printable(message(for: error)))
      Output.complain(printable(fullMessage(for: error), multiline: true), prefix: "")
      Foundation.exit(CommandProblem.couldNotRunCode)
    }
    leave(CommandProblem(error))
  }

  private static func leave(_ problem: CommandProblem) -> Never {
    Output.fail(problem.sentence)
    Output.complain(problem.sentence)
    Foundation.exit(problem.exitCode)
  }

  private static func leaveWithHelp(_ text: String) -> Never {
    do {
      try Output.line(text)
    } catch {
      leave(CommandProblem(error))
    }
    Foundation.exit(0)
  }
}
