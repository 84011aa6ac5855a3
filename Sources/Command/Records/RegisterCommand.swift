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

/// In whose name a command acts: the trail names the account that runs it, and the user.
struct ActingUser: ParsableArguments {
  @Option(name: .customLong("as"), help: ArgumentHelp("The user in whose name.", valueName: "user"))
  var user: String

  func principal() throws -> Principal { .user(try UserID(user)) }
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

  /// Takes the step, and shows the line as it is then.
  func take(
    _ step: RegisterStep, _ user: Principal, _ service: MailboxService, after line: RegisterLine, reason: String?
  ) async throws -> RegisterLine {
    try await service.register(
      line.messageID, direction: line.direction, step, version: version ?? line.entry.version, by: user,
      through: commandOperator(), reason: reason)
    return try await self.line(service, user)
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
    let service = try configurationFile.service()
    let principal = try user.principal()
    let line = try await message.line(service, principal)
    let next = try await message.take(.cullable(rule: rule), principal, service, after: line, reason: reason)
    try output.result(RegisterView(next)) { RegisterView(next).text }
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
    let service = try configurationFile.service()
    let principal = try user.principal()
    let line = try await message.line(service, principal)
    let next = try await message.take(.withdraw, principal, service, after: line, reason: reason)
    try output.result(RegisterView(next)) { RegisterView(next).text }
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
