import Foundation
import GRDB
import SDKRelay
import XMLSecurity

/// Drafts as they are stored.
///
/// - `draft`: what is being written; `content` is ``DraftContent`` as JSON, sealed with the draft's own key, which is sealed
///   with a storage key. `originRow` is the message that it answers,
///   adds to or passes on, whose mark of protection is the draft's.
/// - `draftRecipient`: `messageId` is fixed when the row is made; `sentAt` is set in the transaction that stores the message.
/// - `draftFile`: a file in the participant's message folder, which the relay's `heldFile` keeps; its name is sealed as the
///   content is.
///
/// A draft goes in the transaction that stores its last message, or when it is discarded.
enum DraftTable {
  static let schema = """
    CREATE TABLE draft (
      id INTEGER PRIMARY KEY,
      draftId TEXT NOT NULL UNIQUE COLLATE NOCASE,
      participant TEXT NOT NULL,
      mailbox TEXT NOT NULL,
      author TEXT NOT NULL REFERENCES user (id),
      version INTEGER NOT NULL,
      createdAt INTEGER NOT NULL,
      changedAt INTEGER NOT NULL,
      origin TEXT NOT NULL CHECK (origin IN ('new', 'reply', 'supplement', 'forward')),
      originRow INTEGER REFERENCES message (id),
      keyName TEXT NOT NULL,
      wrapped BLOB NOT NULL,
      content BLOB NOT NULL,
      nextFile INTEGER NOT NULL DEFAULT 1,
      CHECK ((origin = 'new') = (originRow IS NULL))
    ) STRICT;
    CREATE INDEX draftByMailbox ON draft (participant, mailbox, id);
    CREATE INDEX draftByOrigin ON draft (originRow) WHERE originRow IS NOT NULL;

    CREATE TABLE draftRecipient (
      messageId TEXT PRIMARY KEY COLLATE NOCASE,
      draftRow INTEGER NOT NULL REFERENCES draft (id),
      position INTEGER NOT NULL,
      participant TEXT NOT NULL,
      mailbox TEXT NOT NULL,
      sentAt INTEGER,
      UNIQUE (draftRow, position)
    ) STRICT;

    CREATE TABLE draftFile (
      draftRow INTEGER NOT NULL REFERENCES draft (id),
      number INTEGER NOT NULL,
      file TEXT NOT NULL,
      name BLOB NOT NULL,
      contentType TEXT NOT NULL,
      size INTEGER NOT NULL,
      sha256 TEXT NOT NULL,
      PRIMARY KEY (draftRow, number)
    ) STRICT, WITHOUT ROWID;
    """

  // MARK: Writing

  static func insert(
    _ id: MessageID, in mailbox: MailboxID, by author: UserID, _ origin: DraftOrigin, originRow: Int64?,
    _ content: DraftContent, at now: Date, in db: Database
  ) throws -> Int64 {
    let seal = DraftSeal(.random(), of: id)
    try db.change(
      sql: """
        INSERT INTO draft (draftId, participant, mailbox, author, version, createdAt, changedAt, origin, originRow, content,
          keyName, wrapped)
        VALUES (?, ?, ?, ?, 1, ?, ?, ?, ?, ?, storageKeyName(), wrapKey(?, ?))
        """,
      arguments: [
        id.value, mailbox.participant.comparable, mailbox.address.value, author.value, now.milliseconds,
        now.milliseconds, origin.name, originRow, try seal.seal(content), Data(seal.key.bytes), seal.owner,
      ])
    return db.lastInsertedRowID
  }

  static func set(_ content: DraftContent, of draft: MessageDraft, in db: Database) throws {
    let seal = try DraftSeal(ofDraft: draft.position, in: db)
    try db.change(
      sql: "UPDATE draft SET content = ? WHERE id = ?", arguments: [try seal.seal(content), draft.position])
  }

  /// The first recipient's message has the draft's id. The others' ids are made with their rows.
  static func set(_ recipients: [MailboxID], ofDraft row: Int64, _ id: MessageID, in db: Database) throws {
    try db.change(sql: "DELETE FROM draftRecipient WHERE draftRow = ?", arguments: [row])
    for (position, mailbox) in recipients.enumerated() {
      try db.change(
        sql: """
          INSERT INTO draftRecipient (messageId, draftRow, position, participant, mailbox) VALUES (?, ?, ?, ?, ?)
          """,
        arguments: [
          (position == 0 ? id : MessageID.new()).value, row, position, mailbox.participant.value,
          mailbox.address.value,
        ])
    }
  }

  static func add(
    _ held: HeldFile, name: String, contentType: String, toDraft row: Int64, in db: Database
  ) throws {
    guard
      let number = try db.row(
        sql: "UPDATE draft SET nextFile = nextFile + 1 WHERE id = ? RETURNING nextFile - 1", arguments: [row])
    else { throw DraftProblem.notFound }
    let seal = try DraftSeal(ofDraft: row, in: db)
    try db.change(
      sql: """
        INSERT INTO draftFile (draftRow, number, file, name, contentType, size, sha256) VALUES (?, ?, ?, ?, ?, ?, ?)
        """,
      arguments: [row, number[0] as Int, held.storedName, seal.seal(name), contentType, held.size, held.sha256])
  }

  static func remove(_ file: DraftFile, of draft: MessageDraft, in db: Database) throws {
    try db.change(
      sql: "DELETE FROM draftFile WHERE draftRow = ? AND number = ?", arguments: [draft.position, file.number])
  }

  static func changed(_ draft: MessageDraft, at now: Date, in db: Database) throws {
    try db.change(
      sql: "UPDATE draft SET version = version + 1, changedAt = ? WHERE id = ?",
      arguments: [now.milliseconds, draft.position])
  }

  /// The message to the recipient has been stored.
  /// - Returns: whether it was the last one.
  static func sent(_ recipient: DraftRecipient, of draft: MessageDraft, at now: Date, in db: Database) throws -> Bool {
    try db.change(
      sql: "UPDATE draftRecipient SET sentAt = ? WHERE messageId = ? AND draftRow = ? AND sentAt IS NULL",
      arguments: [now.milliseconds, recipient.messageID.value, draft.position])
    guard db.changesCount == 1 else { throw DraftProblem.notFound }
    return try db.row(
      sql: "SELECT 1 FROM draftRecipient WHERE draftRow = ? AND sentAt IS NULL", arguments: [draft.position]) == nil
  }

  static func remove(_ draft: MessageDraft, in db: Database) throws {
    for table in ["draftFile", "draftRecipient"] {
      try db.change(sql: "DELETE FROM \(table) WHERE draftRow = ?", arguments: [draft.position])
    }
    try db.change(sql: "DELETE FROM draft WHERE id = ?", arguments: [draft.position])
  }
}
