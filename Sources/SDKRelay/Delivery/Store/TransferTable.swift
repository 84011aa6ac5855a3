import Foundation
import GRDB

/// An AS4 message to send, and how far it has come.
struct Transfer: Sendable {
  enum Kind: String, Sendable {
    case message, receipt
  }

  let row: Int64
  let participant: ParticipantID
  let kind: Kind
  /// The message sent, or the incoming one that a receipt answers; nil for a receipt of a message not delivered.
  let messageRow: Int64?
  let receptionRow: Int64?
  let envelopeID: MessageID
  let conversationID: String
  let counterpart: ParticipantID
  let documentID: DocumentID
  /// The AS4 message id, the same in every attempt.
  let transportID: String
  /// The sealed envelope of a message receipt.
  let envelope: [UInt8]?
  /// The name of its AS4 message and of a message's envelope, once they have been made.
  var file: String?
  /// Attempts that failed.
  let attempts: Int
  let firstAttempt: Date?
  let isQueued: Bool
}

/// A transfer about to be stored.
struct NewTransfer: Sendable {
  var participant: ParticipantID
  var kind: Transfer.Kind
  var messageRow: Int64?
  var receptionRow: Int64?
  var envelopeID: MessageID
  var conversationID: String
  var counterpart: ParticipantID
  var documentID: DocumentID
  var envelope: [UInt8]?
}

extension NewTransfer {
  /// The same envelope in another AS4 message.
  init(again former: Transfer) {
    self.init(
      participant: former.participant, kind: former.kind, messageRow: former.messageRow,
      receptionRow: former.receptionRow, envelopeID: former.envelopeID, conversationID: former.conversationID,
      counterpart: former.counterpart, documentID: former.documentID, envelope: former.envelope)
  }
}

enum TransferTable {
  /// Stores the transfer and the job that sends it.
  @discardableResult
  static func queue(_ new: NewTransfer, lane: String, now: Date, in db: Database) throws -> Int64 {
    try db.change(
      sql: """
        INSERT INTO transfer (participant, kind, messageRow, receptionRow, envelopeId, conversationId, counterpart,
          documentType, transportId, createdAt, envelope, state)
        VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, 'queued')
        """,
      arguments: [
        new.participant.comparable, new.kind.rawValue, new.messageRow, new.receptionRow, new.envelopeID.value,
        new.conversationID, new.counterpart.value, new.documentID.value, UserMessage.newMessageID(), now.milliseconds,
        new.envelope.map { Data($0) },
      ])
    let row = db.lastInsertedRowID
    try JobQueue.add(.send, subject: row, participant: new.participant, lane: lane, due: now, in: db)
    return row
  }

  static func fetch(_ row: Int64, in db: Database) throws -> Transfer? {
    try db.row(
      sql: """
        SELECT id, participant, kind, messageRow, receptionRow, envelopeId, conversationId, counterpart, documentType,
          transportId, envelope, file, attempts, firstAttemptAt, state
        FROM transfer WHERE id = ?
        """,
      arguments: [row]
    ).map(Transfer.init)
  }

  /// The bytes to send are on the disk and will not change any more.
  static func packed(_ transfer: Transfer, _ packed: PackedMessage, now: Date, in db: Database) throws {
    try db.change(
      sql: "UPDATE transfer SET file = ?, firstAttemptAt = coalesce(firstAttemptAt, ?) WHERE id = ?",
      arguments: [packed.name, now.milliseconds, transfer.row])
    try EvidenceTable.add(.userMessage, packed.soap, transfer: transfer.row, now: now, in: db)
  }

  static func failedAttempt(_ transfer: Transfer, now: Date, in db: Database) throws {
    try db.change(
      sql: "UPDATE transfer SET attempts = attempts + 1, firstAttemptAt = coalesce(firstAttemptAt, ?) WHERE id = ?",
      arguments: [now.milliseconds, transfer.row])
  }

  /// The exchange has ended; the AS4 message is no longer needed.
  static func end(_ transfer: Transfer, acknowledged: Bool, in db: Database) throws {
    try db.change(
      sql: "UPDATE transfer SET state = ? WHERE id = ? AND state = 'queued'",
      arguments: [acknowledged ? "acknowledged" : "failed", transfer.row])
    guard db.changesCount == 1 else { throw LeaseLost() }
  }

  /// The sealed message receipt that was given for the reception, if one was.
  static func receiptEnvelope(forReception row: Int64, in db: Database) throws -> Transfer? {
    try Int64.fetchOne(
      db, sql: "SELECT id FROM transfer WHERE receptionRow = ? AND kind = 'receipt' ORDER BY id LIMIT 1",
      arguments: [row]
    ).flatMap { try fetch($0, in: db) }
  }
}

extension Transfer {
  init(_ row: Row) throws {
    guard let kind = Kind(rawValue: row["kind"]), let envelopeID = MessageID(row["envelopeId"]) else {
      throw DatabaseError(message: "a transfer's row holds a word this version does not know")
    }
    self.init(
      row: row["id"], participant: try ParticipantID(row["participant"]), kind: kind, messageRow: row["messageRow"],
      receptionRow: row["receptionRow"], envelopeID: envelopeID, conversationID: row["conversationId"],
      counterpart: try ParticipantID(row["counterpart"]), documentID: DocumentID(row["documentType"]),
      transportID: row["transportId"], envelope: (row["envelope"] as Data?).map { [UInt8]($0) }, file: row["file"],
      attempts: row["attempts"], firstAttempt: (row["firstAttemptAt"] as Int64?).map(Date.init(milliseconds:)),
      isQueued: row["state"] == "queued")
  }
}

extension PackedMessage {
  /// The name of its file without the ending.
  var name: String { file.deletingPathExtension().lastPathComponent }
}
