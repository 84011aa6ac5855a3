import ArgumentParser
import Foundation
import Mailbox
import SDKRelay

struct MailboxCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "mailbox", abstract: "What offices decide about their own mailboxes.",
    subcommands: [MailboxList.self, MailboxShow.self, MailboxSet.self, MailboxTemplate.self],
    defaultSubcommand: MailboxList.self)
}

/// In whose name a mailbox's settings are changed, and which ones.
struct MailboxChange: ParsableArguments {
  @Argument(help: ArgumentHelp("The mailbox.", valueName: "organisation/mailbox"))
  var mailbox: String
  @Option(
    name: .customLong("as"),
    help: ArgumentHelp("The administrator of the mailbox in whose name.", valueName: "user"))
  var user: String
  @Option(help: ArgumentHelp("The version that was seen; the present one unless given.", valueName: "number"))
  var version: Int?
  @Option(help: "Why, for the audit trail. Never personal data.")
  var reason: String?

  func make(
    _ configurationFile: ConfigurationFile, _ change: @escaping @Sendable (inout MailboxSettings) throws -> Void
  ) async throws -> ConfiguredMailbox {
    let service = try configurationFile.service()
    let (mailbox, user) = (try MailboxID(mailbox), Principal.user(try UserID(user)))
    let seen = try version ?? service.settings(of: mailbox, for: user).version
    return try await service.configure(
      mailbox, version: seen, by: user, through: commandOperator(), reason: reason, change)
  }
}

struct MailboxList: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "list", abstract: "List the mailboxes that may be seen; a hyphen marks what no agreement has.",
    discussion: "Example: sdkrelay mailbox list --as handlaggare-1 --config node.yaml")

  @OptionGroup var viewer: PerhapsActingUser
  @OptionGroup var configurationFile: ConfigurationFile
  @OptionGroup var output: Output

  func run() async throws {
    let mailboxes = try await configurationFile.service().mailboxes(for: viewer.principal())
    try output.result(mailboxes) { mailboxes.isEmpty ? "No mailboxes." : Self.table(mailboxes).text }
  }

  private static func table(_ mailboxes: [MailboxOverview]) -> Table {
    Table(
      header: ["", "MAILBOX", "NAME", "NOW"],
      rows: mailboxes.map { mailbox in
        let state = [mailbox.forwardsTo.map { "forwarded to \($0)" }, mailbox.absence.map { _ in "absent" }]
        return [
          mailbox.isAgreed ? " " : "-", printable("\(mailbox.organisation)/\(mailbox.mailbox)"),
          printable(mailbox.name ?? ""), printable(state.compactMap { $0 }.joined(separator: ", ")),
        ]
      })
  }
}

struct MailboxShow: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "show", abstract: "Show a mailbox's settings, and to its colleagues who works in it.",
    discussion: """
      Example:
        sdkrelay mailbox show 0203:komvux.kommun.example.se/sdk:antagning --as handlaggare-1 --config node.yaml
      """)

  @Argument(help: ArgumentHelp("The mailbox.", valueName: "organisation/mailbox"))
  var mailbox: String
  @OptionGroup var viewer: PerhapsActingUser
  @OptionGroup var configurationFile: ConfigurationFile
  @OptionGroup var output: Output

  private struct View: Encodable {
    let mailbox: ConfiguredMailbox
    /// Nil for those who need not know.
    let members: [MailboxMember]?
  }

  func run() async throws {
    let service = try configurationFile.service()
    let (mailbox, principal) = (try MailboxID(mailbox), try viewer.principal())
    let configured = try service.settings(of: mailbox, for: principal)
    let members: [MailboxMember]?
    do {
      members = try service.members(of: mailbox, for: principal)
    } catch is AccessDenied {
      members = nil
    }
    try output.result(View(mailbox: configured, members: members)) {
      ([MailboxText.lines(configured)] + (members ?? []).map(Self.line)).joined(separator: "\n")
    }
  }

  private static func line(_ member: MailboxMember) -> String {
    let extra = member.protectedPersons ? ["protectedPersons"] : []
    return "member        \(member.user)  \(printable(member.name))  \((member.roles + extra).joined(separator: ", "))"
  }
}

/// Settings as people read them.
enum MailboxText {
  static func lines(_ mailbox: ConfiguredMailbox) -> String {
    let settings = mailbox.settings
    var lines = ["mailbox       \(printable("\(mailbox.organisation)/\(mailbox.mailbox)"))"]
    let change = mailbox.changed.map { "  \(localTime($0))  \(mailbox.changedBy ?? "")" } ?? ""
    lines.append("version       \(mailbox.version)\(change)")
    if let name = settings.name { lines.append("name          \(printable(name))") }
    lines += settings.notifications.map { "notified      \(printable($0))" }
    if let interval = settings.notificationInterval { lines.append("at most every \(interval) min") }
    if let absence = settings.absence {
      lines.append("absence       \(localTime(absence.from)) until \(localTime(absence.until))")
      lines.append("              \(printable(absence.text))")
    }
    if let forwarding = settings.forwarding {
      let end = forwarding.until.map { " until \(localTime($0))" } ?? ""
      lines.append("forwarded to  \(printable("\(forwarding.to)"))  from \(localTime(forwarding.from))\(end)")
    }
    if let handler = settings.defaultHandler { lines.append("handler       \(printable(handler))") }
    lines += settings.templates.map { "template      \(printable($0.name)): \(printable($0.subject))" }
    return lines.joined(separator: "\n")
  }
}
