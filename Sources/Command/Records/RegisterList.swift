import ArgumentParser
import Foundation
import Mailbox
import SDKRelay

struct RegisterList: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "list", abstract: "List the register, newest first, in the name of a user.",
    discussion: """
      What is not registered is listed with what the message proposes. With --public, facts marked as secret are left \
      out, and so is what is not registered: the list may then be handed out.

      Examples:
        sdkrelay register list --state unregistered --as registrator-1 --config node.yaml
        sdkrelay register list --dnr KOM-2026/12 --as registrator-1 --json --config node.yaml
        sdkrelay register list --public --from 2026-03-01 --until 2026-04-01 --as registrator-1 --config node.yaml
      """)

  @Option(help: ArgumentHelp("Only this mailbox.", valueName: "organisation/mailbox"))
  var mailbox: String?
  @Option(help: "unregistered, registered, cullable or culled.")
  var state: String?
  @Option(help: "Only this registration number.")
  var dnr: String?
  @Option(help: ArgumentHelp("Only this counterparty.", valueName: "organisation"))
  var counterparty: String?
  @Option(help: ArgumentHelp("By the register's date, from this time on.", valueName: "time"))
  var from: Moment?
  @Option(help: ArgumentHelp("By the register's date, before this time.", valueName: "time"))
  var until: Moment?
  @Option(help: ArgumentHelp("Lines before this number: the last one of the page before.", valueName: "number"))
  var before: Int64?
  @Option(help: "At most so many.")
  var limit = 50
  @Flag(name: .customLong("public"), help: "As it may be shown to the public.")
  var isPublic = false
  @OptionGroup var user: ActingUser
  @OptionGroup var configurationFile: ConfigurationFile
  @OptionGroup var output: Output

  func validate() throws {
    if limit < 1 || limit > 1_000 { throw ValidationError("--limit is a number from 1 to 1000.") }
    if let state, RegisterQuery.State(rawValue: state) == nil {
      throw ValidationError("--state is unregistered, registered, cullable or culled.")
    }
  }

  func run() async throws {
    let found = try await configurationFile.service().register(
      query(), for: user.principal(), through: commandOperator())
    if isPublic { return try show(found.compactMap(\.publicFacts).map(PublicRegisterView.init)) }
    let views = found.map(RegisterView.init)
    try output.result(views) { views.isEmpty ? "No lines." : Self.table(views).text }
  }

  private func show(_ facts: [PublicRegisterView]) throws {
    try output.result(facts) {
      facts.isEmpty
        ? "No lines."
        : Table(header: ["DATE", "DNR", "COUNTERPARTY", "MATTER"], rows: facts.map(\.cells)).text
    }
  }

  private func query() throws -> RegisterQuery {
    var query = RegisterQuery()
    query.mailbox = try mailbox.map { try MailboxID($0) }
    query.state = state.flatMap(RegisterQuery.State.init)
    query.dnr = dnr
    query.counterparty = try counterparty.map { try ParticipantID($0) }
    (query.from, query.until) = (from?.date, until?.date)
    (query.before, query.limit) = (before, limit)
    return query
  }

  private static func table(_ views: [RegisterView]) -> Table {
    Table(
      header: ["NUMBER", "DATE", "", "STATE", "DNR", "COUNTERPARTY", "MATTER", "ID"],
      rows: views.map { view in
        [
          "\(view.number)", localTime(view.date), view.direction == "in" ? "<-" : "->", view.stateText,
          printable(view.dnr ?? ""), shortened(view.counterparty), shortened(view.matter), view.id,
        ]
      })
  }

  fileprivate static func shortened(_ text: String) -> String {
    let text = printable(text)
    return text.count > 40 ? text.prefix(39) + "…" : text
  }
}

/// What the public may be shown: with `--json` exactly these fields, without those that are secret.
private struct PublicRegisterView: Encodable {
  let date: Date
  let dnr: String
  let counterparty: String?
  let matter: String?

  init(_ facts: PublicRegisterFacts) {
    (date, dnr, counterparty, matter) = (facts.date, facts.dnr, facts.counterparty, facts.matter)
  }

  var cells: [String] {
    [localTime(date), printable(dnr)] + [counterparty, matter].map { $0.map(RegisterList.shortened) ?? "(secret)" }
  }
}

/// A line of the register, as the command line shows it: with `--json` exactly these fields.
struct RegisterView: Encodable {
  struct Secrecy: Encodable {
    let provisions: [String]
    let date: Day
    let by: String
    let note: String?
  }

  struct Culled: Encodable {
    let rule: String
    let time: Date
  }

  struct Handed: Encodable {
    let system: String
    let dnr: String?
    let time: Date
  }

  let number: Int64
  let id: String
  let mailbox: String
  let direction: String
  let state: String
  let version: Int
  let date: Date
  /// Registered, or else proposed.
  let dnr: String?
  /// The other side's own dnr.
  let theirDnr: String?
  let counterparty: String
  let matter: String
  let secretCounterparty: Bool
  let secretMatter: Bool
  let secrecy: Secrecy?
  /// The rule that it may be culled under.
  let rule: String?
  let handedOver: Handed?
  let held: Bool
  let culled: Culled?

  init(_ line: RegisterLine) {
    let (entry, facts, proposal) = (line.entry, line.entry.facts, line.proposal)
    number = line.number
    id = line.messageID.value
    mailbox = "\(line.mailbox)"
    direction = line.direction.rawValue
    state = entry.state.name
    version = entry.version
    date = facts?.date ?? proposal.date
    dnr = facts?.dnr ?? proposal.dnr
    theirDnr = proposal.theirDnr
    (secretCounterparty, secretMatter) = (facts?.isCounterpartySecret ?? false, facts?.isMatterSecret ?? false)
    counterparty = facts?.counterparty ?? proposal.counterparty
    matter = facts?.matter ?? proposal.matter
    secrecy = entry.secrecy.map { Secrecy(provisions: $0.provisions, date: $0.date, by: $0.by, note: $0.note) }
    rule = if case .cullable(let rule) = entry.state { rule } else { nil }
    handedOver = line.handedOver.map { Handed(system: $0.system, dnr: $0.dnr, time: $0.time) }
    held = line.isHeld
    culled = entry.culled.map { Culled(rule: $0.rule, time: $0.time) }
  }

  /// The state with what else there is to know in a word.
  var stateText: String {
    let more = [rule, handedOver == nil ? nil : "handed over", held ? "held" : nil, culled == nil ? nil : "culled"]
    return ([state] + more.compactMap(\.self)).joined(separator: ", ")
  }

  /// The whole line for a person.
  var text: String {
    var rows = [
      ["Message", id], ["State", "\(printable(stateText)) (version \(version))"], ["Date", localTime(date)],
      ["Dnr", printable(dnr ?? "")],
      ["Counterparty", printable(counterparty) + (secretCounterparty ? " (secret)" : "")],
      ["Matter", printable(matter) + (secretMatter ? " (secret)" : "")],
    ]
    if let theirDnr { rows.append(["Their dnr", printable(theirDnr)]) }
    if let secrecy {
      rows.append([
        "Secrecy", printable(secrecy.provisions.joined(separator: "; ")) + ", \(secrecy.date), \(secrecy.by)",
      ])
    }
    if let handedOver { rows.append(["Handed over", "\(handedOver.system), \(localTime(handedOver.time))"]) }
    if let culled { rows.append(["Culled", "under the rule \(culled.rule), \(localTime(culled.time))"]) }
    return Table(header: [], rows: rows).text
  }
}
