import ArgumentParser
import Mailbox

/// In whose name a command acts: the trail names the account that runs it, and the user.
struct ActingUser: ParsableArguments {
  @Option(name: .customLong("as"), help: ArgumentHelp("The user in whose name.", valueName: "user"))
  var user: String

  func principal() throws -> Principal { .user(try UserID(user)) }
}

/// In whose name a command acts, if not in that of the operator.
struct PerhapsActingUser: ParsableArguments {
  @Option(
    name: .customLong("as"),
    help: ArgumentHelp("The user in whose name; without it what the operator may.", valueName: "user"))
  var user: String?

  func principal() throws -> Principal { try user.map { .user(try UserID($0)) } ?? commandOperator() }

  /// Who runs the command, where that is not who acts.
  var through: Principal? { user == nil ? nil : commandOperator() }
}

/// In whose name messages are read, and why.
struct ReaderOptions: ParsableArguments {
  @OptionGroup var user: PerhapsActingUser
  @Option(help: "Why, for the audit trail; nothing about a protected person opens without. Never personal data.")
  var reason: String?
  @Flag(help: "Open for the reason what is not for the user, where the mailbox allows it; its owner is told.")
  var breakGlass = false

  func validate() throws {
    if breakGlass, user.user == nil || reason == nil {
      throw ValidationError("--break-glass goes with --as and --reason.")
    }
  }

  func reader() throws -> CommandReader {
    CommandReader(try user.principal(), through: user.through, reason: reason, breaksGlass: breakGlass)
  }
}
