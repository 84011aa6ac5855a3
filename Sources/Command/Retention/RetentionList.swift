import ArgumentParser
import Foundation
import Mailbox
import SDKRelay

struct RetentionList: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "list", abstract: "List the plans, or one plan's messages.",
    discussion: """
      Without --as the operator sees the plans and their rows: ids, rules and outcomes.

      Examples:
        sdkrelay retention list --config node.yaml
        sdkrelay retention list 7 --as registrator-2 --config node.yaml
      """)

  @Argument(help: "The number of a plan to show with its rows.")
  var plan: Int64?
  @OptionGroup var user: PerhapsActingUser
  @Option(help: ArgumentHelp("Rows after the message with this number, for the next page.", valueName: "number"))
  var after: Int64 = 0
  @OptionGroup var configurationFile: ConfigurationFile
  @OptionGroup var output: Output

  private struct Shown: Encodable {
    let plan: RetentionPlanView
    let rows: [RetentionRowView]
  }

  func run() async throws {
    let service = try configurationFile.service()
    let principal = try user.principal()
    guard let plan else {
      let plans = try service.retentionPlans(for: principal).map(RetentionPlanView.init)
      return try output.result(plans) {
        plans.isEmpty ? "There are no plans." : plans.map(\.text).joined(separator: "\n")
      }
    }
    let found = try await service.retentionPlan(
      plan, after: after, for: principal, through: user.through)
    let shown = Shown(plan: RetentionPlanView(found.plan), rows: found.rows.map(RetentionRowView.init))
    try output.result(shown) { "\(shown.plan.text)\n\(RetentionRowView.table(shown.rows).text)" }
  }
}

/// A plan, as the command line shows it: with `--json` exactly these fields.
struct RetentionPlanView: Encodable {
  let number: Int64
  let organisation: String
  let digest: String
  let rows: Int
  let planner: String
  let made: Date
  let lapses: Date
  let approver: String?
  let approved: Date?
  let started: Date?
  let ended: Date?
  let culled: Int
  let left: Int

  init(_ plan: RetentionPlan) {
    number = plan.number
    organisation = plan.organisation.value
    digest = plan.digest
    rows = plan.rows
    planner = plan.planner.value
    made = plan.made
    lapses = plan.lapses
    approver = plan.approver?.value
    approved = plan.approved
    started = plan.started
    ended = plan.ended
    culled = plan.culled
    left = plan.left
  }

  var text: String {
    var parts = [
      "plan \(number)", "\(rows) messages of \(organisation)", "digest \(digest.prefix(16))",
      "made by \(planner) \(localTime(made))",
    ]
    if let approver, let approved { parts.append("approved by \(approver) \(localTime(approved))") }
    if let ended {
      parts.append("run \(localTime(ended)): \(culled) culled, \(left) left")
    } else if started != nil {
      parts.append("run cut short: \(culled) culled, \(left) left so far")
    } else {
      parts.append("lapses \(localTime(lapses))")
    }
    return parts.joined(separator: ", ")
  }
}

/// A plan's row: with `--json` exactly these fields.
struct RetentionRowView: Encodable {
  let number: Int64
  let id: String
  let mailbox: String
  let direction: String
  let stored: Date
  let dnr: String?
  let rule: String
  let decision: String
  let kind: String
  let keptUntil: Day
  /// `culled`, or why it was left; nil before the run.
  let outcome: String?

  init(_ row: RetentionPlanRow) {
    number = row.message
    id = row.messageID.value
    mailbox = "\(row.mailbox)"
    direction = row.direction.rawValue
    stored = row.stored
    dnr = row.dnr
    rule = row.rule
    decision = row.decision
    kind = row.kind
    keptUntil = row.keptUntil
    outcome = row.outcome?.word
  }

  static func table(_ rows: [RetentionRowView]) -> Table {
    Table(
      header: ["NUMBER", "TIME", "", "MAILBOX", "DNR", "RULE", "DECISION", "KEPT UNTIL", "OUTCOME", "ID"],
      rows: rows.map { row in
        [
          "\(row.number)", localTime(row.stored), row.direction == "in" ? "<-" : "->", printable(row.mailbox),
          printable(row.dnr ?? ""), row.rule, printable(row.decision), "\(row.keptUntil)", row.outcome ?? "", row.id,
        ]
      })
  }
}

/// A rule: with `--json` exactly these fields.
struct RetentionRuleView: Encodable {
  let id: String
  let organisation: String
  let mailboxes: [String]
  let kind: String
  let decision: String
  let state: String
  let direction: String?
  let about: [String]
  let trigger: String
  let keep: String

  init(_ rule: RetentionRule) {
    id = rule.id
    organisation = rule.organisation.value
    mailboxes = rule.mailboxes.map(\.value)
    kind = rule.kind
    decision = rule.decision
    state = rule.state.rawValue
    direction = rule.direction?.rawValue
    about = rule.about.map(\.rawValue).sorted()
    trigger = rule.trigger.rawValue
    keep = rule.period.description
  }

  var cells: [String] {
    let messages = [state, direction].compactMap(\.self) + about
    return [
      id, organisation, messages.joined(separator: ", "), "\(keep) after \(trigger)", printable(decision),
      printable(kind),
    ]
  }
}

/// A line of the log: with `--json` exactly these fields.
struct CullingRecordView: Encodable {
  let number: Int64
  let time: Date
  let id: String
  let mailbox: String
  let direction: String
  let rule: String
  let decision: String
  let kind: String
  let plan: Int64
  let planner: String
  let approver: String
  /// The SHA-256 of what the message said.
  let content: String

  init(_ record: CullingRecord) {
    number = record.number
    time = record.time
    id = record.messageID.value
    mailbox = "\(record.mailbox)"
    direction = record.direction.rawValue
    rule = record.rule
    decision = record.decision
    kind = record.kind
    plan = record.plan
    planner = record.planner.value
    approver = record.approver.value
    content = record.content
  }

  var cells: [String] {
    ["\(number)", localTime(time), id, rule, printable(decision), "\(plan)", planner, approver]
  }
}
