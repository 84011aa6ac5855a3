/// Users, technical clients and what they have been granted. Rows are never removed: who could see what, and when, can
/// be told years later. A grant's time is startsAt <= now < endsAt.
enum AccessSchema {
  static let first = """
    CREATE TABLE user (
      id TEXT NOT NULL PRIMARY KEY,
      name TEXT NOT NULL,
      participant TEXT NOT NULL,
      createdAt INTEGER NOT NULL,
      endedAt INTEGER
    ) STRICT;

    CREATE TABLE client (
      id TEXT NOT NULL PRIMARY KEY,
      name TEXT NOT NULL,
      participant TEXT NOT NULL,
      scopes TEXT NOT NULL,
      jwks TEXT,
      secretSha256 BLOB,
      createdAt INTEGER NOT NULL,
      revokedAt INTEGER,
      CHECK ((jwks IS NULL) <> (secretSha256 IS NULL))
    ) STRICT;

    CREATE TABLE accessGrant (
      id INTEGER PRIMARY KEY,
      user TEXT REFERENCES user (id),
      client TEXT REFERENCES client (id),
      kind TEXT NOT NULL CHECK (kind IN ('caseworker', 'mailboxAdministrator', 'systemAdministrator', 'registrar',
        'auditor', 'acting', 'protectedPersons')),
      participant TEXT NOT NULL,
      mailbox TEXT,
      startsAt INTEGER NOT NULL,
      endsAt INTEGER,
      CHECK ((user IS NULL) <> (client IS NULL)),
      CHECK ((kind = 'acting') <= (client IS NOT NULL)),
      CHECK (client IS NULL OR kind IN ('acting', 'protectedPersons')),
      CHECK (mailbox IS NOT NULL OR kind IN ('systemAdministrator', 'auditor'))
    ) STRICT;
    CREATE INDEX accessGrantByUser ON accessGrant (user, participant, mailbox) WHERE user IS NOT NULL;
    CREATE INDEX accessGrantByClient ON accessGrant (client, participant, mailbox) WHERE client IS NOT NULL;
    CREATE INDEX accessGrantByMailbox ON accessGrant (participant, mailbox);
    """
}
