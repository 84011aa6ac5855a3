public import ArgumentParser
import Foundation
import Mailbox
import SDKRelay
public import StructuredBridge

struct LinksCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "links", abstract: "Which case each message belongs to, and what waits for somebody to decide.",
    discussion: """
      A message is linked to its case by what its sender refers to; what is not certain waits for a person. docs/bridge.md \
      tells the steps.

      Example: sdkrelay links list --as handlaggare-1 --config node.yaml
      """,
    subcommands: [LinksList.self, LinksConfirm.self, LinksReject.self, LinksUndo.self],
    defaultSubcommand: LinksList.self)
}

extension MessageLink.State: ExpressibleByArgument {}

struct LinksList: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "list", abstract: "List messages and their cases, newest first; without --state those that wait.",
    discussion: """
      Waiting: proposed (one case), choose (several, or a closed one), held (references to several persons), quarantined \
      (no agreement covers the sender).

      Examples:
        sdkrelay links list --as handlaggare-1 --config node.yaml
        sdkrelay links list --state linked --mailbox 0203:komvux.kommun.example.se/sdk:antagning --as handlaggare-1 --json
      """)

  @Option(
    help: "linked, proposed, choose, held, quarantined, none, rejected, undone or later; may be given several times.")
  var state: [MessageLink.State] = []
  @Option(help: ArgumentHelp("Only this mailbox's messages.", valueName: "organisation/mailbox"))
  var mailbox: String?
  @Option(help: "At most so many.")
  var limit = 50
  @OptionGroup var name: InTheNameOf

  func validate() throws {
    if limit < 1 || limit > 500 { throw ValidationError("--limit is a number from 1 to 500.") }
  }

  func run() async throws {
    let links = try await name.configurationFile.bridge().links(
      Set(state), in: mailbox.map { try MailboxID($0) }, limit: limit, for: name.principal(),
      through: commandOperator())
    let views = links.map(LinkLine.init)
    try name.output.result(views) { views.isEmpty ? "No messages." : LinkLine.table(views).text }
  }
}

/// The message that is decided about, and the version of its link that was seen.
struct LinkedMessage: ParsableArguments {
  @Argument(help: "The message's id.")
  var id: String
  @Option(help: ArgumentHelp("The version that was seen; the present one unless given.", valueName: "number"))
  var seen: Int?
  @OptionGroup var name: InTheNameOf

  func decide(
    _ work: (Bridge, MessageID, Int, Principal, Principal) async throws -> MessageLink
  ) async throws {
    let bridge = try name.configurationFile.bridge()
    let (id, user) = (try messageID(id), try name.principal())
    var version = seen
    if version == nil { version = try await bridge.link(of: id, for: user, through: commandOperator()).version }
    let line = LinkLine(try await work(bridge, id, version ?? 0, user, commandOperator()))
    try name.output.result(line) { LinkLine.table([line]).text }
  }
}

struct LinksConfirm: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "confirm", abstract: "Say which case a message belongs to.",
    discussion: """
      Without --case it is the only one that is proposed. A case is called by its id, its case number or its system's id.

      Example: sdkrelay links confirm 3f1c…-… --case KOM-2026/12 --as handlaggare-1 --config node.yaml
      """)

  @Option(help: ArgumentHelp("The case.", valueName: "reference"))
  var `case`: String?
  @OptionGroup var message: LinkedMessage

  func run() async throws {
    try await message.decide { bridge, id, version, user, through in
      try await bridge.confirmLink(of: id, to: `case`, version: version, by: user, through: through)
    }
  }
}

struct LinksReject: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "reject", abstract: "Say that a message belongs to none of the cases proposed.",
    discussion: "Example: sdkrelay links reject 3f1c…-… --reason \"annat ärende\" --as handlaggare-1 --config node.yaml"
  )

  @Option(help: "Why, for the history. Never personal data.")
  var reason: String?
  @OptionGroup var message: LinkedMessage

  func run() async throws {
    try await message.decide { bridge, id, version, user, through in
      try await bridge.rejectLink(of: id, version: version, reason: reason, by: user, through: through)
    }
  }
}

struct LinksUndo: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "undo", abstract: "Take a wrong link away, with those of the conversation that rest on it.",
    discussion: """
      It is an incident: the history keeps it, and the mailbox's owner is told. With --case all of them are linked to the \
      right one.

      Example: sdkrelay links undo 3f1c…-… --reason "fel person" --case KOM-2026/13 --as handlaggare-1 --config node.yaml
      """)

  @Option(help: "Why, for the history. Never personal data.")
  var reason: String
  @Option(help: ArgumentHelp("The right case.", valueName: "reference"))
  var `case`: String?
  @OptionGroup var message: LinkedMessage

  func run() async throws {
    try await message.decide { bridge, id, version, user, through in
      try await bridge.undoLink(of: id, to: `case`, version: version, reason: reason, by: user, through: through)
    }
  }
}

/// A message and its case, as the command line shows them: with `--json` exactly these fields.
struct LinkLine: Encodable {
  let message: String
  let mailbox: String
  let direction: String
  let stored: Date
  let state: String
  let step: Int
  let reason: String
  let flags: [String]
  let version: Int
  let cases: [String]

  init(_ link: MessageLink) {
    (message, mailbox, direction) = (link.message.value, link.mailbox.description, link.direction.rawValue)
    (stored, state, step, reason) = (link.stored, link.state.rawValue, link.step, link.reason)
    (flags, version) = (link.flags, link.version)
    cases = link.cases.map { record in
      let known = record.references.filter { $0.kind != .opaque }
      return (known.first { $0.owner == .own } ?? known.first)?.value ?? record.id.value
    }
  }

  static func table(_ lines: [LinkLine]) -> Table {
    Table(
      header: ["TIME", "", "STATE", "STEP", "WHY", "CASES", "MESSAGE"],
      rows: lines.map { line in
        [
          localTime(line.stored), line.direction == "in" ? "<-" : "->", line.state, "\(line.step)",
          ([line.reason] + line.flags).joined(separator: " "), printable(line.cases.joined(separator: ", ")),
          line.message,
        ]
      })
  }
}
