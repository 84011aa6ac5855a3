import Foundation
import GRDB

/// Work to be done, in lanes.
///
/// A lane is what shares a limit: a destination, a participant's incoming messages, the receipt clocks. Claiming looks
/// at each lane's first job through the partial index `jobDue`, so it costs the same with one job as with 100,000, and
/// a full or dead lane does not stand in the way of the others (threats.md Q6, Q7).
///
/// A claim is committed, with its attempt counted, before the work starts. A job whose process died is found by
/// `releaseAll` at the next start; it then runs in the lane of suspects, one at a time, so that the one that took the
/// process down is alone when it does so again, and after three such ends it is set aside (Q5).
struct Job: Hashable, Sendable {
  enum Kind: String, Sendable {
    case send, open, receiptClock
  }

  let id: Int64
  let participant: ParticipantID
  let kind: Kind
  /// The row the work is about: a transfer, a reception, a message.
  let subject: Int64
  let lane: String
  /// Starts whose end is not known, this one included.
  let attempts: Int

  static let suspects = "suspect"
  static let mostAttempts = 3
}

enum JobQueue {
  /// Adds a job. A job for the same thing that is already there stays as it is.
  static func add(
    _ kind: Job.Kind, subject: Int64, participant: ParticipantID, lane: String, due: Date, in db: Database
  ) throws {
    try db.change(
      sql: """
        INSERT INTO job (participant, kind, subject, lane, dueAt) VALUES (?, ?, ?, ?, ?)
        ON CONFLICT (kind, subject) DO NOTHING
        """,
      arguments: [participant.comparable, kind.rawValue, subject, lane, due.milliseconds])
  }

  /// The lanes that have a job waiting, each with the time its first job is due. Cost: one index seek a lane.
  static func lanes(in db: Database) throws -> [(lane: String, due: Date)] {
    let rows = try Row.fetchAll(
      db.cachedStatement(
        sql: """
          WITH RECURSIVE lane (name) AS (
            SELECT (SELECT MIN(lane) FROM job WHERE leasedBy IS NULL)
            UNION ALL
            SELECT (SELECT MIN(job.lane) FROM job WHERE job.leasedBy IS NULL AND job.lane > lane.name)
            FROM lane WHERE lane.name IS NOT NULL
          )
          SELECT name, (SELECT MIN(dueAt) FROM job WHERE leasedBy IS NULL AND job.lane = lane.name)
          FROM lane WHERE name IS NOT NULL
          """))
    return rows.map { ($0[0], Date(milliseconds: $0[1])) }
  }

  /// Takes the lane's first due job, and counts the attempt.
  static func claim(
    lane: String, by process: String, now: Date, lease: Duration, in db: Database
  ) throws -> Job? {
    let statement = try db.cachedStatement(
      sql: """
        UPDATE job SET leasedBy = ?, leaseUntil = ?, attempts = attempts + 1
        WHERE id = (
          SELECT id FROM job WHERE leasedBy IS NULL AND lane = ? AND dueAt <= ? ORDER BY dueAt, id LIMIT 1)
        RETURNING id, participant, kind, subject, lane, attempts
        """)
    let row = try Row.fetchOne(
      statement, arguments: [process, now.adding(lease).milliseconds, lane, now.milliseconds])
    return try row.map(Job.init)
  }

  /// The work is done.
  static func finish(_ job: Job, in db: Database) throws {
    try db.change(sql: "DELETE FROM job WHERE id = ?", arguments: [job.id])
  }

  /// The work is to be done again later. Unless the attempt still counts, the job starts afresh.
  static func postpone(
    _ job: Job, until due: Date, lane: String, keepingAttempts: Bool = false, in db: Database
  ) throws {
    try db.change(
      sql: """
        UPDATE job SET leasedBy = NULL, leaseUntil = NULL, dueAt = ?, lane = ?, attempts = iif(?, attempts, 0)
        WHERE id = ?
        """,
      arguments: [due.milliseconds, lane, keepingAttempts, job.id])
  }

  /// Makes the waiting jobs of these lanes due: what they waited for has happened.
  static func hasten(_ lanes: [String], now: Date, in db: Database) throws {
    for lane in lanes {
      try db.change(
        sql: "UPDATE job SET dueAt = ?1 WHERE leasedBy IS NULL AND lane = ?2 AND dueAt > ?1",
        arguments: [now.milliseconds, lane])
    }
  }

  /// Gives back every lease, at the start of the one process that runs: whoever held them is dead.
  static func releaseAll(in db: Database) throws {
    try db.change(
      sql: "UPDATE job SET leasedBy = NULL, leaseUntil = NULL, lane = ? WHERE leasedBy IS NOT NULL",
      arguments: [Job.suspects])
  }

  /// Gives back leases that have run out: the work hangs.
  static func releaseExpired(now: Date, in db: Database) throws {
    try db.change(
      sql: """
        UPDATE job SET leasedBy = NULL, leaseUntil = NULL, lane = ? WHERE leasedBy IS NOT NULL AND leaseUntil < ?
        """,
      arguments: [Job.suspects, now.milliseconds])
  }

  /// Takes the job out of the queue for an operator.
  static func setAside(_ job: Job, reason: String, now: Date, in db: Database) throws {
    try finish(job, in: db)
    try db.change(
      sql: "INSERT INTO setAside (participant, at, kind, subject, reason) VALUES (?, ?, ?, ?, ?)",
      arguments: [job.participant.comparable, now.milliseconds, job.kind.rawValue, job.subject, reason])
  }
}

extension Job {
  init(_ row: Row) throws {
    guard let kind = Kind(rawValue: row["kind"]) else { throw DatabaseError(message: "unknown kind of job") }
    self.init(
      id: row["id"], participant: try ParticipantID(row["participant"]), kind: kind, subject: row["subject"],
      lane: row["lane"], attempts: row["attempts"])
  }
}
