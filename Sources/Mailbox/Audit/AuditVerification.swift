import Foundation
public import GRDB
import SDKRelay
import XMLSecurity

/// What a look at the whole trail has found.
public struct AuditVerification: Hashable, Sendable {
  /// The first thing that is wrong.
  public struct Break: Hashable, Sendable {
    /// The entry where it shows.
    public let number: Int64
    public let reason: String
  }

  /// How many entries hold, from the first on.
  public let entries: Int64
  /// The last of them's hash in hexadecimal: with the number, what to keep elsewhere and compare later.
  public let hash: String
  /// How many of the last entries the head's file does not cover yet; more than a few only after a crash.
  public let uncovered: Int64
  public let firstBreak: Break?

  public var isWhole: Bool { firstBreak == nil }
}

/// The trail's end as somebody has taken it down elsewhere: `NUMBER:HASH`.
public struct AuditMark: Hashable, Sendable {
  public let number: Int64
  let hash: [UInt8]

  public init?(_ text: String) {
    let parts = text.split(separator: ":", omittingEmptySubsequences: false)
    guard parts.count == 2, let number = Int64(parts[0]), number > 0, let hash = AuditHeadFile.bytes(String(parts[1]))
    else { return nil }
    self.number = number
    self.hash = hash
  }
}

extension MailboxService {
  /// Goes through the whole trail and compares its end with the head in the database, the head's file, and a mark that
  /// was kept elsewhere.
  public func verifyAudit(mark: AuditMark? = nil) throws -> AuditVerification {
    try audit.verify(mark: mark) { try relay.read($0) }
  }
}

extension Audit {
  /// - Parameter read: reads the database in one state of it. The head's file is looked at first, since entries come.
  func verify(
    mark: AuditMark? = nil, read: ((Database) throws -> AuditVerification) throws -> AuditVerification
  ) throws -> AuditVerification {
    let file = head.read()
    return try read { db in try verify(file, mark, in: db) }
  }

  private func verify(_ file: AuditHead?, _ mark: AuditMark?, in db: Database) throws -> AuditVerification {
    var chain = Chain()
    let rows = try Row.fetchCursor(db, sql: "SELECT \(AuditEntry.columns) FROM auditEntry ORDER BY number")
    let end = try AuditHead.fetch(in: db)
    let marks = [
      file.map { (number: $0.number, hash: $0.hash, name: "the head's file, audit.head,") },
      mark.map { (number: $0.number, hash: $0.hash, name: "the mark kept elsewhere") },
    ].compactMap(\.self)
    while let row = try rows.next() {
      let entry = AuditEntry(row)
      if let reason = try chain.problem(with: entry, in: db) { return chain.broken(at: entry.number, reason) }
      chain.take(entry)
      for mark in marks where mark.number == entry.number && mark.hash != entry.hash {
        return chain.broken(at: entry.number, "it is another entry than the one \(mark.name) has")
      }
    }
    let next = chain.count + 1
    if end.number != chain.count || end.hash != chain.hash {
      return chain.broken(at: next, "the head ends with entry \(end.number), the entries with \(chain.count)")
    }
    if let mark = marks.first(where: { $0.number > chain.count }) {
      return chain.broken(at: next, "\(mark.name) knows \(mark.number) entries, and \(chain.count) are there")
    }
    if let loose = try Int64.fetchOne(
      db, sql: "SELECT number FROM auditPerson WHERE number > ? LIMIT 1", arguments: [chain.count])
    {
      return chain.broken(at: loose, "the index of persons names an entry that is not there")
    }
    guard chain.count > 0 else { return chain.verification(uncovered: 0) }
    let key = try loadKey(creating: false)
    guard end.isSealed(by: key) else {
      return chain.broken(at: chain.count, "the head is not sealed with the audit key")
    }
    guard let file else {
      return chain.broken(at: chain.count, "the head's file, audit.head, is missing or unreadable")
    }
    guard file.isSealed(by: key) else {
      return chain.broken(at: file.number, "the head's file, audit.head, is not sealed with the audit key")
    }
    return chain.verification(uncovered: chain.count - file.number)
  }
}

/// The entries that hold so far.
private struct Chain {
  private(set) var count: Int64 = 0
  private(set) var hash = AuditHead.empty.hash

  func problem(with entry: AuditEntry, in db: Database) throws -> String? {
    guard entry.number == count + 1 else { return "entry \(count + 1) is missing before it" }
    guard entry.hash == entry.expectedHash(after: hash) else {
      return "it was changed, or does not follow the one before"
    }
    let persons = try String.fetchAll(
      db.cachedStatement(sql: "SELECT person FROM auditPerson WHERE number = ? ORDER BY person"),
      arguments: [entry.number])
    guard persons.joined(separator: " ") == entry.persons ?? "" else { return "the index of persons was changed" }
    return nil
  }

  mutating func take(_ entry: AuditEntry) {
    count = entry.number
    hash = entry.hash
  }

  func verification(uncovered: Int64, _ firstBreak: AuditVerification.Break? = nil) -> AuditVerification {
    AuditVerification(entries: count, hash: Hexadecimal.encode(hash), uncovered: uncovered, firstBreak: firstBreak)
  }

  func broken(at number: Int64, _ reason: String) -> AuditVerification {
    verification(uncovered: 0, .init(number: number, reason: reason))
  }
}
