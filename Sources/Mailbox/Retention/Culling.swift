import Foundation
import GRDB
import SDKRelay

/// Takes a message away for good (gallring) as far as it is content, in the transaction of its plan's run. The relay takes
/// away what it holds (`Delivery/Erasure.swift`), this what the service has written about it.
///
/// What stays: ids, parties and statuses, events, audit trail, the register's facts, who handled it when, and the signed
/// proof without the envelopes.
struct Culling {
  let row: PlannedRow
  let plan: RetentionPlan
  let approver: UserID
  let now: Date

  /// - Returns: the files to remove after the commit.
  func cull(_ candidate: RetentionCandidate, in db: Database) throws -> ErasedFiles {
    let message = candidate.message
    let sha256 = ContentDigest.make(of: message.content)
    // The index is told the very words that it was given, so it comes before the text goes.
    try SearchIndex.remove(message, for: candidate.audience, in: db)
    try forgetWork(at: message, in: db)
    let files = try Relay.erase(message, under: row.rule, at: now, in: db)
    try RegisterTable.cull(message, StoredContent.Culled(rule: row.rule, time: now), in: db)
    try log(candidate, sha256, in: db)
    try Relay.record("culled under the rule \(row.rule)", about: message, at: now, in: db)
    return files
  }

  /// What people have written about it. One line for each place where there is such.
  private func forgetWork(at message: StoredMessage, in db: Database) throws {
    let places = [
      "DELETE FROM messageNote WHERE messageRow = ?",
      "DELETE FROM messageTag WHERE messageRow = ?",
      "UPDATE handlingStep SET object = NULL WHERE messageRow = ? AND step IN ('tag', 'untag')",
    ]
    for sql in places { try db.change(sql: sql, arguments: [message.row]) }
    // Nobody waits for it to be handled any more, and no technical client can fetch it.
    let failed = try FailedDeliveryTable.fetch(message, in: db).map { $0.isDone ? 0 : 1 } ?? 0
    let isIncoming = message.direction == .incoming
    if try failed == 1 || isIncoming && HandlingTable.state(of: message, in: db).done == nil {
      try ConversationTable.count(unhandled: -1, failed: -failed, ofMessage: message.row, in: db)
      try db.change(
        sql: """
          INSERT INTO messageHandling (messageRow, version, doneAt) VALUES (?, 1, ?)
          ON CONFLICT (messageRow) DO UPDATE SET version = version + 1, doneAt = excluded.doneAt
          """, arguments: [message.row, now.milliseconds])
    }
    _ = try MessageRecordTable.take(message.row, by: .service, at: now, in: db)
  }

  private func log(_ candidate: RetentionCandidate, _ sha256: [UInt8], in db: Database) throws {
    let message = candidate.message
    try db.change(
      sql: """
        INSERT INTO cullingLog (at, messageRow, participant, mailbox, messageId, direction, rule, decision, kind, plan,
          planner, approver, contentSha256)
        VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
        """,
      arguments: [
        now.milliseconds, message.row, message.participant.comparable, candidate.mailbox.address.value,
        message.id.value, message.direction.rawValue, row.rule, row.decision, row.kind, plan.number,
        plan.planner.value, approver.value, Data(sha256),
      ])
  }
}
