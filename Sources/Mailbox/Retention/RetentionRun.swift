public import Foundation
import GRDB
import SDKRelay
import XMLSecurity

extension MailboxService {
  /// Runs an approved plan, or goes on with one whose run was cut short; one that has been run is only told about.
  ///
  /// Messages are culled a few in each transaction, each with its line in the log, its entry in the audit trail and its
  /// row's outcome. Each is looked at once more there: what a hold is on, what has changed, what no rule lets go any
  /// more, and what planner or approver may not cull any more, is left, and the row says why.
  /// - Parameter principal: the operator or the node, which act on what two persons have decided; or a user who may cull
  ///   what the plan has.
  /// - Throws: ``RetentionProblem``; ``RetentionRuleProblems`` when any rule's file is wrong: then nothing is culled.
  public func runRetention(
    _ number: Int64, by principal: Principal, through operator: Principal? = nil, at now: Date = .now
  ) async throws -> RetentionPlan {
    let record = AuditRecord(principal, through: `operator`, .runRetention, object: "plan \(number)")
    let isOver = try await audited(record, at: now) { record, db in
      let plan = try Self.runnable(number, by: principal, at: now, in: db)
      record.participant = plan.organisation
      if plan.ended == nil { try RetentionTable.start(number, at: now, in: db) }
      return plan.ended != nil
    }
    var isAtWork = !isOver
    while isAtWork {
      let batch = RetentionBatch(
        plan: number, rules: try retentionRules(), runner: principal, named: `operator` ?? principal, now: now,
        audit: audit)
      let (files, rest) = try await relay.write { db in try batch.cull(in: db) }
      relay.remove(files)
      isAtWork = rest
    }
    try await forgetCulledWords()
    return try relay.read { db in
      guard let plan = try RetentionTable.fetch(number, in: db) else { throw RetentionProblem.notFound }
      return plan
    }
  }

  private static func runnable(
    _ number: Int64, by principal: Principal, at now: Date, in db: Database
  ) throws -> RetentionPlan {
    let plan: RetentionPlan
    switch principal {
    case .user: plan = try Self.plan(number, for: principal, [.cull], at: now, in: db)
    case .operator, .service:
      guard let found = try RetentionTable.fetch(number, in: db) else { throw RetentionProblem.notFound }
      plan = found
    case .client: throw RetentionProblem.usersOnly
    }
    guard plan.approver != nil else { throw RetentionProblem.notApproved }
    guard plan.ended == nil else { return plan }
    guard now < plan.lapses else { throw RetentionProblem.lapsed }
    let rows = PlannedRow.digest(of: try RetentionTable.planned(number, in: db))
    guard Hexadecimal.encode(rows) == plan.digest else { throw RetentionProblem.otherRows }
    return plan
  }

  /// Takes the words of culled messages out of the index's file, a little at a time, and what was overwritten out of the
  /// database's log.
  private func forgetCulledWords() async throws {
    try await relay.write { db in try SearchIndex.forgetWords(in: db) }
    var isFirst = true
    while try await relay.write({ [isFirst] db in try SearchIndex.merge(beginning: isFirst, in: db) }) {
      isFirst = false
    }
    await relay.emptyLog()
  }
}

/// A few rows of a plan, dealt with in one transaction.
private struct RetentionBatch {
  let plan: Int64
  let rules: RetentionRules
  let runner: Principal
  /// Whom the audit trail names.
  let named: Principal
  let now: Date
  let audit: Audit
  private static let size = 10

  /// - Returns: the files to remove after the commit, and whether there are rows left.
  func cull(in db: Database) throws -> (files: ErasedFiles, rest: Bool) {
    guard let plan = try RetentionTable.fetch(plan, in: db), let approver = plan.approver else {
      throw RetentionProblem.notApproved
    }
    var files = ErasedFiles()
    let rows = try RetentionTable.waiting(plan.number, Self.size, in: db)
    for row in rows {
      let outcome = try decide(row, plan, approver, in: db)
      switch outcome {
      case .culled(let candidate):
        files.add(try Culling(row: row, plan: plan, approver: approver, now: now).cull(candidate, in: db))
        try tell(of: candidate, row, in: db)
        try RetentionTable.settle(row, of: plan.number, .culled, in: db)
      case .left(let obstacle): try RetentionTable.settle(row, of: plan.number, .left(obstacle), in: db)
      }
    }
    let rest = rows.count == Self.size
    if !rest { try RetentionTable.end(plan.number, at: now, in: db) }
    return (files, rest)
  }

  private enum Decision {
    case culled(RetentionCandidate)
    case left(RetentionObstacle)
  }

  private func decide(
    _ row: PlannedRow, _ plan: RetentionPlan, _ approver: UserID, in db: Database
  ) throws -> Decision {
    // 1. It is still there.
    guard let candidate = try RetentionCandidate.fetch(row.messageRow, in: db) else { return .left(.culled) }
    // 2. Hold, federation, colleagues.
    if let obstacle = try candidate.obstacle(in: db) { return .left(obstacle) }
    // 3. Both persons, and whoever runs it, may still.
    var persons: [Principal] = [.user(plan.planner), .user(approver)]
    if case .user = runner { persons.append(runner) }
    for person in persons {
      let may = try Access.allows(
        person, .cull, candidate.mailbox, for: candidate.audience, at: now, in: db)
      guard may else { return .left(.notGranted) }
    }
    // 4. The message is as it was.
    guard candidate.sha256 == row.messageSha256 else { return .left(.changed) }
    // 5. So are the rule and its decision.
    guard let rule = rules[row.rule], rule.sha256 == row.ruleSha256, rule.decision == row.decision else {
      return .left(.ruleChanged)
    }
    // 6. And by all rules as they are its time is over.
    guard rules.due(candidate.facts, on: Day(containing: now)) != nil else { return .left(.notDue) }
    return .culled(candidate)
  }

  private func tell(of candidate: RetentionCandidate, _ row: PlannedRow, in db: Database) throws {
    let record = AuditRecord(
      named, .cullMessage, participant: candidate.mailbox.participant, mailbox: candidate.mailbox.address,
      messageID: candidate.message.id, object: "plan \(plan), rule \(row.rule)")
    try audit.append(record, at: now, in: db)
  }
}
