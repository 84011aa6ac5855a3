import Foundation
import GRDB
import SDKRelay

extension DraftTable {
  /// The draft, if the principal may send from its mailbox, and what it has to do with besides.
  static func fetch(
    _ id: MessageID, for principal: Principal, at now: Date, in db: Database
  ) throws -> (draft: MessageDraft, audience: Audience) {
    guard case .user = principal else { throw DraftProblem.usersOnly }
    let access = AccessFilter(draft: principal, at: now)
    let row = try Row.fetchOne(
      db.cachedStatement(sql: "\(query) WHERE draftId = ? AND \(access.sql)"),
      arguments: [id.value] + access.arguments)
    guard let row else { throw DraftProblem.notFound }
    return (try draft(row, in: db), row["isProtected"])
  }

  /// Within what `query` narrows to and the principal may send from. A draft whose key is not in the settings is left out.
  static func fetch(
    _ query: DraftQuery, unchangedSince: Date?, for principal: Principal, at now: Date, in db: Database
  ) throws -> [MessageDraft] {
    let access = AccessFilter(draft: principal, at: now)
    return try Row.fetchAll(
      db.cachedStatement(
        sql: """
          \(Self.query) WHERE draft.id < ? AND (? IS NULL OR (draft.participant = ? AND draft.mailbox = ?))
            AND (? IS NULL OR author = ?) AND (? IS NULL OR changedAt < ?) AND \(access.sql)
          ORDER BY draft.id DESC LIMIT ?
          """),
      arguments: [
        query.before ?? .max, query.mailbox?.address.value, query.mailbox?.participant.comparable,
        query.mailbox?.address.value, query.author?.value, query.author?.value, unchangedSince?.milliseconds,
        unchangedSince?.milliseconds,
      ] + access.arguments + [min(max(query.limit, 1), 1_000)]
    ).compactMap { row in
      do {
        return try draft(row, in: db)
      } catch is ContentProblem {
        return nil
      }
    }
  }

  static func count(in mailbox: MailboxID, _ db: Database) throws -> Int {
    try db.row(
      sql: "SELECT count(*) FROM draft WHERE participant = ? AND mailbox = ?",
      arguments: [mailbox.participant.comparable, mailbox.address.value]
    ).map { $0[0] } ?? 0
  }

  /// What the attachments of the mailbox's drafts take, in bytes.
  static func size(in mailbox: MailboxID, _ db: Database) throws -> Int {
    try db.row(
      sql: """
        SELECT coalesce(sum(size), 0) FROM draft JOIN draftFile ON draftRow = draft.id
        WHERE participant = ? AND mailbox = ?
        """, arguments: [mailbox.participant.comparable, mailbox.address.value]
    ).map { $0[0] } ?? 0
  }

  /// The message that the draft answers, adds to or passes on.
  static func origin(of draft: MessageDraft, in db: Database) throws -> StoredMessage? {
    try db.row(
      sql: """
        SELECT \(StoredMessage.columns) FROM message WHERE message.id = (SELECT originRow FROM draft WHERE id = ?)
        """, arguments: [draft.position]
    ).map(StoredMessage.init)
  }

  private static let query = """
    SELECT draft.id, draftId, draft.participant, draft.mailbox, author, version, draft.createdAt, changedAt, origin,
      messageId, draft.content, \(AccessFilter.draftIsProtected) AS isProtected
    FROM draft LEFT JOIN message ON message.id = originRow LEFT JOIN messageRecord ON messageRow = originRow
    """

  private static func draft(_ row: Row, in db: Database) throws -> MessageDraft {
    let number: Int64 = row["id"]
    guard let id = MessageID(row["draftId"]) else { throw DatabaseError(message: "a draft's id is none") }
    let seal = try DraftSeal(ofDraft: number, in: db)
    return MessageDraft(
      id: id, mailbox: MailboxID(try ParticipantID(row["participant"]), try FunctionalAddress(row["mailbox"])),
      author: try UserID(row["author"]), version: row["version"], created: Date(milliseconds: row["createdAt"]),
      changed: Date(milliseconds: row["changedAt"]), origin: try origin(row),
      content: try seal.content(row["content"]), recipients: try recipients(number, in: db),
      files: try files(number, seal, in: db), position: number)
  }

  private static func origin(_ row: Row) throws -> DraftOrigin {
    let message = (row["messageId"] as String?).flatMap(MessageID.init)
    switch (row["origin"] as String, message) {
    case ("new", _): return .new
    case ("reply", let id?): return .reply(id)
    case ("supplement", let id?): return .supplement(id)
    case ("forward", let id?): return .forward(id)
    default: throw DatabaseError(message: "a draft's row holds a word this version does not know")
    }
  }

  private static func recipients(_ draft: Int64, in db: Database) throws -> [DraftRecipient] {
    try Row.fetchAll(
      db.cachedStatement(
        sql: """
          SELECT messageId, participant, mailbox, sentAt FROM draftRecipient WHERE draftRow = ? ORDER BY position
          """), arguments: [draft]
    ).map { row in
      guard let id = MessageID(row["messageId"]) else { throw DatabaseError(message: "a recipient's id is none") }
      let mailbox = MailboxID(try ParticipantID(row["participant"]), try FunctionalAddress(row["mailbox"]))
      return DraftRecipient(mailbox: mailbox, messageID: id, isSent: row["sentAt"] != nil)
    }
  }

  private static func files(_ draft: Int64, _ seal: DraftSeal, in db: Database) throws -> [DraftFile] {
    try Row.fetchAll(
      db.cachedStatement(
        sql: """
          SELECT number, file, name, contentType, size, sha256 FROM draftFile WHERE draftRow = ? ORDER BY number
          """), arguments: [draft]
    ).map { row in
      DraftFile(
        number: row["number"], name: try seal.fileName(row["name"]), contentType: row["contentType"],
        held: HeldFile(storedName: row["file"], size: row["size"], sha256: row["sha256"]))
    }
  }
}

extension AccessFilter {
  /// A draft is about a protected person when the message is that it has to do with.
  fileprivate static let draftIsProtected = "iif(draft.originRow IS NULL, 0, coalesce(messageRecord.isProtected, 1))"

  /// What of the tables `draft` and `messageRecord` may be worked at.
  fileprivate init(draft principal: Principal, at now: Date) {
    guard case .user = principal else {
      self.init(sql: "0", arguments: [])
      return
    }
    self.init(
      principal, .send, at: now, participant: "draft.participant", mailbox: "draft.mailbox",
      isProtected: Self.draftIsProtected)
  }
}
