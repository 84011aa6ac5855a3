public import Foundation
import GRDB
public import Mailbox
public import SDKRelay

/// Who may see what is about one person while they count as protected.
public struct PersonAccess: Hashable, Sendable {
  /// The pseudonym.
  public let id: PersonID
  public let standing: ProtectionStanding
  /// Who stands on the person's access list, nobody else sees anything; nil where there is no list, and who holds a mailbox's
  /// grant does.
  public let members: [AccessListMember]?
}

/// What is to become of a person's access list.
public struct PersonAccessChange: Hashable, Sendable {
  /// Those who come onto it; the first one begins it.
  public var added: [Grant.Holder] = []
  public var removed: [Grant.Holder] = []
  /// Whether the list ends, so that the mailboxes' grants count again. Without it a list whose last member leaves stays, and
  /// nobody sees anything.
  public var isEnd = false

  public init(adding added: [Grant.Holder] = [], removing removed: [Grant.Holder] = [], isEnd: Bool = false) {
    (self.added, self.removed, self.isEnd) = (added, removed, isEnd)
  }
}

extension AuditAction {
  public static let showAccess = AuditAction(rawValue: "person.access")
  public static let changeAccess = AuditAction(rawValue: "person.changeAccess")
}

extension Bridge {
  /// Who may see what is about the person whose case or pseudonym the text is, or who has the number.
  /// - Returns: nil where nobody is known by it.
  /// - Throws: ``AccessDenied`` for whoever does not administer the organisation.
  public func access(
    to text: String, in tenant: ParticipantID, by principal: Principal, through operator: Principal? = nil,
    at now: Date = .now
  ) async throws -> PersonAccess? {
    let record = AuditRecord(principal, through: `operator`, .showAccess, participant: tenant)
    return try await access(record, to: text, in: tenant, by: principal, at: now) { _, _, _ in }
  }

  /// Changes who may see what is about the person: what is there already too, in the same transaction.
  /// - Parameter reason: for the audit trail, never content.
  /// - Returns: nil where nobody is known by the text.
  /// - Throws: ``AccessDenied``; ``AccessProblem``, also where somebody is not of the organisation, or adds themselves.
  public func changeAccess(
    _ change: PersonAccessChange, to text: String, in tenant: ParticipantID, reason: String? = nil,
    by principal: Principal, through operator: Principal? = nil, at now: Date = .now
  ) async throws -> PersonAccess? {
    let record = AuditRecord(principal, through: `operator`, .changeAccess, participant: tenant, reason: reason)
    return try await access(record, to: text, in: tenant, by: principal, at: now) { row, register, record in
      try register.change(change, row, tenant, by: principal)
      record.name(change.text)
      try Linking(register: register).cover(person: row, of: tenant)
    }
  }

  private func access(
    _ record: AuditRecord, to text: String, in tenant: ParticipantID, by principal: Principal, at now: Date,
    _ work: @escaping @Sendable (Int64, CaseRegister, inout AuditRecord) throws -> Void
  ) async throws -> PersonAccess? {
    let (settings, tenants) = (settings, tenants)
    return try await mailbox.audited(record, at: now) { record, db in
      try Access.check(principal, .administer, of: tenant, at: now, in: db)
      guard tenants.contains(tenant) else { return nil }
      let register = try CaseRegister(settings, tenants, at: now, in: db)
      guard let row = try register.person(meantBy: text, in: tenant) else { return nil }
      let person = try register.persons(tenant).fetch(row)
      record.persons = person.identifiers.map(\.number.whole)
      record.name("person \(person.id)")
      try work(row, register, &record)
      let list = try PersonTable.accessList(of: row, in: db)
      return PersonAccess(
        id: person.id, standing: try register.standing(of: row),
        members: try list.map { try AccessListTable.members(of: $0, in: db) })
    }
  }
}

extension CaseRegister {
  fileprivate func change(
    _ change: PersonAccessChange, _ row: Int64, _ tenant: ParticipantID, by principal: Principal
  ) throws {
    let name = "\(principal.kind) \(principal.name)"
    for holder in change.added {
      // Else whoever runs the service could let themselves in to what is in it.
      if case .user(let id) = principal, case .user(id) = holder { throw AccessProblem.toOneself }
      guard try holder.organisation(in: db) == tenant else { throw AccessProblem.otherOrganisation }
    }
    let former = try PersonTable.accessList(of: row, in: db)
    guard !change.added.isEmpty || former != nil else { throw AccessProblem.unknown("the person's access list") }
    let list = try former ?? AccessListTable.list(about: "person \(persons(tenant).id(of: row))", of: tenant, in: db)
    for holder in change.added where try !AccessListTable.add(holder, to: list, by: name, at: now, in: db) {
      throw AccessProblem.exists("\(holder.text) on the access list")
    }
    for holder in change.removed where try !AccessListTable.end(holder, on: list, by: name, at: now, in: db) {
      throw AccessProblem.unknown("\(holder.text) on the access list")
    }
    if change.isEnd {
      for member in try AccessListTable.members(of: list, in: db) {
        _ = try AccessListTable.end(member.holder, on: list, by: name, at: now, in: db)
      }
    }
    try PersonTable.setAccessList(change.isEnd ? nil : list, of: row, in: db)
  }
}

extension PersonAccessChange {
  /// As the audit trail has it.
  fileprivate var text: String {
    let parts = added.map { "added \($0.text)" } + removed.map { "removed \($0.text)" } + (isEnd ? ["list ended"] : [])
    return parts.joined(separator: ", ")
  }
}
