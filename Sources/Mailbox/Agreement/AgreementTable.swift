import GRDB
import SDKRelay

/// What the store remembers of the agreement that a message was sent or received under.
public struct MessageAgreement: Hashable, Sendable {
  /// The version in force then; nil for a received message that no agreement covers: an unexpected sender.
  public let agreement: AgreementReference?
  /// What the message is about; nil for a received one, which does not say so.
  public let kind: InformationKind?
  /// Why no agreement covers it.
  public let reason: AgreementPermission.Reason?
}

enum AgreementTable {
  /// The migration; one row for each message that was submitted or delivered while the node had agreements.
  static let schema = """
    CREATE TABLE messageAgreement (
      messageRow INTEGER PRIMARY KEY REFERENCES message (id),
      agreement TEXT,
      version INTEGER,
      kind TEXT,
      reason TEXT,
      CHECK ((agreement IS NULL) = (version IS NULL)),
      CHECK ((agreement IS NULL) = (reason IS NOT NULL))
    ) STRICT;
    CREATE INDEX messageAgreementByVersion ON messageAgreement (agreement, version, messageRow);
    CREATE INDEX messageAgreementUncovered ON messageAgreement (messageRow) WHERE agreement IS NULL;
    """

  static func insert(
    _ message: StoredMessage, _ permission: AgreementPermission, kind: InformationKind?, in db: Database
  ) throws {
    let (reference, reason): (AgreementReference?, AgreementPermission.Reason?) =
      switch permission {
      case .allowed(let reference): (reference, nil)
      case .refused(let refusal): (nil, refusal.reason)
      }
    try db.cachedStatement(
      sql: "INSERT INTO messageAgreement (messageRow, agreement, version, kind, reason) VALUES (?, ?, ?, ?, ?)"
    ).execute(arguments: [message.row, reference?.id, reference?.version, kind?.rawValue, reason?.rawValue])
  }

  static func fetch(_ messageRow: Int64, in db: Database) throws -> MessageAgreement? {
    try Row.fetchOne(
      db.cachedStatement(sql: "SELECT agreement, version, kind, reason FROM messageAgreement WHERE messageRow = ?"),
      arguments: [messageRow]
    ).map { row in
      let id: String? = row["agreement"]
      let version: Int? = row["version"]
      var reference: AgreementReference?
      if let id, let version { reference = AgreementReference(id: id, version: version) }
      return MessageAgreement(
        agreement: reference, kind: (row["kind"] as String?).flatMap(InformationKind.init),
        reason: (row["reason"] as String?).flatMap(AgreementPermission.Reason.init))
    }
  }
}
