import ArgumentParser
import Foundation
import Mailbox
import SDKRelay

struct AuditCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "audit", abstract: "The audit trail: who did what to which message, and why.",
    subcommands: [AuditVerify.self, AuditSearch.self])
}

struct AuditVerify: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "verify", abstract: "Check that no entry was changed, removed or put elsewhere.",
    discussion: """
      Exit code 1 with the first entry where something is wrong. The number and hash that a good check prints, kept on \
      another machine and given with --mark, prove later that the trail still has what it had.

      Example: sdkrelay audit verify --mark 1204:9f86d0…
      """)

  @OptionGroup var configurationFile: ConfigurationFile
  @Option(help: ArgumentHelp("What an earlier check printed.", valueName: "number:hash"))
  var mark: String?
  @OptionGroup var output: Output

  private struct Verdict: Encodable {
    let whole: Bool
    /// How many entries hold, from the first on.
    let entries: Int64
    let mark: String?
    /// How many of the last entries the head's file does not cover yet.
    let uncovered: Int64
    let brokenAt: Int64?
    let reason: String?
  }

  func run() throws {
    let mark = try mark.map { text in
      guard let mark = AuditMark(text) else { throw CommandProblem.couldNotRun("a mark is NUMBER:HASH, as printed") }
      return mark
    }
    let found = try configurationFile.service().verifyAudit(mark: mark)
    let end = found.entries > 0 ? "\(found.entries):\(found.hash)" : nil
    try output.result(
      Verdict(
        whole: found.isWhole, entries: found.entries, mark: end, uncovered: found.uncovered,
        brokenAt: found.firstBreak?.number, reason: found.firstBreak?.reason)
    ) {
      if let problem = found.firstBreak { return "broken at entry \(problem.number): \(problem.reason)" }
      return "whole: \(found.entries) entries" + (end.map { "\nmark \($0)" } ?? "")
    }
    if let problem = found.firstBreak {
      throw CommandProblem.refused("the audit trail is broken at entry \(problem.number)")
    }
  }
}

struct AuditSearch: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "search", abstract: "Find entries, the newest first. The search is an entry itself.",
    discussion: """
      A person is searched for by the identity number, which is read from standard input so that it stands in no list \
      of commands and no history; the trail itself holds none.

      Examples:
        sdkrelay audit search --message 3f1c…-…
        sdkrelay audit search --person --reason "registerutdrag" < number.txt
        sdkrelay audit search --who handlaggare-1 --from 2026-03-01 --before 1200
      """)

  @OptionGroup var configurationFile: ConfigurationFile
  @Flag(help: "Entries about the person whose identity number, of twelve digits, stands on standard input.")
  var person = false
  @Option(help: ArgumentHelp("Entries about the message.", valueName: "id"))
  var message: String?
  @Option(help: ArgumentHelp("What this user, client or account did.", valueName: "name"))
  var who: String?
  @Option(help: ArgumentHelp("From this time on.", valueName: "time"))
  var from: Moment?
  @Option(help: ArgumentHelp("Before this time.", valueName: "time"))
  var until: Moment?
  @Option(help: ArgumentHelp("Entries before this number: the last one of the page before.", valueName: "number"))
  var before: Int64?
  @Option(help: "At most so many.")
  var limit = 100
  @Option(help: "Why, for the audit trail. Never personal data.")
  var reason: String?
  @OptionGroup var output: Output

  func validate() throws {
    if limit < 1 || limit > 1_000 { throw ValidationError("--limit is a number from 1 to 1000.") }
  }

  func run() async throws {
    var filter = AuditFilter()
    if person {
      let bytes = try NamedFile.read(STDIN_FILENO, named: "standard input", limit: 100)
      filter.person = String(decoding: bytes, as: UTF8.self).trimmingCharacters(in: .whitespacesAndNewlines)
    }
    filter.messageID = try message.map { try messageID($0) }
    (filter.principal, filter.from, filter.until) = (who, from?.date, until?.date)
    (filter.before, filter.limit) = (before, limit)
    let entries = try await configurationFile.service()
      .searchAudit(filter, by: commandOperator(), reason: reason).map(AuditView.init)
    try output.result(entries) { entries.isEmpty ? "No entries." : AuditView.table(entries).text }
  }
}

/// An entry of the audit trail, as the command line shows it: with `--json` exactly these fields.
struct AuditView: Encodable {
  let number: Int64
  let time: Date
  let kind: String
  let who: String
  let action: String
  let outcome: String
  let organisation: String?
  let mailbox: String?
  let message: String?
  let object: String?
  let reason: String?

  init(_ entry: AuditEntry) {
    number = entry.number
    time = entry.time
    kind = entry.principalKind
    who = entry.principal
    action = entry.action
    outcome = entry.outcome
    organisation = entry.participant
    mailbox = entry.mailbox
    message = entry.messageID
    object = entry.object
    reason = entry.reason
  }

  static func table(_ entries: [AuditView]) -> Table {
    Table(
      header: ["NUMBER", "TIME", "WHO", "ACTION", "OUTCOME", "WHERE", "MESSAGE", "OBJECT", "REASON"],
      rows: entries.map { entry in
        let place = [entry.organisation, entry.mailbox].compactMap(\.self).joined(separator: "/")
        return [
          "\(entry.number)", localTime(entry.time), printable("\(entry.kind) \(entry.who)"), entry.action,
          entry.outcome, printable(place), entry.message ?? "", printable(entry.object ?? ""),
          printable(entry.reason ?? ""),
        ]
      })
  }
}
