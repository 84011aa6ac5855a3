import ArgumentParser
import Foundation
import SDKRelay

/// The command line. Exit codes: ``CommandProblem``.
@main
struct SDKRelayCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "sdkrelay",
    abstract: "A node for Säker digital kommunikation (SDK): sends and receives signed, encrypted messages.",
    discussion: """
      Try it out:   sdkrelay demo
      Run a node:   sdkrelay serve --config node.yaml

      Which one:    sdkrelay --version

      Exit codes: 0 done, also where there was nothing to do; 1 no: not there, not yours, or refused; 2 wrong use, or \
      something cannot be read. Commands that print results take --json for scripts; where \
      there is no result they then print {"error": "why"}.
      """,
    subcommands: [
      Serve.self, Send.self, Messages.self, Status.self, Aside.self, PayloadCommand.self, EnvelopeCommand.self,
      ReceiptCommand.self, Ping.self, AgreementCommand.self, UserCommand.self, ClientCommand.self, AuditCommand.self,
      EvidenceCommand.self, ArchiveCommand.self, MailboxCommand.self, RegisterCommand.self, RetentionCommand.self,
      Backup.self, Restore.self, Health.self, ConfigCommand.self, IdentityCommand.self, CasesCommand.self,
      LinksCommand.self, PersonsCommand.self,
      ChannelCommand.self, Keys.self,
      Demo.self, CoreCommand.self, FactsCommand.self, TestbedCommand.self,
    ])

  static func main() async {
    do {
      // Not the parser's own option: it would stand beside the `--version NUMBER` of commands about what has versions.
      if CommandLine.arguments.dropFirst().elementsEqual(["--version"]) { leaveWithHelp(Program.version) }
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
