public import Foundation
public import GRDB
import SDKRelay
import Synchronization
import XMLSecurity

/// The audit trail (logg över åtkomst): who did what to which message and why, append-only and hash-chained.
///
/// Files beside the database: `audit.key`, made at first use, and `audit.head`. A backup takes `audit.head` before the
/// database, so that the head in it is never before the trail.
public final class Audit: Sendable {
  let head: AuditHeadFile
  private let keyFile: URL
  private let key = Mutex<AuditKey?>(nil)

  /// - Parameters:
  ///   - folder: the node's data folder.
  ///   - keyFile: another place for the key than the folder.
  public init(folder: URL, keyFile: URL? = nil) {
    head = AuditHeadFile(folder.appending(path: "audit.head"))
    self.keyFile = keyFile ?? folder.appending(path: "audit.key")
  }

  /// Writes an entry in the transaction of what it tells of: both are there or neither.
  public func append(
    _ record: AuditRecord, _ outcome: AuditOutcome = .done, at now: Date, in db: Database
  ) throws {
    let last = try AuditHead.fetch(in: db)
    let key = try loadKey(creating: last.number == 0)
    if last.number == 0 { try head.begin() }
    let persons = Set(record.persons.map(key.person)).sorted()
    let number = last.number + 1
    let fields: [String?] = [
      record.principal.kind, record.principal.name, record.action.rawValue, record.participant?.comparable,
      record.mailbox?.value, record.messageID?.comparable, record.object.map(Self.keptName),
      persons.isEmpty ? nil : persons.joined(separator: " "), record.reason.map(Self.kept), outcome.rawValue,
    ]
    let hash = digest(.sha256, of: last.hash + AuditEntry.canonical(number, now.milliseconds, fields))
    try db.change(
      sql: """
        INSERT INTO auditEntry (number, at, principalKind, principal, action, participant, mailbox, messageId, object,
          persons, reason, outcome, hash)
        VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
        """,
      arguments: [number, now.milliseconds] + StatementArguments(fields) + [Data(hash)])
    for person in persons {
      try db.change(sql: "INSERT INTO auditPerson (person, number) VALUES (?, ?)", arguments: [person, number])
    }
    try db.change(
      sql: "UPDATE auditHead SET number = ?, hash = ?, seal = ?",
      arguments: [number, Data(hash), Data(key.seal(number, hash))])
    db.afterNextTransaction { [head] db in
      if let end = try? AuditHead.fetch(in: db) { head.advance(to: end) }
    }
  }

  func loadKey(creating: Bool) throws -> AuditKey {
    try key.withLock { key in
      if let key { return key }
      let loaded = try AuditKey.load(keyFile, creating: creating)
      key = loaded
      return loaded
    }
  }

  /// Ids and codes as they are kept: a long id may look like a number by chance, and has to be found again.
  private static func keptName(_ text: String) -> String {
    String(IdentityNumbers.maskedWhereCertain(in: text).prefix(1_000))
  }

  /// Free text as it is kept: without identity numbers, and no longer than a paragraph.
  private static func kept(_ text: String) -> String {
    String(IdentityNumbers.masked(in: text).prefix(1_000))
  }
}
