import ArgumentParser
import Foundation
import Mailbox
import SDKRelay

struct MessagesFailed: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "failed", abstract: "List sent messages that were not delivered or were refused, as a user sees them.",
    discussion: """
      Those that nobody has marked done, the newest first; --all lists the others too. A message receipt that came too \
      late is told of, and changes no status.

      Examples:
        sdkrelay messages failed --as handlaggare-1 --config node.yaml
        sdkrelay messages done 3f1c…-… --as handlaggare-1 --config node.yaml
      """)

  @Option(help: ArgumentHelp("Only this mailbox's messages.", valueName: "organisation/mailbox"))
  var mailbox: String?
  @Flag(help: "Also those that are done.")
  var all = false
  @Option(help: ArgumentHelp("Messages before this number: the last one of the page before.", valueName: "number"))
  var before: Int64?
  @Option(help: "At most so many.")
  var limit = 50
  @OptionGroup var name: InTheNameOf

  /// A failed delivery: with `--json` exactly these fields.
  private struct Failed: Encodable {
    let number: Int64
    let message: MessageView
    let failed: Date?
    /// What a late message receipt said: `ACCEPTED` or `REJECTED`.
    let lateReceipt: String?
    let lateReceiptTime: Date?
    let done: Bool
  }

  func validate() throws {
    if limit < 1 || limit > 1_000 { throw ValidationError("--limit is a number from 1 to 1000.") }
  }

  func run() async throws {
    var query = MessageSearch()
    query.mailbox = try mailbox.map { try MailboxID($0) }
    query.hasFailed = true
    query.isDone = all ? nil : false
    (query.before, query.limit) = (before, limit)
    let user = try name.principal()
    let service = try name.configurationFile.service()
    let found = try await service.find(query, for: user, through: commandOperator()).map { message in
      let failure = try service.failedDelivery(of: message, for: user)
      return Failed(
        number: message.row, message: MessageView(message, withText: false), failed: failure?.time,
        lateReceipt: failure?.late.map { $0.isAccepted ? "ACCEPTED" : "REJECTED" },
        lateReceiptTime: failure?.late?.time,
        done: failure?.isDone ?? false
      )
    }
    try name.output.result(found) { found.isEmpty ? "No failed deliveries." : Self.table(found).text }
  }

  private static func table(_ found: [Failed]) -> Table {
    Table(
      header: ["NUMBER", "TIME", "", "STATUS", "ORGANISATION", "SUBJECT", "FILES", "ID", "LATE RECEIPT", "DONE"],
      rows: found.map {
        ["\($0.number)"] + MessagesList.cells($0.message) + [$0.lateReceipt ?? "", $0.done ? "done" : ""]
      })
  }
}

struct MessagesDone: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "done", abstract: "Mark a received message or a failed delivery as done, in the name of a user.",
    discussion: "Example: sdkrelay messages done 3f1c…-… --as handlaggare-1 --config node.yaml")

  @Argument(help: "The message's id.")
  var id: String
  @Option(help: "Why, for the audit trail. Never personal data.")
  var reason: String?
  @OptionGroup var name: InTheNameOf

  private struct Done: Encodable {
    let id: String
    let version: Int
  }

  func run() async throws {
    let (service, user, id) = (try name.configurationFile.service(), try name.principal(), try messageID(id))
    let seen = try await service.handling(of: id, reason: reason, by: user, through: commandOperator())
    let state = try await service.handle(
      id, .done, version: seen.state.version, by: user, through: commandOperator(), reason: reason)
    try name.output.result(Done(id: id.value, version: state.version)) { "done \(id.value)" }
  }
}
