import Foundation
package import GRDB
package import XMLSecurity

/// The data keys: one for each message, and for each AS4 message received, whose key becomes that of the message in it.
///
/// With a message's key its content, its attachments, its internal notes and the envelope it came in are sealed. Once the
/// key's row is gone nothing of them can be opened; the key is nowhere else, but in copies of the database that were made
/// before. SQLite overwrites what is deleted (`secure_delete`).
package enum MessageKeyTable {
  static let schema = """
    CREATE TABLE messageKey (
      id INTEGER PRIMARY KEY,
      participant TEXT NOT NULL,
      messageRow INTEGER REFERENCES message (id),
      receptionRow INTEGER REFERENCES reception (id),
      keyName TEXT NOT NULL,
      wrapped BLOB NOT NULL
    ) STRICT;
    CREATE UNIQUE INDEX messageKeyByMessage ON messageKey (messageRow) WHERE messageRow IS NOT NULL;
    CREATE UNIQUE INDEX messageKeyByReception ON messageKey (receptionRow) WHERE receptionRow IS NOT NULL;

    ALTER TABLE message ADD COLUMN sealedContent BLOB;
    CREATE INDEX messageInPlain ON message (id) WHERE sealedContent IS NULL;
    ALTER TABLE reception ADD COLUMN isSealed INTEGER NOT NULL DEFAULT 0;
    CREATE INDEX receptionInPlain ON reception (id) WHERE NOT isSealed AND file IS NOT NULL;
    """

  /// The column `dataKey` of a message's key (``KeyState``), for a query of the table `message`.
  static let columnOfMessage = column("messageRow = message.id")
  /// The same for a query of the table `reception`.
  static let columnOfReception = column("receptionRow = reception.id")

  private static func column(_ condition: String) -> String {
    "(SELECT unwrapKey(keyName, wrapped, messageKey.participant) FROM messageKey WHERE \(condition)) AS dataKey"
  }

  /// Stores a new key, sealed with the current storage key.
  package static func insert(
    _ key: SealKey, of participant: ParticipantID, message: Int64? = nil, reception: Int64? = nil, in db: Database
  ) throws {
    try db.change(
      sql: """
        INSERT INTO messageKey (participant, messageRow, receptionRow, keyName, wrapped)
        VALUES (?1, ?2, ?3, storageKeyName(), wrapKey(?4, ?1))
        """, arguments: [participant.comparable, message, reception, Data(key.bytes)])
  }

  /// Makes the key of an AS4 message received that of the message that was in it.
  /// - Returns: false where it has none.
  static func give(_ reception: Int64, to message: Int64, in db: Database) throws -> Bool {
    try db.change(
      sql: "UPDATE messageKey SET messageRow = ? WHERE receptionRow = ? AND messageRow IS NULL",
      arguments: [message, reception])
    return db.changesCount == 1
  }

  package static func state(ofMessage row: Int64, in db: Database) throws -> KeyState {
    try db.row(sql: "SELECT \(columnOfMessage) FROM message WHERE id = ?", arguments: [row]).map(KeyState.init)
      ?? .none
  }

  /// The key of a message whose key can be had or that has none yet: a former version's gets one.
  /// - Throws: ``ContentProblem/keyMissing(_:)``.
  package static func key(making message: StoredMessage, in db: Database) throws -> SealKey {
    let state = try state(ofMessage: message.row, in: db)
    if let key = state.key { return key }
    if case .closed(let name) = state { throw ContentProblem.keyMissing(name) }
    let key = SealKey.random()
    try insert(key, of: message.participant, message: message.row, in: db)
    return key
  }

  static func state(ofReception row: Int64, in db: Database) throws -> KeyState {
    try db.row(sql: "SELECT \(columnOfReception) FROM reception WHERE id = ?", arguments: [row]).map(KeyState.init)
      ?? .none
  }

  /// Destroys the message's key: its content, attachments, internal notes and, of a received one, its envelope can be
  /// opened no more. Its words have to be out of the search index before, since they cannot be told afterwards. The files
  /// and rows themselves stay until they are removed.
  package static func destroy(_ row: Int64, in db: Database) throws {
    try db.change(sql: "DELETE FROM messageKey WHERE messageRow = ?", arguments: [row])
  }

  /// Destroys the key of an AS4 message received that brought no message.
  static func destroy(ofReception row: Int64, in db: Database) throws {
    try db.change(sql: "DELETE FROM messageKey WHERE receptionRow = ? AND messageRow IS NULL", arguments: [row])
  }
}
