import ArgumentParser
import SDKRelay

struct Messages: ParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "List, read and save messages.",
    subcommands: [MessagesList.self, MessagesShow.self, MessagesSave.self], defaultSubcommand: MessagesList.self)
}

/// The message an operator named, on the own node.
struct ChosenMessage: ParsableArguments {
  @Argument(help: "The message's id.")
  var id: String
  @Option(
    help: ArgumentHelp(
      "Whose message, where two participants of this node exchanged it.", valueName: "organisation"))
  var participant: String?

  func find(in relay: Relay) throws -> StoredMessage {
    let id = try messageID(id)
    let found = try relay.message(id, participant: participant.map { try ParticipantID($0) })
    // The recipient's copy holds what arrived.
    guard let message = found.first(where: { $0.direction == .incoming }) ?? found.first else {
      throw CommandProblem.couldNotRun("no message \(id.value) on this node")
    }
    return message
  }
}
