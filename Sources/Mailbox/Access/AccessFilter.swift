public import Foundation
public import GRDB
import SDKRelay

/// A condition for a query's `WHERE` that lets through what a principal may see now, and nothing else.
///
/// ```swift
/// let filter = AccessFilter(principal, .list, at: now, participant: "message.participant", mailbox: "message.mailbox",
///   isProtected: "message.isProtected")
/// "SELECT … FROM message WHERE \(filter.sql) AND …", arguments: filter.arguments + […]
/// ```
public struct AccessFilter: Sendable {
  public let sql: String
  public let arguments: StatementArguments

  /// - Parameters:
  ///   - participant: the SQL expression of the organisation, in lower case as stored.
  ///   - mailbox: the SQL expression of the functional address.
  ///   - isProtected: the SQL expression of the row's ``Audience`` as it is stored; `0` for rows that are about no message. A
  ///     null counts as about a protected person.
  public init(
    _ principal: Principal, _ permission: Permission, at now: Date, participant: String, mailbox: String,
    isProtected: String
  ) {
    var condition = Condition(now: now.milliseconds, participant: participant, mailbox: mailbox)
    switch principal {
    case .user(let id): condition.user(id, permission, isProtected)
    case .client(let session): condition.client(session, permission, isProtected)
    case .operator: condition.operator(permission, isProtected)
    case .service: condition.never()
    }
    sql = "(\(condition.parts.joined(separator: " AND ")))"
    arguments = condition.arguments
  }

  package init(sql: String, arguments: StatementArguments) {
    self.sql = sql
    self.arguments = arguments
  }
}

private struct Condition {
  let now: Int64
  let participant: String
  let mailbox: String
  var parts: [String] = []
  var arguments: StatementArguments = []

  init(now: Int64, participant: String, mailbox: String) {
    self.now = now
    self.participant = participant
    self.mailbox = mailbox
  }

  mutating func never() { parts.append("0") }

  mutating func user(_ id: UserID, _ permission: Permission, _ isProtected: String) {
    let roles = Role.allCases.filter { $0.permissions.contains(permission) }
    guard !roles.isEmpty else { return never() }
    let account = "JOIN user AS holder ON holder.id = held.user AND holder.endedAt IS NULL WHERE held.user = ?"
    parts.append(held(account, id.value, roles.map(\.rawValue)))
    protect(permission, isProtected, member: "user", id.value) {
      $0.held(account, id.value, [Grant.Kind.protectedPersons.rawValue])
    }
  }

  mutating func client(_ session: ClientSession, _ permission: Permission, _ isProtected: String) {
    let scopes = session.scopes.filter { permission == .seeMailbox || $0.permission == permission }
    guard !scopes.isEmpty else { return never() }
    let stored = scopes.sorted { $0.rawValue < $1.rawValue }
      .map { "instr(' ' || holder.scopes || ' ', ' \($0.rawValue) ')" }.joined(separator: " OR ")
    let account = """
      JOIN client AS holder ON holder.id = held.client AND holder.revokedAt IS NULL AND (\(stored)) WHERE held.client = ?
      """
    parts.append(held(account, session.id.value, [Grant.Kind.acting.rawValue]))
    if let addresses = session.addresses { narrow(to: addresses.map(\.value)) }
    protect(permission, isProtected, member: "client", session.id.value) {
      $0.held(account, session.id.value, [Grant.Kind.protectedPersons.rawValue])
    }
  }

  mutating func `operator`(_ permission: Permission, _ isProtected: String) {
    guard Principal.operatorPermissions.contains(permission) else { return never() }
    parts.append("1")
    // Whoever holds the data folder is nobody who has been let in to protected persons.
    guard permission.isAboutMessages else { return }
    parts.append("coalesce(\(isProtected), 1) = 0")
  }

  /// Open to everybody, or to who holds the grant, or to who stands on every list that it takes.
  private mutating func protect(
    _ permission: Permission, _ isProtected: String, member column: String, _ id: String,
    _ grant: (inout Condition) -> String
  ) {
    guard permission.isAboutMessages else { return }
    let held = grant(&self)
    let granted = grant(&self)
    arguments += [id]
    parts.append(
      """
      (coalesce(\(isProtected), 1) = 0 OR (coalesce(\(isProtected), 1) = 1 AND \(held))
        OR (EXISTS (SELECT 1 FROM accessListPart WHERE list = \(isProtected))
          AND NOT EXISTS (SELECT 1 FROM accessListPart AS asked WHERE asked.list = \(isProtected) AND NOT iif(asked.part = 1,
            \(granted), EXISTS (SELECT 1 FROM accessListMember AS listed
              WHERE listed.list = asked.part AND listed.\(column) = ? AND listed.endedAt IS NULL)))))
      """)
  }

  private mutating func narrow(to addresses: [String]) {
    guard !addresses.isEmpty else { return never() }
    parts.append("\(mailbox) IN (\(addresses.map { _ in "?" }.joined(separator: ", ")))")
    arguments += StatementArguments(addresses)
  }

  /// An active grant of one of the kinds, in the row's mailbox or in its whole organisation.
  private mutating func held(_ account: String, _ id: String, _ kinds: [String]) -> String {
    arguments += [id, now, now]
    let names = kinds.map { "'\($0)'" }.joined(separator: ", ")
    return """
      EXISTS (SELECT 1 FROM accessGrant AS held \(account) AND held.kind IN (\(names))
        AND held.participant = \(participant) AND (held.mailbox IS NULL OR held.mailbox = \(mailbox))
        AND held.startsAt <= ? AND (held.endsAt IS NULL OR held.endsAt > ?))
      """
  }
}
