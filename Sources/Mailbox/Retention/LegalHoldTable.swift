import Foundation
import GRDB
import SDKRelay

/// Legal holds; a row is written when a hold is set, completed when it is lifted, and never removed.
enum LegalHoldTable {
  static let schema = """
    CREATE TABLE legalHold (
      id INTEGER PRIMARY KEY,
      participant TEXT NOT NULL,
      mailbox TEXT NOT NULL,
      messageRow INTEGER REFERENCES message (id),
      messageId TEXT COLLATE NOCASE,
      conversationId TEXT COLLATE NOCASE,
      counterparty TEXT,
      dnr TEXT COLLATE NOCASE,
      reason TEXT NOT NULL,
      setBy TEXT NOT NULL REFERENCES user (id),
      setAt INTEGER NOT NULL,
      liftedBy TEXT REFERENCES user (id),
      liftedAt INTEGER,
      liftReason TEXT,
      CHECK ((messageRow IS NOT NULL) + (conversationId IS NOT NULL) + (dnr IS NOT NULL) = 1),
      CHECK ((messageRow IS NULL) = (messageId IS NULL)),
      CHECK ((conversationId IS NULL) = (counterparty IS NULL)),
      CHECK ((liftedAt IS NULL) = (liftedBy IS NULL))
    ) STRICT;
    CREATE INDEX legalHoldInForce ON legalHold (participant) WHERE liftedAt IS NULL;
    """

  /// Whether a hold in force is on the message.
  static func isHeld(_ message: StoredMessage, in db: Database) throws -> Bool {
    let dnrs = try dnrs(of: message, in: db)
    let marks = dnrs.map { _ in "?" }.joined(separator: ", ")
    return try db.row(
      sql: """
        SELECT 1 FROM legalHold WHERE participant = ? AND liftedAt IS NULL AND (messageRow = ?
          OR (conversationId = ? AND counterparty = ? AND mailbox = ?) OR dnr IN (\(marks))) LIMIT 1
        """,
      arguments: [
        message.participant.comparable, message.row, message.conversationID.value, message.counterparty.id.comparable,
        message.ownMailbox?.value ?? "",
      ] + StatementArguments(dnrs)) != nil
  }

  /// Every dnr that the message is known by.
  private static func dnrs(of message: StoredMessage, in db: Database) throws -> [String] {
    let registered = try db.row(
      sql: """
        SELECT registerEntry.dnr AS own, handOver.dnr AS theirs
        FROM registerEntry LEFT JOIN handOver USING (messageRow) WHERE messageRow = ?
        """, arguments: [message.row])
    let references = (message.content.references + message.content.returnedReferences)
      .compactMap { RegisterProposal.dnr(in: [$0]) }
    return Set([registered?["own"], registered?["theirs"]].compactMap(\.self) + references).sorted()
  }

  static func insert(
    _ target: LegalHold.Target, _ messageRow: Int64?, in mailbox: MailboxID, _ reason: String, by user: UserID,
    at now: Date, _ db: Database
  ) throws -> LegalHold {
    var (messageID, conversation, counterparty, dnr): (String?, String?, String?, String?)
    switch target {
    case .message(let id): messageID = id.value
    case .conversation(let id, let other): (conversation, counterparty) = (id.value, other.comparable)
    case .dnr(let text): dnr = try RegisterFacts.normalizedDnr(text)
    }
    try db.change(
      sql: """
        INSERT INTO legalHold (participant, mailbox, messageRow, messageId, conversationId, counterparty, dnr, reason,
          setBy, setAt)
        VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
        """,
      arguments: [
        mailbox.participant.comparable, mailbox.address.value, messageRow, messageID, conversation, counterparty, dnr,
        IdentityNumbers.masked(in: reason), user.value, now.milliseconds,
      ])
    let number = db.lastInsertedRowID
    guard let row = try db.row(sql: "\(select) WHERE legalHold.id = ?", arguments: [number]) else {
      throw HoldProblem.notFound
    }
    return try LegalHold(row)
  }

  static func lift(_ number: Int64, _ reason: String, by user: UserID, at now: Date, in db: Database) throws {
    try db.change(
      sql: "UPDATE legalHold SET liftedBy = ?, liftedAt = ?, liftReason = ? WHERE id = ? AND liftedAt IS NULL",
      arguments: [user.value, now.milliseconds, IdentityNumbers.masked(in: reason), number])
  }

  static func fetch(
    _ number: Int64, for principal: Principal, _ permission: Permission, at now: Date, in db: Database
  ) throws -> LegalHold? {
    let access = access(principal, permission, at: now)
    return try db.row(
      sql: "\(select) WHERE legalHold.id = ? AND \(access.sql)", arguments: [number] + access.arguments
    ).map(LegalHold.init)
  }

  static func all(
    for principal: Principal, _ includingLifted: Bool, at now: Date, in db: Database
  ) throws -> [LegalHold] {
    let access = access(principal, .list, at: now)
    return try Row.fetchAll(
      db,
      sql: """
        \(select) WHERE (? OR liftedAt IS NULL) AND \(access.sql) ORDER BY legalHold.id DESC LIMIT 1000
        """, arguments: [includingLifted] + access.arguments
    ).map(LegalHold.init)
  }

  private static let select = """
    SELECT legalHold.id AS number, legalHold.participant AS place, legalHold.mailbox AS address, messageId,
      conversationId, counterparty, dnr, reason, setBy, setAt, liftedBy, liftedAt
    FROM legalHold LEFT JOIN messageRecord USING (messageRow)
    """

  /// A hold on a message is seen by whoever may see the message.
  private static func access(_ principal: Principal, _ permission: Permission, at now: Date) -> AccessFilter {
    AccessFilter(
      principal, permission, at: now, participant: "legalHold.participant", mailbox: "legalHold.mailbox",
      isProtected: "iif(legalHold.messageRow IS NULL, 0, messageRecord.isProtected)")
  }
}

extension LegalHold {
  fileprivate init(_ row: Row) throws {
    number = row["number"]
    mailbox = MailboxID(try ParticipantID(row["place"]), try FunctionalAddress(row["address"]))
    if let id = (row["messageId"] as String?).flatMap(MessageID.init) {
      target = .message(id)
    } else if let id = (row["conversationId"] as String?).flatMap(MessageID.init) {
      target = .conversation(id, counterparty: try ParticipantID(row["counterparty"]))
    } else {
      target = .dnr(row["dnr"])
    }
    reason = row["reason"]
    setBy = try UserID(row["setBy"])
    set = Date(milliseconds: row["setAt"])
    liftedBy = try (row["liftedBy"] as String?).map { try UserID($0) }
    lifted = (row["liftedAt"] as Int64?).map(Date.init(milliseconds:))
  }
}
