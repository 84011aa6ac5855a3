import Foundation
import GRDB
import Logging

/// Watches a message that waits for its message receipt (ReceiptClock.swift).
enum ReceiptWait {
  static func begin(
    _ row: Int64, of participant: ParticipantID, clock: ReceiptClock, now: Date, in db: Database
  ) throws {
    try db.change(sql: "UPDATE message SET acknowledgedAt = ? WHERE id = ?", arguments: [now.milliseconds, row])
    let first: Duration = if case .wait(let time) = clock.step(age: .zero, hasAlarmed: false) { time } else { .zero }
    try JobQueue.add(
      .receiptClock, subject: row, participant: participant, lane: Lane.receiptClock, due: now.adding(first), in: db)
  }

  /// The receipt has come.
  static func end(_ row: Int64, in db: Database) throws {
    try db.change(sql: "DELETE FROM job WHERE kind = 'receiptClock' AND subject = ?", arguments: [row])
  }
}

struct ClockWorker: Worker {
  let store: Store
  let clock: ReceiptClock
  let inbox: (any Inbox)?
  let logger: Logger

  func perform(_ job: Job) async throws -> JobEnd {
    let expired = try await store.write { db -> Logger.Metadata? in
      let now = Date()
      guard
        let row = try Row.fetchOne(
          db, sql: "SELECT messageId, conversationId, status, acknowledgedAt, hasAlarmed FROM message WHERE id = ?",
          arguments: [job.subject]),
        row["status"] == MessageStatus.waitingForReceipt.rawValue, let since = row["acknowledgedAt"] as Int64?
      else {
        try JobQueue.finish(job, in: db)
        return nil
      }
      let age = Duration.seconds(now.timeIntervalSince(Date(milliseconds: since)))
      switch clock.step(age: age, hasAlarmed: row["hasAlarmed"]) {
      case .wait(let time):
        try JobQueue.postpone(job, until: now.adding(time), lane: Lane.receiptClock, in: db)
      case .alarm(let time):
        try db.change(sql: "UPDATE message SET hasAlarmed = 1 WHERE id = ?", arguments: [job.subject])
        let event = NewEvent(
          participant: job.participant, messageID: MessageID(row["messageId"]),
          text: "no message receipt for \(Int(age.seconds)) s", isAlarm: true)
        try EventLog.add(event, at: now, in: db)
        try JobQueue.postpone(job, until: now.adding(time), lane: Lane.receiptClock, in: db)
      case .expire:
        try MessageTable.fail(
          job.subject, event: "no message receipt came in time", now: now, telling: inbox, in: db)
        try JobQueue.finish(job, in: db)
        return [
          "participant": "\(job.participant)", "message": "\(row["messageId"] as String)",
          "conversation": "\(row["conversationId"] as String)",
        ]
      }
      return nil
    }
    if let expired { logger.error("no message receipt in time", metadata: expired) }
    return .settled
  }

  func alarm(_ job: Job, _ text: String, in db: Database) throws {
    try EventLog.add(NewEvent(participant: job.participant, text: text, isAlarm: true), at: Date(), in: db)
  }

  func setAside(_ job: Job, reason: String, in db: Database) throws {
    try MessageTable.fail(job.subject, event: "set aside: \(reason)", now: Date(), telling: inbox, in: db)
  }
}
