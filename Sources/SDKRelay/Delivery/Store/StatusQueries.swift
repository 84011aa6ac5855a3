import Foundation
import GRDB

extension Store {
  func status(now: Date = Date()) throws -> RelayStatus {
    let isServed = ServeLock.isHeld(layout.lock)
    return try read { db in
      func count(_ sql: String) throws -> Int { try Int.fetchOne(db, sql: sql) ?? 0 }
      var messages: [MessageStatus: Int] = [:]
      for row in try Row.fetchAll(db, sql: "SELECT status, COUNT(*) FROM message GROUP BY status") {
        if let status = MessageStatus(rawValue: row[0]) { messages[status] = row[1] }
      }
      return RelayStatus(
        isServed: isServed,
        queued: try count("SELECT COUNT(*) FROM job WHERE leasedBy IS NULL AND kind <> 'receiptClock'"),
        running: try count("SELECT COUNT(*) FROM job WHERE leasedBy IS NOT NULL"),
        setAside: try count("SELECT COUNT(*) FROM setAside"), messages: messages,
        toSend: try Self.backlog(Self.toSend, in: db), toOpen: try Self.backlog(Self.toOpen, in: db),
        alarms: try Self.alarms(since: now.addingTimeInterval(-86_400), in: db),
        freeBytes: DiskRoom(folder: layout.folder, reserve: 0).freeBytes)
    }
  }

  private static let toSend = """
    SELECT lower(counterpart) AS organisation, createdAt AS since, dueAt, leasedBy, problem,
      transfer.participant AS owner, iif(transfer.attempts > 0, envelopeId, NULL) AS failed
    FROM job JOIN transfer ON transfer.id = job.subject WHERE job.kind = 'send' ORDER BY dueAt
    """
  private static let toOpen = """
    SELECT reception.participant AS organisation, receivedAt AS since, dueAt, leasedBy, problem,
      reception.participant AS owner, NULL AS failed
    FROM job JOIN reception ON reception.id = job.subject WHERE job.kind = 'open' ORDER BY dueAt
    """

  /// One pass over the jobs; the largest backlog first.
  private static func backlog(_ sql: String, in db: Database) throws -> [RelayStatus.Backlog] {
    var backlogs: [String: RelayStatus.Backlog] = [:]
    var failed: [String: (owner: String, message: String)] = [:]
    let rows = try Row.fetchCursor(db, sql: sql)
    while let row = try rows.next() {
      let key: String = row["organisation"]
      var backlog = try backlogs[key] ?? RelayStatus.Backlog(organisation: ParticipantID(key))
      backlog.count += 1
      if (row["leasedBy"] as String?) != nil { backlog.running += 1 }
      backlog.since = min(backlog.since, Date(milliseconds: row["since"]))
      backlog.next = min(backlog.next, Date(milliseconds: row["dueAt"]))
      backlog.problem = row["problem"] ?? backlog.problem
      backlogs[key] = backlog
      if let message = row["failed"] as String? { failed[key] = (row["owner"], message) }
    }
    // An attempt that failed says so in its message's events: nothing of this node was in the way.
    for (key, last) in failed where backlogs[key]?.problem == nil {
      let event = "SELECT text FROM event WHERE participant = ? AND messageId = ? ORDER BY id DESC LIMIT 1"
      backlogs[key]?.problem = try String.fetchOne(db, sql: event, arguments: [last.owner, last.message])
    }
    return backlogs.values.sorted { ($1.count, $0.organisation.comparable) < ($0.count, $1.organisation.comparable) }
  }

  private static func alarms(since: Date, in db: Database) throws -> [RelayEvent] {
    try Row.fetchAll(
      db,
      sql: """
        SELECT id, at, participant, messageId, transportId, status, text, isAlarm FROM event
        WHERE isAlarm AND at > ? ORDER BY id DESC LIMIT 20
        """,
      arguments: [since.milliseconds]
    ).map(RelayEvent.init)
  }
}
