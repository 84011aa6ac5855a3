public import Foundation
import GRDB
public import SDKRelay

// Every change of grants: checked, done and told of in one transaction.
extension MailboxService {
  /// Gives a grant in a mailbox or, for some roles, in the holder's organisation.
  ///
  /// Whoever administers the organisation gives any; a mailbox's administrator gives `caseworker` and
  /// `protectedPersons` there. Nobody gives one to themselves.
  public func grant(
    _ kind: Grant.Kind, to holder: Grant.Holder, in mailbox: MailboxID? = nil, from start: Date? = nil,
    until end: Date? = nil, reason: String? = nil, by principal: Principal, at now: Date = .now
  ) async throws -> Grant {
    let record = AuditRecord(
      principal, .addGrant, participant: mailbox?.participant, mailbox: mailbox?.address,
      object: "\(holder.text) \(kind.rawValue)", reason: reason)
    return try await audited(record, at: now) { record, db in
      let organisation = try holder.organisation(in: db)
      record.participant = organisation
      try checkGiver(principal, kind, holder, organisation, mailbox, at: now, in: db)
      try checkGrant(kind, holder, organisation, mailbox)
      let begin = start ?? now
      if let end, end <= begin { throw AccessProblem.endsBeforeItBegins }
      let grant = try GrantTable.add(
        NewGrant(
          holder: holder, kind: kind, participant: organisation, mailbox: mailbox?.address, start: begin, end: end),
        in: db)
      record.object = "\(holder.text) \(kind.rawValue) grant \(grant.number)"
      return grant
    }
  }

  /// Ends the grant now; the next question is answered without it.
  public func endGrant(
    _ number: Int64, reason: String? = nil, by principal: Principal, at now: Date = .now
  ) async throws {
    let record = AuditRecord(principal, .endGrant, object: "grant \(number)", reason: reason)
    try await audited(record, at: now) { record, db in
      guard let grant = try GrantTable.fetch(number, in: db) else {
        throw AccessProblem.unknown("the grant \(number)")
      }
      record.participant = grant.participant
      record.mailbox = grant.mailbox
      record.object = "\(grant.holder.text) \(grant.kind.rawValue) grant \(number)"
      let mailbox = grant.mailbox.map { MailboxID(grant.participant, $0) }
      try checkAuthority(principal, grant.kind, grant.participant, mailbox, at: now, in: db)
      try GrantTable.end(number, at: now, in: db)
    }
  }

  /// The grants that the principal may give and end, those that have ended too.
  public func grants(for principal: Principal, at now: Date = .now) throws -> [Grant] {
    try relay.read { db in
      let all = try Access.reach(of: principal, .administer, at: now, in: db)
      let members = try Access.reach(of: principal, .manageMembers, at: now, in: db)
      return try GrantTable.all(in: db).filter { grant in
        if all.isEverywhere || all.organisations.contains(grant.participant) { return true }
        return grant.mailbox.map { members.mailboxes.contains(MailboxID(grant.participant, $0)) } ?? false
      }
    }
  }
}

private func checkGiver(
  _ principal: Principal, _ kind: Grant.Kind, _ holder: Grant.Holder, _ organisation: ParticipantID,
  _ mailbox: MailboxID?, at now: Date, in db: Database
) throws {
  try checkAuthority(principal, kind, organisation, mailbox, at: now, in: db)
  // Else whoever runs the service could let themselves in to what is in it.
  if case .user(let id) = principal, case .user(id) = holder { throw AccessProblem.toOneself }
}

private func checkAuthority(
  _ principal: Principal, _ kind: Grant.Kind, _ organisation: ParticipantID, _ mailbox: MailboxID?, at now: Date,
  in db: Database
) throws {
  if let mailbox, kind == .role(.caseworker) || kind == .protectedPersons,
    try Access.allows(principal, .manageMembers, mailbox, at: now, in: db)
  {
    return
  }
  try Access.check(principal, .administer, of: organisation, at: now, in: db)
}

private func checkGrant(
  _ kind: Grant.Kind, _ holder: Grant.Holder, _ organisation: ParticipantID, _ mailbox: MailboxID?
) throws(AccessProblem) {
  if let mailbox, mailbox.participant != organisation { throw .otherOrganisation }
  switch (kind, holder) {
  case (.role, .client): throw .notForClients
  case (.acting, .user): throw .notForUsers
  case (.role(let role), .user) where role.isForOrganisations: break
  default: if mailbox == nil { throw .needsMailbox }
  }
}

extension Grant.Holder {
  /// The organisation of somebody who is known and has not left.
  fileprivate func organisation(in db: Database) throws -> ParticipantID {
    switch self {
    case .user(let id):
      guard let user = try UserTable.fetch(id, in: db), user.ended == nil else {
        throw AccessProblem.unknown("the user \(id)")
      }
      return user.participant
    case .client(let id):
      guard let client = try ClientTable.fetch(id, in: db), client.revoked == nil else {
        throw AccessProblem.unknown("the client \(id)")
      }
      return client.participant
    }
  }
}
