import ArgumentParser
import Foundation
import Mailbox
import SDKRelay

struct Status: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Show where a message is on its way, with every step and its time; without an id, how the node is doing.",
    discussion: """
      Without an id: whether the node runs, its organisations, messages by status, what waits for whom and why, what is \
      set aside, the alarms of the last day and the room on the disk. The exit code says only whether that could be read.

      With an id and without --wait the exit code says only whether the message is known. With --wait it is 0 when the recipient \
      has accepted the message (or it lies new in the mailbox), 1 when it was refused or failed, 2 when the time is up.
      A message that was refused is shown with the reasons of the recipient's receipt: cause code, detail code, place \
      and text; where it is about a protected person, `messages show --reason` shows them.

      Examples:
        sdkrelay status --config node.yaml
        sdkrelay status 3f1c…-… --config node.yaml --wait 60
      """)

  @Argument(help: "The message's id.")
  var id: String?
  @Option(
    help: ArgumentHelp(
      "Whose message, where two participants of this node exchanged it.", valueName: "organisation"))
  var participant: String?
  @OptionGroup var configurationFile: ConfigurationFile
  @Option(help: ArgumentHelp("Wait so long for a final status.", valueName: "seconds"))
  var wait: Int?
  @OptionGroup var output: Output

  func validate() throws {
    try checkWait(wait)
    guard id == nil, wait != nil || participant != nil else { return }
    throw ValidationError("--wait and --participant go with a message's id.")
  }

  func run() async throws {
    let service = try configurationFile.service()
    let relay = service.relay
    guard let id else {
      let state = try NodeState(relay, now: .now)
      return try output.result(state) { state.text }
    }
    // Two participants of one node may have exchanged it: the sender's side tells how it went.
    let found = try relay.find(id, of: participant, preferring: .outgoing)
    let follower = Follower(service, output)
    if let wait { return try await follower.follow(found, for: .seconds(wait)) }
    try follower.show(found)
  }
}

/// Where a message is on its way; with `--json` exactly these fields.
struct StatusView: Encodable {
  let id: String
  let participant: String
  let direction: String
  let status: String
  let final: Bool
  let events: [TimelineEntry]
  /// Why the recipient refused it, as its receipt says; none for any other status, nor about a protected person.
  let reasons: [ReceiptView.Line]

  init(_ message: StoredMessage, events: [TimelineEntry], in service: MailboxService) throws {
    let isConcealed = try service.isConcealed(message, from: commandOperator())
    reasons = isConcealed ? [] : try service.relay.reasons(of: message)
    id = message.id.value
    participant = message.participant.value
    direction = message.direction.rawValue
    status = message.status.rawValue
    final = message.status.isFinal
    self.events = events
  }

  var text: String {
    let head = "\(status)  \(id)  \(participant)  \(direction)"
    let refusal = reasons.isEmpty ? [] : ["Reasons:", ReceiptView.table(reasons)]
    return ([head] + events.map { "  \($0.line)" } + refusal).joined(separator: "\n")
  }
}

extension Relay {
  /// Why the recipient refused a message of ours, line by line.
  func reasons(of message: StoredMessage) throws -> [ReceiptView.Line] {
    guard message.status == .rejected else { return [] }
    return try receipt(of: message)?.lines.map(ReceiptView.Line.init) ?? []
  }
}
