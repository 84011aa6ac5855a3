public import Foundation
package import GRDB
package import SDKRelay

/// Access lists (behörighetslistor): whoever may see what is about one protected person, by name, instead of everybody who
/// holds a mailbox's grant. Rows are never removed: who could see what, and when, can be told years later.
///
/// - `accessList`: a list of an organisation. `subject` is what it is about, as a pseudonym. Numbers begin after 1, as
///   ``Audience`` is stored.
/// - `accessListPart`: what whoever sees must be on: a list itself, or, of what is about several persons, each one's (1 is
///   the mailbox's grant).
/// - `accessListMember`: who stands on it, from when and until when.
package enum AccessListTable {
  static let schema = """
    CREATE TABLE accessList (
      id INTEGER PRIMARY KEY CHECK (id > 1),
      participant TEXT NOT NULL,
      subject TEXT NOT NULL,
      UNIQUE (participant, subject)
    ) STRICT;

    CREATE TABLE accessListPart (
      list INTEGER NOT NULL REFERENCES accessList (id),
      part INTEGER NOT NULL,
      PRIMARY KEY (list, part)
    ) STRICT, WITHOUT ROWID;

    CREATE TABLE accessListMember (
      id INTEGER PRIMARY KEY,
      list INTEGER NOT NULL REFERENCES accessList (id),
      user TEXT REFERENCES user (id),
      client TEXT REFERENCES client (id),
      addedAt INTEGER NOT NULL,
      addedBy TEXT NOT NULL,
      endedAt INTEGER,
      endedBy TEXT,
      CHECK ((user IS NULL) <> (client IS NULL))
    ) STRICT;
    CREATE UNIQUE INDEX accessListMemberByUser ON accessListMember (list, user)
      WHERE user IS NOT NULL AND endedAt IS NULL;
    CREATE UNIQUE INDEX accessListMemberByClient ON accessListMember (list, client)
      WHERE client IS NOT NULL AND endedAt IS NULL;

    """

  /// The list about the subject, made where there is none.
  package static func list(about subject: String, of participant: ParticipantID, in db: Database) throws -> Int64 {
    if let row = try find(subject, participant, in: db) { return row }
    let number = try insert(subject, participant, in: db)
    try db.change(sql: "INSERT INTO accessListPart (list, part) VALUES (?1, ?1)", arguments: [number])
    return number
  }

  /// The audience of what is about all of them: whoever sees it has to be in each.
  package static func combined(
    _ audiences: Set<Audience>, of participant: ParticipantID, in db: Database
  ) throws -> Audience {
    var parts: Set<Int64> = []
    for audience in audiences {
      switch audience {
      case .mailbox: break
      case .protectedPersons: parts.insert(1)
      case .accessList(let number):
        parts.formUnion(
          try Int64.fetchAll(
            db.cachedStatement(sql: "SELECT part FROM accessListPart WHERE list = ?"), arguments: [number]))
      }
    }
    guard let first = parts.first else { return .mailbox }
    if parts.count == 1 { return first == 1 ? .protectedPersons : .accessList(first) }
    let subject = parts.sorted().map(String.init).joined(separator: "+")
    if let row = try find(subject, participant, in: db) { return .accessList(row) }
    let number = try insert(subject, participant, in: db)
    for part in parts {
      try db.change(sql: "INSERT INTO accessListPart (list, part) VALUES (?, ?)", arguments: [number, part])
    }
    return .accessList(number)
  }

  /// The audience of what is for one and has to do with what is for another. Whoever is on a list need not hold the grant
  /// besides.
  static func joined(
    _ own: Audience, _ other: Audience, of participant: ParticipantID, in db: Database
  ) throws -> Audience {
    let isNamed = own.isProtected && other == .protectedPersons
    return try combined(isNamed ? [own] : [own, other], of: participant, in: db)
  }

  /// Who stands on the list now, in the order of being added.
  package static func members(of list: Int64, in db: Database) throws -> [AccessListMember] {
    try Row.fetchAll(
      db.cachedStatement(
        sql:
          "SELECT user, client, addedAt, addedBy FROM accessListMember WHERE list = ? AND endedAt IS NULL ORDER BY id"),
      arguments: [list]
    ).map { row in
      let holder: Grant.Holder =
        if let user = row["user"] as String? { .user(try UserID(user)) } else { .client(try ClientID(row["client"])) }
      return AccessListMember(
        holder: holder, added: Date(milliseconds: row["addedAt"]), addedBy: row["addedBy"])
    }
  }

  /// - Returns: false where the holder stood on it.
  package static func add(
    _ holder: Grant.Holder, to list: Int64, by name: String, at now: Date, in db: Database
  ) throws -> Bool {
    try db.change(
      sql: """
        INSERT OR IGNORE INTO accessListMember (list, user, client, addedAt, addedBy) VALUES (?, ?, ?, ?, ?)
        """, arguments: [list, holder.user?.value, holder.client?.value, now.milliseconds, name])
    return db.changesCount == 1
  }

  /// - Returns: false where the holder did not stand on it.
  package static func end(
    _ holder: Grant.Holder, on list: Int64, by name: String, at now: Date, in db: Database
  ) throws -> Bool {
    try db.change(
      sql: """
        UPDATE accessListMember SET endedAt = ?, endedBy = ?
        WHERE list = ? AND user IS ? AND client IS ? AND endedAt IS NULL
        """, arguments: [now.milliseconds, name, list, holder.user?.value, holder.client?.value])
    return db.changesCount == 1
  }

  private static func find(_ subject: String, _ participant: ParticipantID, in db: Database) throws -> Int64? {
    try db.row(
      sql: "SELECT id FROM accessList WHERE participant = ? AND subject = ?",
      arguments: [participant.comparable, subject])?["id"]
  }

  private static func insert(_ subject: String, _ participant: ParticipantID, in db: Database) throws -> Int64 {
    try db.change(
      sql: """
        INSERT INTO accessList (id, participant, subject)
        VALUES ((SELECT coalesce(max(id), 1) + 1 FROM accessList), ?, ?)
        """, arguments: [participant.comparable, subject])
    return db.lastInsertedRowID
  }
}

/// Somebody on an access list.
public struct AccessListMember: Hashable, Sendable {
  public let holder: Grant.Holder
  public let added: Date
  /// Who put them there: `user u1`.
  public let addedBy: String
}
