import ArgumentParser
import Foundation
import Mailbox
import SDKRelay

struct RetentionHold: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "hold", abstract: "Legal holds: what one is on is not culled, whatever a rule or a plan says.",
    subcommands: [HoldSet.self, HoldLift.self, HoldList.self], defaultSubcommand: HoldList.self)
}

struct HoldSet: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "set", abstract: "Set a hold on a message, a conversation or a dnr.",
    discussion: """
      A hold on a conversation or a dnr is also on what is to come. One on a dnr is on all the organisation's messages \
      that have it, in the register, in a case system or among their references.

      Examples:
        sdkrelay retention hold set --mailbox ORGANISATION/MAILBOX --message ID --reason "begäran om utlämnande" \\
          --as registrator-1
        sdkrelay retention hold set --mailbox ORGANISATION/MAILBOX --dnr KOM-2026/12 --reason "tillsyn" \\
          --as registrator-1
      """)

  @Option(help: ArgumentHelp("The mailbox.", valueName: "organisation/mailbox"))
  var mailbox: String
  @Option(help: ArgumentHelp("A message.", valueName: "id"))
  var message: String?
  @Option(help: ArgumentHelp("A conversation; needs --counterparty.", valueName: "id"))
  var conversation: String?
  @Option(help: ArgumentHelp("The conversation's counterparty.", valueName: "organisation"))
  var counterparty: String?
  @Option(help: "A registration number (diarienummer).")
  var dnr: String?
  @Option(help: "Why. Never personal data.")
  var reason: String
  @OptionGroup var user: ActingUser
  @OptionGroup var configurationFile: ConfigurationFile
  @OptionGroup var output: Output

  func validate() throws {
    guard [message, conversation, dnr].count(where: { $0 != nil }) == 1 else {
      throw ValidationError("Give one of --message, --conversation and --dnr.")
    }
    if (conversation == nil) != (counterparty == nil) {
      throw ValidationError("A conversation is named by --conversation and --counterparty.")
    }
  }

  func run() async throws {
    let hold = try await configurationFile.service().hold(
      target(), in: MailboxID(mailbox), reason: reason, by: user.principal(), through: commandOperator())
    try output.result(HoldView(hold)) { HoldView(hold).text }
  }

  private func target() throws -> LegalHold.Target {
    if let message { return .message(try messageID(message)) }
    if let conversation, let counterparty {
      return .conversation(try messageID(conversation), counterparty: try ParticipantID(counterparty))
    }
    return .dnr(dnr ?? "")
  }
}

struct HoldLift: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "lift", abstract: "Lift a hold.",
    discussion: """
      Example: sdkrelay retention hold lift 3 --reason "tillsynen är avslutad" --as registrator-1 --config node.yaml
      """)

  @Argument(help: "The hold's number.")
  var number: Int64
  @Option(help: "Why. Never personal data.")
  var reason: String
  @OptionGroup var user: ActingUser
  @OptionGroup var configurationFile: ConfigurationFile
  @OptionGroup var output: Output

  private struct Lifted: Encodable {
    let lifted: Int64
  }

  func run() async throws {
    try await configurationFile.service().liftHold(
      number, reason: reason, by: user.principal(), through: commandOperator())
    try output.result(Lifted(lifted: number)) { "hold \(number) lifted" }
  }
}

struct HoldList: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "list", abstract: "List the holds in force.",
    discussion: "Example: sdkrelay retention hold list --as registrator-1 --config node.yaml")

  @Flag(help: "Also those that have been lifted.")
  var all = false
  @OptionGroup var user: ActingUser
  @OptionGroup var configurationFile: ConfigurationFile
  @OptionGroup var output: Output

  func run() async throws {
    let holds = try configurationFile.service().holds(for: user.principal(), includingLifted: all).map(HoldView.init)
    try output.result(holds) { holds.isEmpty ? "There are no holds." : holds.map(\.text).joined(separator: "\n") }
  }
}

/// A hold, as the command line shows it: with `--json` exactly these fields.
struct HoldView: Encodable {
  let number: Int64
  let mailbox: String
  let message: String?
  let conversation: String?
  let counterparty: String?
  let dnr: String?
  let reason: String
  let setBy: String
  let set: Date
  let liftedBy: String?
  let lifted: Date?

  init(_ hold: LegalHold) {
    number = hold.number
    mailbox = "\(hold.mailbox)"
    message = if case .message(let id) = hold.target { id.value } else { nil }
    conversation = if case .conversation(let id, _) = hold.target { id.value } else { nil }
    counterparty = if case .conversation(_, let other) = hold.target { other.value } else { nil }
    dnr = if case .dnr(let dnr) = hold.target { dnr } else { nil }
    reason = hold.reason
    setBy = hold.setBy.value
    set = hold.set
    liftedBy = hold.liftedBy?.value
    lifted = hold.lifted
  }

  var text: String {
    let target =
      message.map { "message \($0)" } ?? dnr.map { "dnr \($0)" }
      ?? "conversation \(conversation ?? "") with \(counterparty ?? "")"
    let end = lifted.map { ", lifted by \(liftedBy ?? "") \(localTime($0))" } ?? ""
    return printable("hold \(number): \(target), \(mailbox), by \(setBy) \(localTime(set))\(end): \(reason)")
  }
}
