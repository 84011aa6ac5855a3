public import Foundation
import GRDB
public import SDKRelay

/// Which entries to find. All that is given has to fit.
public struct AuditFilter: Sendable {
  /// A person's identity number, whole.
  public var person: String?
  public var messageID: MessageID?
  /// The name of a user, a client or an operator's account.
  public var principal: String?
  public var from: Date?
  public var until: Date?
  /// Entries before this number: the last one of the page before.
  public var before: Int64?
  public var limit = 100

  public init() {}
}

extension MailboxService {
  /// The entries that the principal may read, newest first. That somebody searched is an entry itself.
  public func searchAudit(
    _ filter: AuditFilter, by principal: Principal, reason: String? = nil, at now: Date = .now
  ) async throws -> [AuditEntry] {
    let record = AuditRecord(
      principal, .searchAudit, messageID: filter.messageID, object: filter.principal.map { "principal \($0)" },
      persons: filter.person.map { [$0] } ?? [], reason: reason)
    let audit = audit
    return try await audited(record, at: now) { record, db in
      if case .user(let id) = principal { record.participant = try UserTable.fetch(id, in: db)?.participant }
      let reach = try Access.reach(of: principal, .readAudit, at: now, in: db)
      guard reach.isEverywhere || !reach.organisations.isEmpty || !reach.mailboxes.isEmpty else {
        throw AccessDenied(permission: .readAudit, reason: .notGranted, mayKnow: false)
      }
      return try audit.search(filter, by: principal, at: now, in: db)
    }
  }
}

extension Audit {
  func search(
    _ filter: AuditFilter, by principal: Principal, at now: Date, in db: Database
  ) throws -> [AuditEntry] {
    var conditions: [String] = []
    var arguments: StatementArguments = []
    func add(_ condition: String, _ more: StatementArguments) {
      conditions.append(condition)
      arguments += more
    }
    if let person = filter.person {
      guard AuditKey.plain(person).count == 12 else { throw AuditProblem.noIdentityNumber }
      guard try AuditHead.fetch(in: db).number > 0 else { return [] }
      let key = try loadKey(creating: false).person(person)
      add("number IN (SELECT number FROM auditPerson WHERE person = ?)", [key])
    }
    if let id = filter.messageID { add("messageId = ?", [id.comparable]) }
    if let name = filter.principal { add("principal = ?", [name]) }
    if let from = filter.from { add("at >= ?", [from.milliseconds]) }
    if let until = filter.until { add("at < ?", [until.milliseconds]) }
    if let before = filter.before { add("number < ?", [before]) }
    let access = AccessFilter(
      principal, .readAudit, at: now, participant: "auditEntry.participant", mailbox: "auditEntry.mailbox",
      isProtected: "0")
    add(access.sql, access.arguments)
    return try Row.fetchAll(
      db,
      sql: """
        SELECT \(AuditEntry.columns) FROM auditEntry WHERE \(conditions.joined(separator: " AND "))
        ORDER BY number DESC LIMIT ?
        """, arguments: arguments + [min(max(filter.limit, 1), 1_000)]
    ).map(AuditEntry.init)
  }
}

extension AuditEntry {
  static let columns = """
    number, at, principalKind, principal, action, participant, mailbox, messageId, object, persons, reason, outcome, hash
    """

  init(_ row: Row) {
    self.init(
      number: row["number"], time: Date(milliseconds: row["at"]), principalKind: row["principalKind"],
      principal: row["principal"], action: row["action"], participant: row["participant"], mailbox: row["mailbox"],
      messageID: row["messageId"], object: row["object"], persons: row["persons"], reason: row["reason"],
      outcome: row["outcome"], hash: [UInt8](row["hash"] as Data))
  }
}
