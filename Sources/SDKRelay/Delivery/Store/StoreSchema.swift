import GRDB

/// The tables. Migrations are never edited once released; a change is a new migration.
///
/// Times are whole milliseconds since 1970. Participants stand in lower case, as they compare. File names are names in
/// the participant's folders (DataLayout.swift), generated here; those of sealed files without their endings.
///
/// - `message`: what a participant sent or received; one row for each (messageId, participant, direction).
///   `sealedContent` is what it says (ContentSeal.swift); a former version stored it as `content`, in plain.
/// - `messageKey`: the data keys that content and files are sealed with, themselves sealed (MessageKeyTable.swift).
/// - `attachment`: the file of an attachment, and the message whose content names it.
/// - `transfer`: an AS4 message to send, carrying a message or a message receipt, and then a record of it. `file` names
///   its AS4 message, which never changes and goes when the exchange ends, and a message's sealed envelope, which stays;
///   `envelope` is a message receipt's.
/// - `reception`: an AS4 message received and signed for; unique by (sending access point, AS4 id) with the digest of
///   its signed references. `file` names its sealed envelope, itself sealed with its key where
///   `isSealed`; `messageRow` is the message in it, or the one that the
///   message receipt in it is about. A refused one loses its file, and goes after the duplicate window.
/// - `job`: work to be done: one row for one thing to do, gone when it is done. `attempts` counts starts without a
///   known end and is committed before the work: a job that takes the process down three times is set aside. `problem`
///   says what was in the way the last time.
/// - `event`: what happened, in order; never changed.
/// - `evidence`: the signed SOAP parts of an exchange, byte for byte: the AS4 message and its receipt. With the sealed
///   envelope they are the proof of it.
/// - `seenKey`: SHA-256 of each EncryptedKey value with the envelope it came in (threats.md E2).
/// - `decryptionFailure`: undecryptable messages by sender (threats.md E4).
/// - `setAside`: what an operator has to look at, with its reason.
/// - `heldFile`: a file in the message folder that is no message's yet: what stands behind the relay keeps it.
/// - `messageCount`, `probe`: see MessageCountTable.swift.
/// - `quarantinedFile`: an attachment of a rejected message in which malware was found; gone when it has been dismissed.
enum StoreSchema {
  /// The relay's own migrations, and those of what stands behind it. Each room's begin with its name.
  static func migrator(_ inbox: (any Inbox)?) -> DatabaseMigrator {
    var migrator = DatabaseMigrator()
    for (name, sql) in migrations {
      migrator.registerMigration("relay \(name)") { db in
        try db.execute(sql: sql)
        KillPoint.reached(.migrating)
      }
    }
    inbox?.register(in: &migrator)
    return migrator
  }

  // One entry a line.
  private static let migrations: [(name: String, sql: String)] = [
    ("1 first tables", first),
    ("2 quarantined files", quarantine),
    ("3 sealed content", MessageKeyTable.schema),
    ("5 held files", heldFiles),
    ("12 counts", MessageCountTable.schema),
  ]

  /// Whether a newer version of the program has written the database. Tables of a room that is not here do not count:
  /// they stay as they are.
  static func isNewer(_ db: Database, than migrator: DatabaseMigrator, _ inbox: (any Inbox)?) throws -> Bool {
    let rooms = ["relay "] + (inbox?.schemas ?? []).map { "\($0) " }
    let unknown = try migrator.appliedIdentifiers(db).subtracting(migrator.migrations)
    return unknown.contains { name in rooms.contains { name.hasPrefix($0) } }
  }

  private static let quarantine = """
    CREATE TABLE quarantinedFile (
      participant TEXT NOT NULL,
      file TEXT NOT NULL,
      receptionRow INTEGER NOT NULL REFERENCES reception (id),
      PRIMARY KEY (participant, file)
    ) STRICT, WITHOUT ROWID;
    CREATE INDEX quarantinedFileByReception ON quarantinedFile (receptionRow);
    """

  private static let heldFiles = """
    CREATE TABLE heldFile (
      participant TEXT NOT NULL,
      file TEXT NOT NULL,
      keyName TEXT NOT NULL,
      wrapped BLOB NOT NULL,
      PRIMARY KEY (participant, file)
    ) STRICT, WITHOUT ROWID;
    """

  private static let first = """
    CREATE TABLE message (
      id INTEGER PRIMARY KEY,
      participant TEXT NOT NULL,
      direction TEXT NOT NULL CHECK (direction IN ('out', 'in')),
      messageId TEXT NOT NULL COLLATE NOCASE,
      status TEXT NOT NULL,
      createdAt INTEGER NOT NULL,
      storedAt INTEGER NOT NULL,
      conversationId TEXT NOT NULL COLLATE NOCASE,
      refToMessageId TEXT COLLATE NOCASE,
      mailbox TEXT,
      sender TEXT NOT NULL,
      recipient TEXT NOT NULL,
      content TEXT NOT NULL,
      envelopeSha256 BLOB,
      acknowledgedAt INTEGER,
      hasAlarmed INTEGER NOT NULL DEFAULT 0,
      UNIQUE (messageId, participant, direction)
    ) STRICT;
    CREATE INDEX messageByTime ON message (participant, id);
    CREATE INDEX messageByStatus ON message (participant, mailbox, status, id);
    CREATE INDEX messageByMailbox ON message (participant, mailbox, id);

    CREATE TABLE attachment (
      participant TEXT NOT NULL,
      file TEXT NOT NULL,
      messageRow INTEGER NOT NULL REFERENCES message (id),
      PRIMARY KEY (participant, file)
    ) STRICT, WITHOUT ROWID;

    CREATE TABLE reception (
      id INTEGER PRIMARY KEY,
      participant TEXT NOT NULL,
      accessPoint TEXT NOT NULL,
      transportId TEXT NOT NULL,
      referencesSha256 BLOB NOT NULL,
      receivedAt INTEGER NOT NULL,
      sender TEXT NOT NULL,
      service TEXT NOT NULL,
      action TEXT NOT NULL,
      conversationId TEXT NOT NULL,
      file TEXT,
      size INTEGER NOT NULL,
      payloadSha256 BLOB NOT NULL,
      state TEXT NOT NULL CHECK (state IN ('received', 'delivered', 'rejected', 'refused', 'setAside')),
      envelopeId TEXT COLLATE NOCASE,
      messageRow INTEGER REFERENCES message (id),
      UNIQUE (accessPoint, transportId)
    ) STRICT;
    CREATE INDEX receptionByEnvelope ON reception (participant, envelopeId) WHERE envelopeId IS NOT NULL;
    CREATE INDEX receptionByFile ON reception (participant, file) WHERE file IS NOT NULL;
    CREATE INDEX receptionByMessage ON reception (messageRow) WHERE messageRow IS NOT NULL;
    CREATE INDEX receptionRefused ON reception (receivedAt) WHERE state = 'refused';

    CREATE TABLE transfer (
      id INTEGER PRIMARY KEY,
      participant TEXT NOT NULL,
      kind TEXT NOT NULL CHECK (kind IN ('message', 'receipt')),
      messageRow INTEGER REFERENCES message (id),
      receptionRow INTEGER REFERENCES reception (id),
      envelopeId TEXT NOT NULL COLLATE NOCASE,
      conversationId TEXT NOT NULL,
      counterpart TEXT NOT NULL,
      documentType TEXT NOT NULL,
      transportId TEXT NOT NULL UNIQUE,
      createdAt INTEGER NOT NULL,
      envelope BLOB,
      file TEXT,
      attempts INTEGER NOT NULL DEFAULT 0,
      firstAttemptAt INTEGER,
      state TEXT NOT NULL CHECK (state IN ('queued', 'acknowledged', 'failed'))
    ) STRICT;
    CREATE INDEX transferByMessage ON transfer (messageRow) WHERE messageRow IS NOT NULL;
    CREATE INDEX transferByReception ON transfer (receptionRow) WHERE receptionRow IS NOT NULL;
    CREATE INDEX transferByFile ON transfer (participant, file) WHERE file IS NOT NULL;

    CREATE TABLE job (
      id INTEGER PRIMARY KEY,
      participant TEXT NOT NULL,
      kind TEXT NOT NULL CHECK (kind IN ('send', 'open', 'receiptClock')),
      subject INTEGER NOT NULL,
      lane TEXT NOT NULL,
      dueAt INTEGER NOT NULL,
      attempts INTEGER NOT NULL DEFAULT 0,
      leasedBy TEXT,
      problem TEXT,
      UNIQUE (kind, subject)
    ) STRICT;
    CREATE INDEX jobDue ON job (lane, dueAt, id) WHERE leasedBy IS NULL;
    CREATE INDEX jobLeased ON job (leasedBy) WHERE leasedBy IS NOT NULL;

    CREATE TABLE event (
      id INTEGER PRIMARY KEY AUTOINCREMENT,
      at INTEGER NOT NULL,
      participant TEXT,
      messageId TEXT COLLATE NOCASE,
      transportId TEXT,
      status TEXT,
      text TEXT NOT NULL,
      isAlarm INTEGER NOT NULL DEFAULT 0
    ) STRICT;
    CREATE INDEX eventAlarm ON event (id) WHERE isAlarm;
    CREATE INDEX eventByMessage ON event (participant, messageId, id) WHERE messageId IS NOT NULL;

    CREATE TABLE evidence (
      id INTEGER PRIMARY KEY,
      transferRow INTEGER REFERENCES transfer (id),
      receptionRow INTEGER REFERENCES reception (id),
      kind TEXT NOT NULL CHECK (kind IN ('userMessage', 'transportReceipt')),
      at INTEGER NOT NULL,
      bytes BLOB NOT NULL,
      CHECK ((transferRow IS NULL) <> (receptionRow IS NULL))
    ) STRICT;
    CREATE INDEX evidenceByTransfer ON evidence (transferRow) WHERE transferRow IS NOT NULL;
    CREATE INDEX evidenceByReception ON evidence (receptionRow) WHERE receptionRow IS NOT NULL;

    CREATE TABLE seenKey (
      participant TEXT NOT NULL,
      keySha256 BLOB NOT NULL,
      envelopeSha256 BLOB NOT NULL,
      at INTEGER NOT NULL,
      PRIMARY KEY (participant, keySha256)
    ) STRICT, WITHOUT ROWID;

    CREATE TABLE decryptionFailure (
      id INTEGER PRIMARY KEY,
      participant TEXT NOT NULL,
      sender TEXT NOT NULL,
      at INTEGER NOT NULL
    ) STRICT;
    CREATE INDEX decryptionFailureBySender ON decryptionFailure (participant, sender, at);

    CREATE TABLE setAside (
      id INTEGER PRIMARY KEY,
      participant TEXT NOT NULL,
      at INTEGER NOT NULL,
      kind TEXT NOT NULL,
      subject INTEGER NOT NULL,
      reason TEXT NOT NULL
    ) STRICT;
    """
}
