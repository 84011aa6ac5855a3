/// The audit trail's tables.
///
/// Entries are numbered from 1 without a gap. An entry's hash is the SHA-256 over the former entry's hash (32 zero bytes
/// before the first) and the entry's canonical bytes (`AuditEntry.canonical`). `auditHead` holds the last number, its
/// hash, and an HMAC over both. `auditPerson` finds entries by person: HMAC-SHA256 of the identity number, never the
/// number. SQLite refuses to change or remove an entry; who goes round SQLite is found by `Audit.verify`.
enum AuditSchema {
  static let first = """
    CREATE TABLE auditEntry (
      number INTEGER PRIMARY KEY,
      at INTEGER NOT NULL,
      principalKind TEXT NOT NULL,
      principal TEXT NOT NULL,
      action TEXT NOT NULL,
      participant TEXT,
      mailbox TEXT,
      messageId TEXT COLLATE NOCASE,
      object TEXT,
      persons TEXT,
      reason TEXT,
      outcome TEXT NOT NULL,
      hash BLOB NOT NULL
    ) STRICT;
    CREATE INDEX auditEntryByMessage ON auditEntry (messageId, number) WHERE messageId IS NOT NULL;
    CREATE INDEX auditEntryByPrincipal ON auditEntry (principal, number);
    CREATE INDEX auditEntryByTime ON auditEntry (at);

    CREATE TABLE auditPerson (
      person TEXT NOT NULL,
      number INTEGER NOT NULL REFERENCES auditEntry (number),
      PRIMARY KEY (person, number)
    ) STRICT, WITHOUT ROWID;

    CREATE TABLE auditHead (
      id INTEGER PRIMARY KEY CHECK (id = 1),
      number INTEGER NOT NULL,
      hash BLOB NOT NULL,
      seal BLOB NOT NULL
    ) STRICT;
    INSERT INTO auditHead (id, number, hash, seal) VALUES (1, 0, zeroblob(32), zeroblob(32));

    CREATE TRIGGER auditEntryOrder BEFORE INSERT ON auditEntry
      WHEN NEW.number IS NOT (SELECT number + 1 FROM auditHead)
      BEGIN SELECT RAISE(ABORT, 'an audit entry comes after the last one'); END;
    CREATE TRIGGER auditEntryUpdate BEFORE UPDATE ON auditEntry
      BEGIN SELECT RAISE(ABORT, 'an audit entry is never changed'); END;
    CREATE TRIGGER auditEntryDelete BEFORE DELETE ON auditEntry
      BEGIN SELECT RAISE(ABORT, 'an audit entry is never removed'); END;
    CREATE TRIGGER auditPersonUpdate BEFORE UPDATE ON auditPerson
      BEGIN SELECT RAISE(ABORT, 'an audit entry is never changed'); END;
    CREATE TRIGGER auditPersonDelete BEFORE DELETE ON auditPerson
      BEGIN SELECT RAISE(ABORT, 'an audit entry is never removed'); END;
    CREATE TRIGGER auditHeadDelete BEFORE DELETE ON auditHead
      BEGIN SELECT RAISE(ABORT, 'the audit trail keeps its head'); END;
    """
}
