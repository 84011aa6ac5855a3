import ArgumentParser
import SDKRelay

struct Messages: ParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "List, read, find, save and write messages.",
    subcommands: [
      MessagesList.self, MessagesShow.self, MessagesSearch.self, MessagesSave.self, MessagesReply.self,
      MessagesSupplement.self, MessagesForward.self, MessagesDraft.self, MessagesFailed.self, MessagesDone.self,
    ],
    defaultSubcommand: MessagesList.self)
}

/// The message an operator named, on the own node.
struct ChosenMessage: ParsableArguments {
  @Argument(help: "The message's id.")
  var id: String
  @Option(
    help: ArgumentHelp(
      "Whose message, where two participants of this node exchanged it.", valueName: "organisation"))
  var participant: String?

  /// - Parameter direction: whose copy to take where two participants of this node exchanged the message.
  func find(in relay: Relay, preferring direction: MessageDirection) throws -> StoredMessage {
    try relay.find(id, of: participant, preferring: direction)
  }

  /// The signed proof of the message, also of one that was rejected and lies in no mailbox.
  func evidence(in relay: Relay) throws -> [Evidence] {
    let participant = try participant.map { try ParticipantID($0) }
    if let participant, try relay.message(messageID(id), participant: participant).isEmpty {
      let rejected = try relay.evidence(ofRejected: messageID(id), at: participant)
      if !rejected.isEmpty { return rejected }
    }
    let found = try relay.evidence(of: find(in: relay, preferring: .incoming))
    guard !found.isEmpty else { throw CommandProblem.refused("there is no signed proof of the message yet") }
    return found
  }
}

extension Relay {
  /// The message that an operator named.
  func find(_ id: String, of participant: String?, preferring direction: MessageDirection) throws -> StoredMessage {
    let id = try messageID(id)
    let found = try message(id, participant: participant.map { try ParticipantID($0) })
    guard let message = found.first(where: { $0.direction == direction }) ?? found.first else {
      throw CommandProblem.couldNotRun("no message \(id.value) on this node")
    }
    return message
  }
}
