public import Foundation
import GRDB
import SDKRelay
import XMLSecurity

extension MailboxService {
  /// Approves a plan: the second person's step. It needs the right to cull every message of the plan.
  /// - Parameter digest: the plan's ``RetentionPlan/digest``, or at least its first 12 characters, as the approver has
  ///   seen it.
  /// - Throws: ``RetentionProblem``; ``RetentionProblem/notFound`` also where the principal may not cull all of it.
  public func approveRetention(
    _ number: Int64, digest: String, by principal: Principal, through operator: Principal? = nil, at now: Date = .now
  ) async throws -> RetentionPlan {
    let record = AuditRecord(principal, through: `operator`, .approveRetention, object: "plan \(number)")
    return try await audited(record, at: now) { record, db in
      // 1. Who, and of what.
      guard case .user(let user) = principal else { throw RetentionProblem.usersOnly }
      let plan = try Self.plan(number, for: principal, [.cull], at: now, in: db)
      record.participant = plan.organisation
      // 2. Another person.
      guard user != plan.planner else { throw RetentionProblem.samePerson }
      // 3. Once, and in time.
      guard plan.approver == nil else { throw RetentionProblem.isApproved }
      guard now < plan.lapses else { throw RetentionProblem.lapsed }
      // 4. These very rows.
      let rows = Hexadecimal.encode(PlannedRow.digest(of: try RetentionTable.planned(number, in: db)))
      guard rows == plan.digest, digest.count >= 12, plan.digest.hasPrefix(digest.lowercased()) else {
        throw RetentionProblem.otherRows
      }
      try RetentionTable.approve(number, by: user, at: now, in: db)
      return try Self.plan(number, for: principal, [.cull], at: now, in: db)
    }
  }

  /// The plans of which the principal may cull every message, or whose organisation's audit trail it may read; the
  /// newest first.
  public func retentionPlans(for principal: Principal, at now: Date = .now) throws -> [RetentionPlan] {
    try relay.read { db in
      try RetentionTable.all(in: db).filter { try Self.maySee($0, principal, [.cull, .readAudit], at: now, in: db) }
    }
  }

  /// A plan with its rows, for whoever approves it.
  /// - Parameter message: only rows after the one of the message with this number, for the next page.
  public func retentionPlan(
    _ number: Int64, after message: Int64 = 0, limit: Int = 1_000, for principal: Principal,
    through operator: Principal? = nil, at now: Date = .now
  ) async throws -> (plan: RetentionPlan, rows: [RetentionPlanRow]) {
    let record = AuditRecord(principal, through: `operator`, .readRetention, object: "plan \(number)")
    return try await auditedRead(record, at: now) { _, db in
      let plan = try Self.plan(number, for: principal, [.cull, .readAudit], at: now, in: db)
      return (plan, try RetentionTable.shown(number, after: message, limit: min(max(limit, 1), 5_000), in: db))
    }
  }

  static func plan(
    _ number: Int64, for principal: Principal, _ permissions: [Permission], at now: Date, in db: Database
  ) throws -> RetentionPlan {
    guard let plan = try RetentionTable.fetch(number, in: db),
      try maySee(plan, principal, permissions, at: now, in: db)
    else { throw RetentionProblem.notFound }
    return plan
  }

  /// What one may not know all of looks as what is not there.
  private static func maySee(
    _ plan: RetentionPlan, _ principal: Principal, _ permissions: [Permission], at now: Date, in db: Database
  ) throws -> Bool {
    try !RetentionTable.isBeyond(plan.number, principal, permissions, at: now, in: db)
  }
}
