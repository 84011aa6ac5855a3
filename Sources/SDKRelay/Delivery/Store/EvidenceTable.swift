import Foundation
import GRDB
import XMLSecurity

/// The signed SOAP parts of the exchanges. A row is written once: what it belongs to is told by the exchange's own row.
enum EvidenceTable {
  static func add(
    _ kind: Evidence.Kind, _ soap: [UInt8], transfer: Int64? = nil, reception: Int64? = nil, now: Date,
    in db: Database
  ) throws {
    try db.change(
      sql: "INSERT INTO evidence (transferRow, receptionRow, kind, at, bytes) VALUES (?, ?, ?, ?, ?)",
      arguments: [transfer, reception, kind.rawValue, now.milliseconds, Data(soap)])
  }
}

extension Store {
  func evidence(of message: StoredMessage) throws -> [Evidence] {
    try read { db in
      let sent = try sent("messageRow = ?", [message.row], in: db)
      let received = try received("messageRow = ?", [message.row], in: db)
      return message.direction == .outgoing
        ? sent.as(.message) + received.as(.messageReceipt) : received.as(.message) + sent.as(.messageReceipt)
    }
  }

  func evidence(ofRejected id: MessageID, at participant: ParticipantID) throws -> [Evidence] {
    let rejected = "participant = ? AND envelopeId = ? AND state = 'rejected'"
    let arguments: StatementArguments = [participant.comparable, id.comparable]
    return try read { db in
      let received = try received(rejected, arguments, in: db)
      let sent = try sent("receptionRow IN (SELECT id FROM reception WHERE \(rejected))", arguments, in: db)
      return received.as(.message) + sent.as(.messageReceipt)
    }
  }

  private func sent(_ condition: String, _ arguments: StatementArguments, in db: Database) throws -> [Exchange] {
    try Row.fetchAll(
      db,
      sql:
        "SELECT id, transportId, createdAt, participant, envelope, file FROM transfer WHERE \(condition) ORDER BY id",
      arguments: arguments
    ).map { row in
      let parts = try parts("transferRow", row["id"], in: db)
      var envelope = (row["envelope"] as Data?).map { Evidence.Content.bytes([UInt8]($0)) }
      // A message's envelope is sealed when its SOAP part is signed, a message receipt's when it is queued.
      var time: Int64 = row["createdAt"]
      if envelope == nil, let sealed = try file(row), let signed = parts.first?.time {
        (envelope, time) = (sealed, signed.milliseconds)
      }
      return Exchange(
        transportID: row["transportId"], sealed: Date(milliseconds: time), envelope: envelope, parts: parts)
    }
  }

  private func received(_ condition: String, _ arguments: StatementArguments, in db: Database) throws -> [Exchange] {
    try Row.fetchAll(
      db,
      sql: """
        SELECT id, transportId, receivedAt, participant, file, isSealed, \(MessageKeyTable.columnOfReception)
        FROM reception WHERE \(condition) ORDER BY id
        """, arguments: arguments
    ).map { row in
      Exchange(
        transportID: row["transportId"], sealed: Date(milliseconds: row["receivedAt"]), envelope: try received(row),
        parts: try parts("receptionRow", row["id"], in: db))
    }
  }

  private func file(_ row: Row) throws -> Evidence.Content? {
    guard let name = row["file"] as String? else { return nil }
    return .file(StoredFile(layout.sealedFile(DataLayout.envelope(name), of: try ParticipantID(row["participant"]))))
  }

  /// A received envelope, which is gone with its key.
  private func received(_ row: Row) throws -> Evidence.Content? {
    guard let name = row["file"] as String? else { return nil }
    let participant = try ParticipantID(row["participant"])
    do throws(ContentProblem) {
      return .file(try layout.receivedEnvelope(name, of: participant, isSealed: row["isSealed"], KeyState(row)))
    } catch {
      return error == .destroyed ? nil : .closed(error)
    }
  }

  private func parts(_ column: String, _ exchange: Int64, in db: Database) throws -> [Exchange.Part] {
    try Row.fetchAll(
      db, sql: "SELECT kind, at, bytes FROM evidence WHERE \(column) = ? ORDER BY id", arguments: [exchange]
    ).map { row in
      guard let kind = Evidence.Kind(rawValue: row["kind"]) else {
        throw DatabaseError(message: "an evidence row holds a word this version does not know")
      }
      return Exchange.Part(kind: kind, time: Date(milliseconds: row["at"]), bytes: [UInt8](row["bytes"] as Data))
    }
  }
}

/// One AS4 exchange's evidence.
private struct Exchange {
  struct Part {
    let kind: Evidence.Kind
    let time: Date
    let bytes: [UInt8]
  }

  let transportID: String
  let sealed: Date
  let envelope: Evidence.Content?
  /// The SOAP parts, the message's first.
  let parts: [Part]

  /// The pieces, from the inside out, the receipt last.
  func evidence(as document: Evidence.Document) -> [Evidence] {
    let inner = envelope.map {
      Evidence(document: document, kind: .envelope, time: sealed, transportID: transportID, content: $0)
    }
    return [inner].compactMap(\.self)
      + parts.map {
        Evidence(
          document: document, kind: $0.kind, time: $0.time, transportID: transportID, content: .bytes($0.bytes))
      }
  }
}

extension [Exchange] {
  fileprivate func `as`(_ document: Evidence.Document) -> [Evidence] { flatMap { $0.evidence(as: document) } }
}
