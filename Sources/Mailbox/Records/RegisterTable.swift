import Foundation
import GRDB
import SDKRelay

/// The register (register över allmänna handlingar) of the node's mailboxes.
///
/// - `registerEntry`: one row for each message, stored with it; unregistered until somebody says more. `date` is when it
///   came in or was sent, as the register says it. It stays when the message is culled: `culledAt`, `culledRule`. `sealed`
///   is what may be personal of it (RegisterSeal.swift); a former version stored it in columns of their own.
/// - `registerStep`: every step in order; never changed.
enum RegisterTable {
  static let schema = """
    CREATE TABLE registerEntry (
      messageRow INTEGER PRIMARY KEY REFERENCES message (id),
      participant TEXT NOT NULL,
      mailbox TEXT NOT NULL,
      version INTEGER NOT NULL DEFAULT 0,
      state TEXT NOT NULL DEFAULT 'unregistered' CHECK (state IN ('unregistered', 'registered', 'cullable')),
      date INTEGER NOT NULL,
      dnr TEXT COLLATE NOCASE,
      counterparty TEXT,
      matter TEXT,
      isCounterpartySecret INTEGER NOT NULL DEFAULT 0,
      isMatterSecret INTEGER NOT NULL DEFAULT 0,
      rule TEXT,
      secrecy TEXT,
      registeredAt INTEGER,
      culledAt INTEGER,
      culledRule TEXT,
      CHECK ((state = 'registered') = (dnr IS NOT NULL)),
      CHECK ((state = 'cullable') = (rule IS NOT NULL)),
      CHECK ((culledAt IS NULL) = (culledRule IS NULL))
    ) STRICT;
    CREATE INDEX registerEntryUnregistered ON registerEntry (participant, mailbox, date)
      WHERE state = 'unregistered' AND culledAt IS NULL;
    CREATE INDEX registerEntryByDnr ON registerEntry (participant, dnr, messageRow) WHERE dnr IS NOT NULL;
    CREATE INDEX registerEntryUnculled ON registerEntry (participant, state, messageRow)
      WHERE state <> 'unregistered' AND culledAt IS NULL;

    CREATE TABLE registerStep (
      id INTEGER PRIMARY KEY,
      messageRow INTEGER NOT NULL REFERENCES message (id),
      version INTEGER NOT NULL,
      at INTEGER NOT NULL,
      by TEXT NOT NULL,
      step TEXT NOT NULL,
      dnr TEXT,
      rule TEXT,
      reason TEXT,
      UNIQUE (messageRow, version)
    ) STRICT;

    \(HandOverTable.schema)

    INSERT INTO registerEntry (messageRow, participant, mailbox, date)
      SELECT message.id, message.participant, coalesce(message.mailbox, ''), message.storedAt
      FROM message JOIN messageRecord ON messageRow = message.id;
    """

  /// The columns that ``RegisterEntry/init(_:)`` reads.
  static let columns = """
    registerEntry.version AS entryVersion, registerEntry.state AS entryState, registerEntry.date AS entryDate,
    registerEntry.messageRow AS entryRow, registerEntry.dnr, registerEntry.counterparty, registerEntry.matter,
    registerEntry.isCounterpartySecret, registerEntry.isMatterSecret, registerEntry.rule AS entryRule,
    registerEntry.secrecy, registerEntry.registeredAt, registerEntry.culledAt, registerEntry.culledRule,
    registerEntry.sealed AS entrySealed, \(SealedFacts.key) AS entryKey
    """

  /// A new message is unregistered.
  static func insert(_ message: StoredMessage, in db: Database) throws {
    try db.change(
      sql: "INSERT INTO registerEntry (messageRow, participant, mailbox, date) VALUES (?, ?, ?, ?)",
      arguments: [
        message.row, message.participant.comparable, message.ownMailbox?.value ?? "", message.stored.milliseconds,
      ])
  }

  static func entry(of message: StoredMessage, in db: Database) throws -> RegisterEntry {
    let row = try db.row(
      sql: "SELECT \(columns) FROM registerEntry WHERE messageRow = ?", arguments: [message.row])
    guard let row else { throw DatabaseError(message: "a message has no entry in the register") }
    return try RegisterEntry(row)
  }

  /// Stores the step and the entry it leads to.
  static func keep(
    _ step: RegisterStep, _ entry: RegisterEntry, of message: StoredMessage, by principal: Principal, reason: String?,
    at now: Date, in db: Database
  ) throws {
    let facts = entry.facts
    let personal = SealedFacts(
      counterparty: facts?.counterparty, matter: facts?.matter,
      secrecy: try entry.secrecy.map { try StoredSecrecy($0).text })
    let rule: String? = if case .cullable(let rule) = entry.state { rule } else { nil }
    try db.change(
      sql: """
        UPDATE registerEntry SET version = ?, state = ?, date = ?, dnr = ?, sealed = ?, counterparty = NULL,
          matter = NULL, secrecy = NULL, isCounterpartySecret = ?, isMatterSecret = ?, rule = ?, registeredAt = ?
        WHERE messageRow = ?
        """,
      arguments: [
        entry.version, entry.state.name, (facts?.date ?? message.stored).milliseconds, facts?.dnr,
        try personal.sealed(for: message.row, in: db), facts?.isCounterpartySecret ?? false,
        facts?.isMatterSecret ?? false, rule, entry.registered?.milliseconds, message.row,
      ])
    try db.change(
      sql: """
        INSERT INTO registerStep (messageRow, version, at, by, step, dnr, rule, reason)
        VALUES (?, ?, ?, ?, ?, ?, ?, ?)
        """,
      arguments: [
        message.row, entry.version, now.milliseconds, "\(principal.kind) \(principal.name)", step.name, facts?.dnr,
        rule, reason.map { String(IdentityNumbers.masked(in: $0).prefix(1_000)) },
      ])
  }

  /// What the register says stays; that its message has been culled is added.
  static func cull(_ message: StoredMessage, _ culled: StoredContent.Culled, in db: Database) throws {
    try db.change(
      sql: "UPDATE registerEntry SET culledAt = ?, culledRule = ? WHERE messageRow = ?",
      arguments: [culled.time.milliseconds, culled.rule, message.row])
  }
}

extension RegisterEntry {
  init(_ row: Row) throws {
    version = row["entryVersion"]
    let personal =
      (row["entrySealed"] as Data?).map {
        SealedFacts($0, for: row["entryRow"], KeyState(row, column: "entryKey"))
      } ?? SealedFacts(counterparty: row["counterparty"], matter: row["matter"], secrecy: row["secrecy"])
    switch row["entryState"] as String {
    case "registered":
      state = .registered(
        try RegisterFacts(
          date: Date(milliseconds: row["entryDate"]), dnr: row["dnr"], counterparty: personal.counterparty ?? "",
          matter: personal.matter ?? "", isCounterpartySecret: row["isCounterpartySecret"],
          isMatterSecret: row["isMatterSecret"]))
    case "cullable": state = .cullable(rule: row["entryRule"])
    default: state = .unregistered
    }
    secrecy = try personal.secrecy.map { try StoredSecrecy(text: $0).note }
    registered = (row["registeredAt"] as Int64?).map(Date.init(milliseconds:))
    if let rule = row["culledRule"] as String?, let time = row["culledAt"] as Int64? {
      culled = StoredContent.Culled(rule: rule, time: Date(milliseconds: time))
    }
  }
}

/// A note of secrecy as it lies in its column.
private struct StoredSecrecy: Codable {
  let provisions: [String]
  let date: String
  let by: String
  let comment: String?

  init(_ note: SecrecyNote) {
    (provisions, date, by, comment) = (note.provisions, note.date.description, note.by, note.note)
  }

  init(text: String) throws { self = try JSONDecoder().decode(Self.self, from: Data(text.utf8)) }

  var text: String { get throws { String(decoding: try JSONEncoder().encode(self), as: UTF8.self) } }

  var note: SecrecyNote {
    get throws {
      guard let day = Day(date) else { throw RegisterProblem.secrecy }
      return try SecrecyNote(provisions: provisions, date: day, by: by, note: comment)
    }
  }
}
