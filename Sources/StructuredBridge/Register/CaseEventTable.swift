import Foundation
import GRDB
import SDKRelay
import XMLSecurity

/// The events of cases, as they were observed. A row is never changed and never goes.
///
/// `reference` is the event's id with whoever tells it, unique for organisation and counterparty. `summary` is sealed.
struct CaseEventTable {
  static let schema = """
    CREATE TABLE caseEvent (
      id INTEGER PRIMARY KEY,
      caseRow INTEGER NOT NULL REFERENCES caseRecord (id),
      participant TEXT NOT NULL,
      counterparty TEXT NOT NULL,
      kind TEXT NOT NULL,
      source TEXT NOT NULL,
      reference TEXT NOT NULL,
      occurredAt INTEGER NOT NULL,
      observedAt INTEGER NOT NULL,
      digest BLOB,
      summary BLOB NOT NULL,
      UNIQUE (participant, counterparty, reference)
    ) STRICT;
    CREATE INDEX caseEventByCase ON caseEvent (caseRow, id);
    CREATE TRIGGER caseEventKept BEFORE UPDATE ON caseEvent BEGIN SELECT raise(ABORT, 'observations are kept'); END;
    CREATE TRIGGER caseEventStays BEFORE DELETE ON caseEvent BEGIN SELECT raise(ABORT, 'observations are kept'); END;

    """

  static let classified = "ALTER TABLE caseEvent ADD COLUMN confidentiality INTEGER;"

  /// Whether any of the case's events came in a class that calls for secrecy of what is written about it.
  func isClassified(ofCase row: Int64) throws -> Bool {
    try db.row(sql: "SELECT 1 FROM caseEvent WHERE caseRow = ? AND confidentiality >= 3 LIMIT 1", arguments: [row])
      != nil
  }

  let tenant: ParticipantID
  let seal: SealKey
  let db: Database

  init(_ tenant: ParticipantID, _ key: BridgeKey, in db: Database) {
    self.tenant = tenant
    seal = key.seal(of: tenant)
    self.db = db
  }

  func insert(_ event: ObservedEvent, of row: Int64, at now: Date) throws {
    let summary = [UInt8](try JSONEncoder.stable().encode(event.summary))
    try db.change(
      sql: """
        INSERT INTO caseEvent (caseRow, participant, counterparty, kind, source, reference, occurredAt, observedAt,
          digest, summary, confidentiality)
        VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
        """,
      arguments: [
        row, tenant.comparable, event.counterparty.comparable, event.kind.rawValue, event.source.rawValue,
        event.reference, event.occurred.milliseconds, now.milliseconds, event.digest.map { Data($0) },
        Data(seal.seal(summary, binding: Self.binding(event.reference))), event.confidentiality,
      ])
  }

  /// What is known of the event with the id.
  func known(_ reference: String, with counterparty: ParticipantID) throws -> (
    caseRow: Int64, kind: String, digest: [UInt8]?, source: String, occurred: Int64
  )? {
    let row = try db.row(
      sql: """
        SELECT caseRow, kind, digest, source, occurredAt FROM caseEvent
        WHERE participant = ? AND counterparty = ? AND reference = ?
        """,
      arguments: [tenant.comparable, counterparty.comparable, reference])
    return row.map {
      ($0["caseRow"], $0["kind"], ($0["digest"] as Data?).map { [UInt8]($0) }, $0["source"], $0["occurredAt"])
    }
  }

  /// The case's events in the order in which they happened.
  func fetch(ofCase row: Int64) throws -> [CaseEvent] {
    var observed: Set<EventKind> = []
    let rows = try Row.fetchAll(
      db.cachedStatement(sql: "SELECT * FROM caseEvent WHERE caseRow = ? ORDER BY id"), arguments: [row])
    let events = try rows.map { row in
      guard let kind = EventKind(rawValue: row["kind"]), let source = FactSource(rawValue: row["source"]) else {
        throw DatabaseError(message: "an event holds a word this version does not know")
      }
      let reference: String = row["reference"]
      let plain = try seal.open([UInt8](row["summary"] as Data), binding: Self.binding(reference))
      let remarks = EventOrder.remarks(on: kind, after: observed)
      observed.insert(kind)
      return CaseEvent(
        number: row["id"], kind: kind, source: source, reference: reference,
        occurred: Date(milliseconds: row["occurredAt"]), observed: Date(milliseconds: row["observedAt"]),
        remarks: remarks, confidentiality: row["confidentiality"],
        summary: try JSONDecoder().decode([String: String].self, from: Data(plain)))
    }
    return events.sorted { ($0.occurred, $0.number) < ($1.occurred, $1.number) }
  }

  private static func binding(_ reference: String) -> [UInt8] { Array("sdk-relay case event 1\n\(reference)".utf8) }
}
