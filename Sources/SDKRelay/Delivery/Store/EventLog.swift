import Foundation
import GRDB

/// An event to be written: ids and codes, never content.
struct NewEvent: Sendable {
  var participant: ParticipantID?
  var messageID: MessageID?
  var transportID: String?
  var status: MessageStatus?
  var text: String
  var isAlarm = false
}

enum EventLog {
  static func add(_ event: NewEvent, at now: Date, in db: Database) throws {
    try db.change(
      sql: """
        INSERT INTO event (at, participant, messageId, transportId, status, text, isAlarm) VALUES (?, ?, ?, ?, ?, ?, ?)
        """,
      arguments: [
        now.milliseconds, event.participant?.comparable, event.messageID?.value, event.transportID,
        event.status?.rawValue,
        event.text, event.isAlarm,
      ])
  }
}

extension Store {
  func events(of message: StoredMessage) throws -> [RelayEvent] {
    try read { db in
      try Row.fetchAll(
        db,
        sql: """
          SELECT id, at, participant, messageId, transportId, status, text, isAlarm FROM event
          WHERE participant = ? AND messageId = ? ORDER BY id
          """,
        arguments: [message.participant.comparable, message.id.value]
      ).map(RelayEvent.init)
    }
  }

  func events(after number: Int64, limit: Int) throws -> [RelayEvent] {
    try read { db in
      try Row.fetchAll(
        db,
        sql: """
          SELECT id, at, participant, messageId, transportId, status, text, isAlarm FROM event
          WHERE id > ? ORDER BY id LIMIT ?
          """,
        arguments: [number, limit]
      ).map(RelayEvent.init)
    }
  }
}

extension RelayEvent {
  init(_ row: Row) throws {
    self.init(
      number: row["id"], time: Date(milliseconds: row["at"]),
      participant: try (row["participant"] as String?).map { try ParticipantID($0) },
      messageID: (row["messageId"] as String?).flatMap(MessageID.init), transportID: row["transportId"],
      status: (row["status"] as String?).flatMap(MessageStatus.init), text: row["text"], isAlarm: row["isAlarm"])
  }
}
