import ArgumentParser
import Foundation
import SDKRelay

struct Aside: ParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Look at what the node has set aside, and decide about it.",
    subcommands: [AsideList.self, AsideRelease.self, AsideDismiss.self], defaultSubcommand: AsideList.self)
}

struct AsideList: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "list", abstract: "List what is set aside, the oldest first, each with its reason.",
    discussion: """
      A message is set aside when it cannot be opened, when its sender's messages could not be opened lately, or when \
      the work at it has ended the node three times.

      Example: sdkrelay aside list --config node.yaml
      """)

  @OptionGroup var configurationFile: ConfigurationFile
  @Option(help: "At most so many.")
  var limit = 1_000
  @OptionGroup var output: Output

  func validate() throws {
    if limit < 1 || limit > 100_000 { throw ValidationError("--limit is a number from 1 to 100000.") }
  }

  func run() throws {
    let items = try configurationFile.open().setAsideItems(limit: limit).map(SetAsideView.init)
    try output.result(items) { items.isEmpty ? "Nothing is set aside." : SetAsideView.table(items).text }
  }
}

/// The item an operator named, and where.
struct ChosenItem: ParsableArguments {
  @Argument(help: "The item's number in `sdkrelay aside list`.")
  var number: Int64
  @OptionGroup var configurationFile: ConfigurationFile
  @OptionGroup var output: Output

  private struct Done: Encodable {
    let number: Int64
    let done: String
  }

  fileprivate func say(_ done: String) throws {
    try output.result(Done(number: number, done: done)) { "\(number) \(done)" }
  }
}

struct AsideRelease: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "release", abstract: "Give an item back to work, as if it had never been tried.",
    discussion: """
      For received messages, and for message receipts that could not be sent: such a receipt goes as a new AS4 message, \
      and the message that it is about stays MESSAGE_EXCHANGE_ERROR here, which is final. A message of one's own that \
      was set aside has ended, as its sender was told: that is refused with exit code 1. A node that runs goes on with \
      it at once.

      A sender whose messages could not be opened three times has to wait for an hour; releasing one of them ends that, \
      so mend first what was wrong, such as a missing key.

      Example: sdkrelay aside release 7 --config node.yaml
      """)

  @OptionGroup var item: ChosenItem

  func run() async throws {
    try await item.configurationFile.open().release(setAside: item.number)
    try item.say("released")
  }
}

struct AsideDismiss: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "dismiss", abstract: "Take an item off the list for good.",
    discussion: """
      A received message is then never read, and its sealed file is removed within two hours. The event list keeps what \
      it was.

      Example: sdkrelay aside dismiss 7 --config node.yaml
      """)

  @OptionGroup var item: ChosenItem

  func run() async throws {
    try await item.configurationFile.open().dismiss(setAside: item.number)
    try item.say("dismissed")
  }
}

/// What is set aside, as the command line shows it: with `--json` exactly these fields.
struct SetAsideView: Encodable {
  let number: Int64
  let time: Date
  /// What was to be done: `send`, `open` or `receiptClock`.
  let work: String
  let participant: String
  let counterpart: String?
  let message: String?
  let transport: String?
  let reason: String

  init(_ item: SetAsideItem) {
    number = item.number
    time = item.time
    work = item.work.rawValue
    participant = item.participant.value
    counterpart = item.counterpart?.value
    message = item.messageID?.value
    transport = item.transportID
    reason = item.reason
  }

  static func table(_ items: [SetAsideView]) -> Table {
    Table(
      header: ["NUMBER", "TIME", "WORK", "ORGANISATION", "WITH", "REASON", "MESSAGE"],
      rows: items.map { item in
        [
          "\(item.number)", localTime(item.time), item.work, item.participant, item.counterpart ?? "",
          printable(item.reason), item.message ?? "",
        ]
      })
  }
}
