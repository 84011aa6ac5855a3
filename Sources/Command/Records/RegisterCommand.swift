import ArgumentParser
import Foundation
import Mailbox
import SDKRelay

struct RegisterCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "register", abstract: "What is registered, and what still has to be.",
    subcommands: [
      RegisterList.self, RegisterSet.self, RegisterCullable.self, RegisterWithdraw.self, RegisterHandOver.self,
      RegisterFigure.self,
    ], defaultSubcommand: RegisterList.self)
}

/// A message in the register, and the version of its entry that was seen.
struct RegisteredMessage: ParsableArguments {
  @Argument(help: "The message's id.")
  var id: String
  @Option(help: ArgumentHelp("in or out, where two mailboxes here exchanged it.", valueName: "direction"))
  var direction: String?
  @Option(help: ArgumentHelp("The entry's version that you have seen; the present one unless given.", valueName: "n"))
  var version: Int?

  func messageDirection() throws -> MessageDirection? {
    guard let direction else { return nil }
    guard let value = MessageDirection(rawValue: direction) else {
      throw CommandProblem.couldNotRun("--direction is in or out")
    }
    return value
  }

  /// The message's line as the user sees it.
  func line(_ service: MailboxService, _ user: Principal) async throws -> RegisterLine {
    var query = RegisterQuery()
    query.message = try messageID(id)
    let direction = try messageDirection()
    let lines = try await service.register(query, for: user, through: commandOperator())
    guard let line = lines.first(where: { direction == nil || $0.direction == direction }) else {
      throw MessageProblem.notFound
    }
    return line
  }

  /// Takes the step that the line as it is asks for, and shows the line as it is then.
  func change(
    _ configurationFile: ConfigurationFile, _ user: ActingUser, reason: String?, _ output: Output,
    _ step: (RegisterLine) throws -> RegisterStep
  ) async throws {
    let (service, principal) = (try configurationFile.service(), try user.principal())
    let former = try await line(service, principal)
    try await service.register(
      former.messageID, direction: former.direction, step(former), version: version ?? former.entry.version,
      by: principal, through: commandOperator(), reason: reason)
    let view = RegisterView(try await line(service, principal))
    try output.result(view) { view.text }
  }
}

struct RegisterCullable: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "cullable", abstract: "Mark an unregistered message as to be culled under a rule (gallringsbar).",
    discussion: """
      The rule has to be one for messages of this mailbox with messages.state cullable. Nothing is culled by the mark.

      Example: sdkrelay register cullable ID --rule ringa-betydelse --as registrator-1 --config node.yaml
      """)

  @OptionGroup var message: RegisteredMessage
  @Option(help: "The rule's id.")
  var rule: String
  @Option(help: "Why, for the register's history. Never personal data.")
  var reason: String?
  @OptionGroup var user: ActingUser
  @OptionGroup var configurationFile: ConfigurationFile
  @OptionGroup var output: Output

  func run() async throws {
    try await message.change(configurationFile, user, reason: reason, output) { _ in .cullable(rule: rule) }
  }
}

struct RegisterWithdraw: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "withdraw", abstract: "Take a message back to unregistered, with a reason.",
    discussion: """
      What the register said stays in its history.

      Example: sdkrelay register withdraw ID --reason "fel ärende" --as registrator-1 --config node.yaml
      """)

  @OptionGroup var message: RegisteredMessage
  @Option(help: "Why. Never personal data.")
  var reason: String
  @OptionGroup var user: ActingUser
  @OptionGroup var configurationFile: ConfigurationFile
  @OptionGroup var output: Output

  func run() async throws {
    try await message.change(configurationFile, user, reason: reason, output) { _ in .withdraw }
  }
}

struct RegisterFigure: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "figure", abstract: "How much is unregistered, and for more than a working day, in each mailbox.",
    discussion: "Example: sdkrelay register figure --as registrator-1 --config node.yaml")

  @OptionGroup var user: ActingUser
  @OptionGroup var configurationFile: ConfigurationFile
  @OptionGroup var output: Output

  private struct Figure: Encodable {
    let mailbox: String
    let unregistered: Int
    /// For more than a working day.
    let overdue: Int
    let oldest: Date?
  }

  func run() async throws {
    let figures = try configurationFile.service().unregistered(for: user.principal()).map {
      Figure(mailbox: "\($0.mailbox)", unregistered: $0.unregistered, overdue: $0.overdue, oldest: $0.oldest)
    }
    try output.result(figures) {
      figures.isEmpty
        ? "No mailboxes."
        : Table(
          header: ["MAILBOX", "UNREGISTERED", "> 1 WORKING DAY", "OLDEST"],
          rows: figures.map {
            [printable($0.mailbox), "\($0.unregistered)", "\($0.overdue)", $0.oldest.map(localTime) ?? ""]
          }
        ).text
    }
  }
}
