import ArgumentParser
import Foundation
import Mailbox
import SDKRelay

struct RetentionCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "retention",
    abstract: "Cull what decisions allow: one person plans, another approves, then it is run.",
    discussion: """
      Without a rule (setting `retention`) nothing is ever culled. A plan culls nothing.

      Example:
        sdkrelay retention plan --as registrator-1 --config node.yaml
        sdkrelay retention approve 7 --digest 0f3a… --as registrator-2 --config node.yaml
        sdkrelay retention run 7 --config node.yaml
      """,
    subcommands: [
      RetentionPlanCommand.self, RetentionApprove.self, RetentionRunCommand.self, RetentionList.self,
      RetentionRulesCommand.self, RetentionLog.self, RetentionHold.self,
    ], defaultSubcommand: RetentionList.self)
}

struct RetentionPlanCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "plan", abstract: "Plan what to cull (a dry run): which messages, by which rule; no content.",
    discussion: """
      Where nothing is due, that is said and the exit code is 0. Where the same plan waits for approval, that one is shown.

      Example: sdkrelay retention plan --as registrator-1 --config node.yaml
      """)

  @Option(help: ArgumentHelp("Only this mailbox.", valueName: "organisation/mailbox"))
  var mailbox: String?
  @Option(help: "At most so many messages.")
  var limit = 1_000
  @OptionGroup var user: ActingUser
  @OptionGroup var configurationFile: ConfigurationFile
  @OptionGroup var output: Output

  private struct Planned: Encodable {
    /// Nil where nothing is due.
    let plan: RetentionPlanView?
    let rows: [RetentionRowView]
    /// How many stay although their time is over, by reason.
    let staying: [String: Int]
    /// Whether more is due than one plan takes.
    let cut: Bool
    /// Whether it is a plan that was made before and waits for approval.
    let repeated: Bool
  }

  func validate() throws {
    if limit < 1 || limit > 5_000 { throw ValidationError("--limit is a number from 1 to 5000.") }
  }

  func run() async throws {
    do {
      try show(
        try await configurationFile.service().planRetention(
          in: mailbox.map { try MailboxID($0) }, limit: limit, by: user.principal(), through: commandOperator()))
    } catch let nothing as RetentionProblem {
      // That nothing is due is no failure: a plan is asked for by the clock.
      guard case .nothingDue(let staying) = nothing else { throw nothing }
      let planned = Planned(plan: nil, rows: [], staying: Self.counts(staying), cut: false, repeated: false)
      try output.result(planned) { "\(nothing)" }
    }
  }

  private static func counts(_ staying: [RetentionObstacle: Int]) -> [String: Int] {
    Dictionary(uniqueKeysWithValues: staying.map { ($0.rawValue, $1) })
  }

  private func show(_ made: RetentionPlanning) throws {
    let plan = RetentionPlanView(made.plan)
    let planned = Planned(
      plan: plan, rows: made.rows.map(RetentionRowView.init), staying: Self.counts(made.staying), cut: made.isCut,
      repeated: made.isRepeated)
    try output.result(planned) {
      var lines = [plan.text, RetentionRowView.table(planned.rows).text]
      lines += made.staying.sorted { $0.key.rawValue < $1.key.rawValue }.map { "\($1) stay: \($0.sentence)" }
      if made.isCut { lines.append("More is due: make another plan once this one has been run.") }
      if made.isRepeated { lines.append("The same plan was made before, and waits for approval.") }
      lines.append("Nothing is culled before another person approves the plan.")
      return lines.joined(separator: "\n")
    }
  }
}

struct RetentionApprove: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "approve", abstract: "Approve a plan, as another person than the one who made it.",
    discussion: """
      The digest says which rows were looked at: `retention list PLAN` shows both.

      Example: sdkrelay retention approve 7 --digest 0f3a5c7e9b1d --as registrator-2 --config node.yaml
      """)

  @Argument(help: "The plan's number.")
  var plan: Int64
  @Option(help: "The plan's digest, at least its first 12 characters.")
  var digest: String
  @OptionGroup var user: ActingUser
  @OptionGroup var configurationFile: ConfigurationFile
  @OptionGroup var output: Output

  func run() async throws {
    let plan = try await configurationFile.service().approveRetention(
      plan, digest: digest, by: user.principal(), through: commandOperator())
    try output.result(RetentionPlanView(plan)) { RetentionPlanView(plan).text }
  }
}

struct RetentionRunCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "run", abstract: "Cull what an approved plan names, as far as it is still as it was approved.",
    discussion: """
      A run that was cut short goes on where it was; one that is over does nothing more. What was left, and why, stands \
      in the rows: `retention list PLAN`.

      Example: sdkrelay retention run 7 --config node.yaml
      """)

  @Argument(help: "The plan's number.")
  var plan: Int64
  @OptionGroup var user: PerhapsActingUser
  @OptionGroup var configurationFile: ConfigurationFile
  @OptionGroup var output: Output

  func run() async throws {
    let plan = try await configurationFile.service().runRetention(
      plan, by: user.principal(), through: user.through)
    try output.result(RetentionPlanView(plan)) { RetentionPlanView(plan).text }
  }
}

struct RetentionRulesCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "rules", abstract: "Show the rules of retention, each with the decision it rests on.",
    discussion: "Example: sdkrelay retention rules --config node.yaml")

  @OptionGroup var configurationFile: ConfigurationFile
  @OptionGroup var output: Output

  func run() async throws {
    let settings = try configurationFile.settings()
    let rules = try settings.retention.map { try RetentionRules(folder: $0) }?.rules ?? []
    let views = rules.map(RetentionRuleView.init)
    try output.result(views) {
      views.isEmpty
        ? "There are no rules: nothing is ever culled."
        : Table(
          header: ["RULE", "ORGANISATION", "MESSAGES", "KEPT", "DECISION", "KIND"], rows: views.map(\.cells)
        ).text
    }
  }
}

struct RetentionLog: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "log", abstract: "What was culled, newest first (gallringslogg).",
    discussion: "Example: sdkrelay retention log --config node.yaml")

  @Option(help: ArgumentHelp("Lines before this number: the last one of the page before.", valueName: "number"))
  var before: Int64?
  @Option(help: "At most so many.")
  var limit = 50
  @OptionGroup var configurationFile: ConfigurationFile
  @OptionGroup var output: Output

  func run() async throws {
    let lines = try configurationFile.service().cullingLog(for: commandOperator(), before: before, limit: limit)
      .map(CullingRecordView.init)
    try output.result(lines) {
      lines.isEmpty
        ? "Nothing has been culled."
        : Table(
          header: ["NUMBER", "TIME", "MESSAGE", "RULE", "DECISION", "PLAN", "PLANNER", "APPROVER"],
          rows: lines.map(\.cells)
        ).text
    }
  }
}
