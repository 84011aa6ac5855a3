import GRDB
import Logging

/// Writes every alarm into the log, so that whoever watches the log misses none: a follower of the event table that
/// lags a second behind, and begins with what happens after the start.
struct AlarmLog: Sendable {
  let store: Store
  let logger: Logger
  private static let glance = Duration.seconds(1)

  func run() async throws {
    var last: Int64?
    while !Task.isCancelled {
      do {
        last = try follow(from: try last ?? store.readOnce { try Self.lastNumber(in: $0) })
      } catch {
        logger.error("alarms cannot be read", metadata: ["reason": "\(error)"])
      }
      try await Task.sleep(for: Self.glance)
    }
  }

  private func follow(from last: Int64) throws -> Int64 {
    let alarms = try store.readOnce { db in
      try Row.fetchAll(
        db.cachedStatement(
          sql: """
            SELECT id, at, participant, messageId, transportId, status, text, isAlarm,
              (SELECT conversationId FROM message
                WHERE message.messageId = event.messageId AND message.participant = event.participant) AS conversation
            FROM event WHERE isAlarm AND id > ? ORDER BY id LIMIT 100
            """), arguments: [last]
      ).map { row in (alarm: try RelayEvent(row), conversation: row["conversation"] as String?) }
    }
    for (alarm, conversation) in alarms {
      var metadata: Logger.Metadata = ["event": "\(alarm.number)", "reason": "\(alarm.text)"]
      metadata["participant"] = alarm.participant.map { "\($0)" }
      metadata["message"] = alarm.messageID.map { "\($0)" }
      metadata["conversation"] = conversation.map { "\($0)" }
      metadata["transport"] = alarm.transportID.map { "\($0)" }
      logger.error("alarm", metadata: metadata)
    }
    return alarms.last?.alarm.number ?? last
  }

  private static func lastNumber(in db: Database) throws -> Int64 {
    try Int64.fetchOne(db, sql: "SELECT MAX(id) FROM event") ?? 0
  }
}
