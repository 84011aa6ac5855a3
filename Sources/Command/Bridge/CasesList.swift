import ArgumentParser
import Foundation
import Mailbox
import SDKRelay
import StructuredBridge

struct CasesList: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "list", abstract: "List an organisation's cases, the newest first. Told in the audit trail.",
    discussion: """
      Of a person who is protected, or may be, a case's id, time and state are shown alone; --reason opens the rest to whom it \
      is for. With --as the list has the cases of the user's mailboxes, and those that messages belong to that the user may \
      list.

      Examples:
        sdkrelay cases list --organisation 0203:kommun.example.se --open --config node.yaml
        sdkrelay cases list --organisation 0203:kommun.example.se --before 4711 --json
      """)

  @Option(help: "The organisation of this node whose cases they are.")
  var organisation: String
  @Flag(help: "Only open cases.")
  var open = false
  @Flag(help: "Only closed cases.")
  var closed = false
  @Option(help: ArgumentHelp("Cases before this number: the last one of the page before.", valueName: "number"))
  var before: Int64?
  @Option(help: "At most so many.")
  var limit = 50
  @OptionGroup var options: CaseReaderOptions
  @OptionGroup var configurationFile: ConfigurationFile
  @OptionGroup var output: Output

  /// With `--json` exactly these fields.
  private struct Line: Encodable {
    let number: Int64
    let id: String
    let opened: Date
    let state: String
    let masked: Bool
    var counterparty: String?
    var mailbox: String?
    var reference: String?

    init(_ listed: ListedCase) {
      let record = listed.record
      (number, id, opened) = (listed.number, record.id.value, record.opened)
      (state, masked) = (record.isOpen ? "open" : "closed", listed.isConcealed)
      guard !masked else { return }
      (counterparty, mailbox) = (record.counterparty.value, record.mailbox?.value)
      let known = record.references.filter { $0.kind != .opaque }
      reference = (known.first { $0.owner == .own } ?? known.first)?.value
    }
  }

  func validate() throws {
    if open, closed { throw ValidationError("Give either --open or --closed.") }
    if limit < 1 || limit > 500 { throw ValidationError("--limit is a number from 1 to 500.") }
  }

  func run() async throws {
    let cases = try await configurationFile.bridge().cases(
      of: ParticipantID(organisation), isOpen: open ? true : closed ? false : nil, before: before ?? .max,
      limit: limit, for: options.reader())
    let lines = cases.map(Line.init)
    try output.result(lines) { lines.isEmpty ? "No cases." : Self.table(lines).text }
  }

  private static func table(_ lines: [Line]) -> Table {
    Table(
      header: ["NUMBER", "OPENED", "STATE", "REFERENCE", "COUNTERPARTY", "MAILBOX", "ID"],
      rows: lines.map { line in
        [
          "\(line.number)", localTime(line.opened), line.state,
          line.masked ? "Skyddad uppgift" : printable(line.reference ?? ""), line.counterparty ?? "",
          line.mailbox ?? "", line.id,
        ]
      })
  }
}

/// In whose name cases are looked at, and why.
struct CaseReaderOptions: ParsableArguments {
  @OptionGroup var user: PerhapsActingUser
  @Option(help: "Why, for the audit trail; opens protected persons' cases to whom they are for. Never personal data.")
  var reason: String?

  func validate() throws {
    if let reason, reason.allSatisfy(\.isWhitespace) { throw ValidationError("--reason is empty.") }
  }

  func reader() throws -> CommandReader {
    CommandReader(try user.principal(), through: user.through, reason: reason)
  }
}
