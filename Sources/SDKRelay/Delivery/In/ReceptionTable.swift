import Foundation
import GRDB
import XMLSecurity

/// A received AS4 message, as it is stored before its receipt leaves.
struct NewReception: Sendable {
  var participant: ParticipantID
  /// The common name of the sending access point's certificate.
  var accessPoint: String
  var message: UserMessage
  var sender: ParticipantID
  var referencesSha256: [UInt8]
  /// The signed SOAP part.
  var soap: [UInt8]
  /// The signed receipt given for it.
  var receipt: [UInt8]
  var file: String
  var size: Int
  var payloadSha256: [UInt8]
  /// What its file is sealed with.
  var key: SealKey
}

/// A reception being opened.
struct Reception: Sendable {
  let row: Int64
  let participant: ParticipantID
  let accessPoint: String
  let transportID: String
  let receivedAt: Date
  let sender: ParticipantID
  let service: String
  let action: String
  let conversationID: String
  let file: String?
  let size: Int
  let payloadSha256: [UInt8]
  let state: String
  /// Whether its file is sealed; a former version's are not.
  let isSealed: Bool
  let key: KeyState

  /// Its sealed envelope, sealed once more with the data key. Nil where it has none any more.
  /// - Throws: ``ContentProblem`` where the key cannot be had.
  func envelope(_ layout: DataLayout) throws(ContentProblem) -> StoredFile? {
    guard let file else { return nil }
    return try layout.receivedEnvelope(file, of: participant, isSealed: isSealed, key)
  }
}

/// What happened to a received message in the end.
enum ReceptionState: String, Sendable {
  case received, delivered, rejected, refused, setAside

  /// Whether its sealed envelope stays: as evidence, or for an operator.
  var keepsEnvelope: Bool { self != .refused }
}

enum ReceptionTable {
  /// The stored receipt for the message id, with the digest of what it acknowledges; nil when the id is new.
  static func receipt(
    accessPoint: String, transportID: String, in db: Database
  ) throws -> (referencesSha256: [UInt8], receipt: [UInt8])? {
    let row = try db.row(
      sql: """
        SELECT referencesSha256, bytes FROM reception
        JOIN evidence ON receptionRow = reception.id AND kind = 'transportReceipt'
        WHERE accessPoint = ? AND transportId = ?
        """,
      arguments: [accessPoint, transportID])
    return row.map { ([UInt8]($0[0] as Data), [UInt8]($0[1] as Data)) }
  }

  /// Stores the message with both signed SOAP parts of its exchange. Throws a constraint error when the id has been
  /// taken meanwhile: the unique index is the judge (Q1).
  static func insert(_ new: NewReception, now: Date, in db: Database) throws -> Int64 {
    try db.change(
      sql: """
        INSERT INTO reception (participant, accessPoint, transportId, referencesSha256, receivedAt, sender,
          service, action, conversationId, file, size, payloadSha256, state, isSealed)
        VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, 'received', TRUE)
        """,
      arguments: [
        new.participant.comparable, new.accessPoint, new.message.messageID, Data(new.referencesSha256),
        now.milliseconds, new.sender.comparable, new.message.service.value, new.message.action,
        new.message.conversationID, new.file, new.size, Data(new.payloadSha256),
      ])
    let row = db.lastInsertedRowID
    try MessageKeyTable.insert(new.key, of: new.participant, reception: row, in: db)
    try EvidenceTable.add(.userMessage, new.soap, reception: row, now: now, in: db)
    try EvidenceTable.add(.transportReceipt, new.receipt, reception: row, now: now, in: db)
    return row
  }

  static func fetch(_ row: Int64, in db: Database) throws -> Reception? {
    try db.row(
      sql: """
        SELECT id, participant, accessPoint, transportId, receivedAt, sender, service, action, conversationId, file,
          size, payloadSha256, state, isSealed, \(MessageKeyTable.columnOfReception)
        FROM reception WHERE id = ?
        """,
      arguments: [row]
    ).map(Reception.init)
  }

  /// The message has been dealt with.
  ///
  /// The envelope of a message that has been culled and comes again is not kept.
  /// - Parameter messageRow: the message it brought, or the one that its message receipt is about.
  static func end(
    _ reception: Reception, _ state: ReceptionState, envelopeID: MessageID? = nil, messageRow: Int64? = nil,
    in db: Database
  ) throws {
    var keepsEnvelope = state.keepsEnvelope
    if state == .rejected, let envelopeID, try Erasure.isCulled(envelopeID, in: reception, db) { keepsEnvelope = false }
    try db.change(
      sql: """
        UPDATE reception SET state = ?, envelopeId = coalesce(?, envelopeId), messageRow = ?, file = iif(?, file, NULL)
        WHERE id = ?
        """,
      arguments: [state.rawValue, envelopeID?.comparable, messageRow, keepsEnvelope, reception.row])
    if !keepsEnvelope { try MessageKeyTable.destroy(ofReception: reception.row, in: db) }
  }
}

extension Reception {
  init(_ row: Row) throws {
    self.init(
      row: row["id"], participant: try ParticipantID(row["participant"]), accessPoint: row["accessPoint"],
      transportID: row["transportId"], receivedAt: Date(milliseconds: row["receivedAt"]),
      sender: try ParticipantID(row["sender"]), service: row["service"], action: row["action"],
      conversationID: row["conversationId"], file: row["file"], size: row["size"],
      payloadSha256: [UInt8](row["payloadSha256"] as Data), state: row["state"], isSealed: row["isSealed"],
      key: KeyState(row))
  }
}
