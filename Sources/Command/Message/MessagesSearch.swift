import ArgumentParser
import Mailbox
import SDKRelay

struct MessagesSearch: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "search", abstract: "Find messages by words, in the name of a user and within what that user may see.",
    discussion: """
      The words stand in the subject, the text, the names of attachments, of the counterparty and of persons, or in the \
      references. Each has to be there; the last may be the beginning of a word. Newest first, without texts.

      The operator searches for no words: a search is made in the name of a user, and the audit trail \
      names the account that ran the command and the user, never the words.

      Examples:
        sdkrelay messages search antagning höst --as handlaggare-1 --config node.yaml
        sdkrelay messages search Af-2026/0012 3456 --as handlaggare-1 --before 1204 --json --config node.yaml
      """)

  @Argument(help: "The words. Nothing in them is syntax.")
  var words: [String]
  @OptionGroup var user: ActingUser
  @Option(help: ArgumentHelp("Only this mailbox's messages.", valueName: "organisation/mailbox"))
  var mailbox: String?
  @Flag(help: "Only received messages.")
  var incoming = false
  @Flag(help: "Only sent messages.")
  var outgoing = false
  @Option(help: "Only messages with this status, such as NEW; may be given several times.")
  var status: [String] = []
  @Option(help: ArgumentHelp("Only messages stored from this time on.", valueName: "time"))
  var from: Moment?
  @Option(help: ArgumentHelp("Only messages stored before this time.", valueName: "time"))
  var until: Moment?
  @Option(help: ArgumentHelp("Only messages that this user works at.", valueName: "user"))
  var handler: String?
  @Option(help: "Only messages with this tag.")
  var tag: String?
  @Flag(help: "Only received messages that nobody has marked done.")
  var unhandled = false
  @Flag(help: "Only messages that their senders marked as under secrecy.")
  var confidential = false
  @Option(help: ArgumentHelp("Messages before this number: the last one of the page before.", valueName: "number"))
  var before: Int64?
  @Option(help: "At most so many.")
  var limit = 50
  @OptionGroup var configurationFile: ConfigurationFile
  @OptionGroup var output: Output

  /// A message that was found: with `--json` exactly these fields.
  private struct Found: Encodable {
    let number: Int64
    let message: MessageView
  }

  func validate() throws {
    if limit < 1 || limit > 1_000 { throw ValidationError("--limit is a number from 1 to 1000.") }
  }

  func run() async throws {
    let query = try query()
    let user = try user.principal()
    let service = try configurationFile.service()
    let found = try await service.find(query, for: user, through: commandOperator())
      .map { Found(number: $0.row, message: MessageView($0, withText: false)) }
    if try !service.isIndexWhole() {
      Output.complain("the index of words is being filled while the node runs: older messages may be missing yet")
    }
    try output.result(found) { found.isEmpty ? "No messages." : Self.table(found).text }
  }

  private func query() throws -> MessageSearch {
    var query = MessageSearch()
    query.words = words.joined(separator: " ")
    query.mailbox = try mailbox.map { try MailboxID($0) }
    query.direction = incoming == outgoing ? nil : incoming ? .incoming : .outgoing
    query.statuses = try messageStatuses(status)
    (query.from, query.until) = (from?.date, until?.date)
    query.handler = try handler.map { try UserID($0) }
    query.tag = tag
    query.isDone = unhandled ? false : nil
    query.isConfidential = confidential ? true : nil
    (query.before, query.limit) = (before, limit)
    return query
  }

  private static func table(_ found: [Found]) -> Table {
    Table(
      header: ["NUMBER", "TIME", "", "STATUS", "ORGANISATION", "SUBJECT", "FILES", "ID"],
      rows: found.map { ["\($0.number)"] + MessagesList.cells($0.message) })
  }
}
