import ArgumentParser
import Mailbox
import SDKRelay

struct MessagesList: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "list", abstract: "List messages, the newest first.",
    discussion: """
      The audit trail tells of it. With --as the list has what the user may list. Without, of what is about a protected \
      person it has time and state alone.

      Examples:
        sdkrelay messages list --config node.yaml
        sdkrelay messages list --as handlaggare-1 --config node.yaml
        sdkrelay messages list --config node.yaml --incoming --mailbox sdk:sfi:0203:komvux.kommun.example.se --json
      """)

  @OptionGroup var user: PerhapsActingUser
  @OptionGroup var configurationFile: ConfigurationFile
  @Flag(help: "Only received messages.")
  var incoming = false
  @Flag(help: "Only sent messages.")
  var outgoing = false
  @Option(help: "Only this own organisation's messages.")
  var participant: String?
  @Option(help: "Only this own mailbox's messages.")
  var mailbox: String?
  @Option(help: "Only messages with this status, such as NEW; may be given several times.")
  var status: [String] = []
  @Option(help: "At most so many.")
  var limit = 50
  @OptionGroup var output: Output

  func validate() throws {
    if limit < 1 || limit > 10_000 { throw ValidationError("--limit is a number from 1 to 10000.") }
  }

  func run() async throws {
    let service = try configurationFile.service()
    let filter = try filter()
    let reader = CommandReader(try user.principal(), through: user.through)
    let views = try await service.list(filter, for: reader)
      .map { MessageView($0.message, withText: false, isConcealed: $0.isConcealed) }
    // A mailbox or an organisation that is gone may still have messages; one that never was is a mistake.
    if views.isEmpty { try await refuseStrangers(filter, service.relay) }
    try output.result(views) { views.isEmpty ? "No messages." : Self.table(views).text }
  }

  private func refuseStrangers(_ filter: MessageFilter, _ relay: Relay) async throws {
    let own = relay.settings.participants.map(\.id)
    if let participant = filter.participant, !own.contains(participant) {
      throw CommandProblem.refused("this node has no organisation \(participant.value)")
    }
    guard let mailbox = filter.mailbox else { return }
    for participant in filter.participant.map({ [$0] }) ?? own {
      if try await relay.directory.organization(participant).mailbox(mailbox) != nil { return }
    }
    throw CommandProblem.refused("no organisation of this node has the mailbox \(mailbox.value)")
  }

  private func filter() throws -> MessageFilter {
    let direction: MessageDirection? = incoming == outgoing ? nil : incoming ? .incoming : .outgoing
    return MessageFilter(
      participant: try participant.map { try ParticipantID($0) }, direction: direction,
      statuses: try messageStatuses(status), mailbox: try mailbox.map { try FunctionalAddress($0) }, limit: limit)
  }

  private static func table(_ views: [MessageView]) -> Table {
    Table(
      header: ["TIME", "", "STATUS", "ORGANISATION", "SUBJECT", "FILES", "ID"],
      rows: views.map(cells))
  }

  /// A message as a row of a table.
  static func cells(_ view: MessageView) -> [String] {
    let other = view.direction == "in" ? view.from : view.to
    let name = other.map { $0.organisationLabel ?? $0.organisation } ?? ""
    let subject =
      (view.confidential ? "[confidential] " : "")
      + (view.culledText.map { "(\($0))" } ?? shortened(printable(view.subject)))
    return [
      localTime(view.stored), view.direction == "in" ? "<-" : "->", view.status,
      shortened(printable(name)), subject, "\(view.files.count)", view.id,
    ]
  }

  private static func shortened(_ text: String) -> String {
    text.count > 40 ? text.prefix(39) + "…" : text
  }
}
