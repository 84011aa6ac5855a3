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
///
/// A lease holds for as long as its process lives: what a process has leased and is not at work on any more, because
/// not even the outcome could be written, `releaseLost` gives back. Whoever ends or postpones a job must still hold it.
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
  /// The process that is at work on it.
  let leasedBy: String
  /// What was in the way the last time; nil when nothing was.
  let problem: String?

  static let suspects = "suspect"
  static let mostAttempts = 3
}

/// Somebody else has the job now, so that this outcome counts for nothing.
struct LeaseLost: Error {}

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
    try Row.fetchAll(db.cachedStatement(sql: lanesSQL)).map { ($0[0], Date(milliseconds: $0[1])) }
  }

  static let lanesSQL = """
    WITH RECURSIVE lane (name) AS (
      SELECT (SELECT MIN(lane) FROM job WHERE leasedBy IS NULL)
      UNION ALL
      SELECT (SELECT MIN(job.lane) FROM job WHERE job.leasedBy IS NULL AND job.lane > lane.name)
      FROM lane WHERE lane.name IS NOT NULL
    )
    SELECT name, (SELECT MIN(dueAt) FROM job WHERE leasedBy IS NULL AND job.lane = lane.name)
    FROM lane WHERE name IS NOT NULL
    """

  /// Takes the lane's first due job, and counts the attempt.
  static func claim(lane: String, by process: String, now: Date, in db: Database) throws -> Job? {
    let row = try Row.fetchOne(
      db.cachedStatement(sql: claimSQL), arguments: [process, lane, now.milliseconds])
    return try row.map(Job.init)
  }

  static let claimSQL = """
    UPDATE job SET leasedBy = ?, attempts = attempts + 1
    WHERE id = (
      SELECT id FROM job WHERE leasedBy IS NULL AND lane = ? AND dueAt <= ? ORDER BY dueAt, id LIMIT 1)
    RETURNING id, participant, kind, subject, lane, attempts, leasedBy, problem
    """

  /// The work is done.
  static func finish(_ job: Job, in db: Database) throws {
    try db.change(sql: "DELETE FROM job WHERE id = ? AND leasedBy = ?", arguments: [job.id, job.leasedBy])
    guard db.changesCount == 1 else { throw LeaseLost() }
  }

  /// The work is to be done again later. Unless the attempt still counts, the job starts afresh.
  /// - Parameter problem: what was in the way, nil when nothing was.
  static func postpone(
    _ job: Job, until due: Date, lane: String, keepingAttempts: Bool = false, problem: String? = nil, in db: Database
  ) throws {
    try db.change(
      sql: """
        UPDATE job SET leasedBy = NULL, dueAt = ?, lane = ?, attempts = iif(?, attempts, 0), problem = ?
        WHERE id = ? AND leasedBy = ?
        """,
      arguments: [due.milliseconds, lane, keepingAttempts, problem, job.id, job.leasedBy])
    guard db.changesCount == 1 else { throw LeaseLost() }
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
      sql: "UPDATE job SET leasedBy = NULL, lane = ? WHERE leasedBy IS NOT NULL", arguments: [Job.suspects])
  }

  /// The jobs that a process holds.
  static func held(by process: String, in db: Database) throws -> Set<Int64> {
    try Int64.fetchSet(
      db.cachedStatement(sql: "SELECT id FROM job WHERE leasedBy = ?"), arguments: [process])
  }

  /// Gives back a job that this process holds without being at work on it. Its start does not count.
  static func releaseLost(_ id: Int64, by process: String, in db: Database) throws {
    try db.change(
      sql: "UPDATE job SET leasedBy = NULL, attempts = max(attempts - 1, 0) WHERE id = ? AND leasedBy = ?",
      arguments: [id, process])
  }

  /// The message and the conversation that a job is about, as far as they are known yet.
  static func messageIDs(of job: Job, in db: Database) throws -> (message: String?, conversation: String?) {
    let sql =
      switch job.kind {
      case .send: "SELECT envelopeId, conversationId FROM transfer WHERE id = ?"
      case .open: "SELECT envelopeId, conversationId FROM reception WHERE id = ?"
      case .receiptClock: "SELECT messageId, conversationId FROM message WHERE id = ?"
      }
    let row = try db.row(sql: sql, arguments: [job.subject])
    return (row?[0], row?[1])
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
      lane: row["lane"], attempts: row["attempts"], leasedBy: row["leasedBy"], problem: row["problem"])
  }
}
