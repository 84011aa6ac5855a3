public import Foundation
import GRDB
import SDKRelay

extension MailboxService {
  /// Makes a plan of what may be culled now (a dry run): nothing is culled by it.
  ///
  /// Where the same plan waits for approval already, that one is given and none is made.
  /// It has what the rules let go in mailboxes where the principal may cull, oldest first, and not what it may not see.
  /// - Parameters:
  ///   - mailbox: nil for all of these.
  ///   - limit: at most so many messages, 1 to 5,000.
  /// - Throws: ``RetentionProblem``; ``RetentionRuleProblems`` when any rule's file is wrong.
  public func planRetention(
    in mailbox: MailboxID? = nil, limit: Int = 1_000, by principal: Principal, through operator: Principal? = nil,
    at now: Date = .now
  ) async throws -> RetentionPlanning {
    let rules = try retentionRules()
    let record = AuditRecord(
      principal, through: `operator`, .planRetention, participant: mailbox?.participant, mailbox: mailbox?.address)
    // Found beside whoever writes: what counts is what is found when it is approved and run.
    let found = Result {
      try relay.read { db in
        try DueMessages(rules: rules, now: now, limit: min(max(limit, 1), 5_000)).find(in: mailbox, for: principal, db)
      }
    }
    let lapse = TimeInterval(relay.settings.retentionPlanLapse.components.seconds)
    return try await audited(record, at: now) { record, db in
      guard case .user(let user) = principal else { throw RetentionProblem.usersOnly }
      guard !rules.rules.isEmpty else { throw RetentionProblem.noRules }
      let found = try found.get()
      guard let organisation = found.organisation else { throw RetentionProblem.nothingDue(staying: found.staying) }
      for place in found.mailboxes { try Access.check(principal, .cull, place, at: now, in: db) }
      let waiting = try RetentionTable.waiting(found.rows, of: organisation, at: now, in: db)
      let number =
        try waiting
        ?? RetentionTable.insert(found.rows, for: organisation, by: user, lapses: now + lapse, at: now, in: db)
      record.participant = organisation
      record.object = ["plan \(number)", record.object].compactMap(\.self).joined(separator: ", ")
      guard let plan = try RetentionTable.fetch(number, in: db) else { throw RetentionProblem.notFound }
      return RetentionPlanning(
        plan: plan, rows: try RetentionTable.shown(number, after: 0, limit: found.rows.count, in: db),
        staying: found.staying, isCut: found.isCut, isRepeated: waiting != nil)
    }
  }
}

/// What the rules let go now.
private struct DueMessages {
  let rules: RetentionRules
  let now: Date
  let limit: Int

  struct Found {
    var rows: [PlannedRow] = []
    var mailboxes: Set<MailboxID> = []
    var staying: [RetentionObstacle: Int] = [:]
    var isCut = false
    fileprivate var seen: Set<Int64> = []

    /// Grants never cross organisations, so there is one.
    var organisation: ParticipantID? { mailboxes.first?.participant }
  }

  func find(in mailbox: MailboxID?, for principal: Principal, _ db: Database) throws -> Found {
    var found = Found()
    let reach = try Access.reach(of: principal, .cull, at: now, in: db).mailboxes
    for place in reach.sorted(by: { $0.description < $1.description }) where mailbox == nil || mailbox == place {
      for rule in rules.rules where rule.isFor(place) {
        try look(rule, in: place, for: principal, into: &found, db)
      }
    }
    found.rows.sort { $0.messageRow < $1.messageRow }
    return found
  }

  private func look(
    _ rule: RetentionRule, in place: MailboxID, for principal: Principal, into found: inout Found, _ db: Database
  ) throws {
    let access = AccessFilter(messages: principal, .cull, at: now)
    let today = Day(containing: now)
    let rows = try Int64.fetchCursor(
      db,
      sql: """
        SELECT message.id FROM registerEntry CROSS JOIN message ON message.id = registerEntry.messageRow
          JOIN messageRecord ON messageRecord.messageRow = message.id
        WHERE registerEntry.participant = ? AND registerEntry.state = ? AND culledAt IS NULL
          AND message.mailbox = ? AND message.storedAt < ? AND \(access.sql) ORDER BY registerEntry.messageRow
        """,
      arguments: [
        place.participant.comparable, rule.state == .cullable ? "cullable" : "registered", place.address.value,
        rule.period.latestBegin(of: today).milliseconds,
      ] + access.arguments)
    while let row = try rows.next() {
      guard !found.seen.contains(row), let candidate = try RetentionCandidate.fetch(row, in: db),
        let (rule, last) = rules.due(candidate.facts, on: today)
      else { continue }
      found.seen.insert(row)
      if let obstacle = try candidate.obstacle(in: db) {
        found.staying[obstacle, default: 0] += 1
        continue
      }
      guard found.rows.count < limit else { return found.isCut = true }
      found.mailboxes.insert(place)
      found.rows.append(
        PlannedRow(
          messageRow: row, rule: rule.id, ruleSha256: rule.sha256, decision: rule.decision, kind: rule.kind,
          keptUntil: last.description, messageSha256: candidate.sha256))
    }
  }
}

extension RetentionRule {
  /// Whether the rule may be for messages of the mailbox.
  fileprivate func isFor(_ mailbox: MailboxID) -> Bool {
    organisation == mailbox.participant && (mailboxes.isEmpty || mailboxes.contains(mailbox.address))
  }
}

extension RetentionPeriod {
  /// A time after which nothing has come whose time could be over today: no trigger comes before its message.
  fileprivate func latestBegin(of today: Day) -> Date {
    let days = Day(number: today.number - (unit == .days ? count : 0))
    let months = unit == .days ? 0 : unit == .months ? count : 12 * count
    // Months have different lengths.
    return Day(number: days.adding(months: -months).number + 4).start
  }
}
