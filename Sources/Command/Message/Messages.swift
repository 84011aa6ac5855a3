import ArgumentParser
import Mailbox
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

  /// The message for reading; of two participants' copies the recipient's.
  func read(_ extract: MessageExtract, in service: MailboxService, for reader: CommandReader) async throws
    -> StoredMessage
  {
    try await service.read(messageID(id), of: participant.map { try ParticipantID($0) }, extract, for: reader)
  }

  /// The signed proof of the message, also of one that was rejected and lies in no mailbox.
  func evidence(in service: MailboxService, for reader: CommandReader) async throws -> [Evidence] {
    let (relay, id) = (service.relay, try messageID(id))
    if let participant = try participant.map({ try ParticipantID($0) }),
      try relay.message(id, participant: participant).isEmpty
    {
      let rejected = try await service.rejectedProof(id, at: participant, for: reader)
      if !rejected.isEmpty { return rejected }
    }
    let found = try relay.evidence(of: await read(.proof, in: service, for: reader))
    guard !found.isEmpty else { throw EvidenceProblem.none }
    return found
  }
}

extension Relay {
  /// The message that an operator named.
  func find(_ id: String, of participant: String?, preferring direction: MessageDirection) throws -> StoredMessage {
    let id = try messageID(id)
    let found = try message(id, participant: participant.map { try ParticipantID($0) })
    guard let message = found.first(where: { $0.direction == direction }) ?? found.first else {
      throw CommandProblem.refused("no message \(id.value) on this node")
    }
    return message
  }
}
