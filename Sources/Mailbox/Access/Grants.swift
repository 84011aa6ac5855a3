public import Foundation
package import GRDB
public import SDKRelay

// Every change of grants: checked, done and told of in one transaction.
extension MailboxService {
  /// Gives a grant in a mailbox or, for some roles, in the holder's organisation.
  ///
  /// Whoever administers the organisation gives any; a mailbox's administrator gives `caseworker` and
  /// `protectedPersons` there. Nobody gives one to themselves.
  /// - Parameter organisation: the one that whoever gives it means; nil for that of the holder.
  /// - Throws: ``AccessDenied``; ``AccessProblem``, also for a mailbox that no agreement knows and for what is there.
  public func grant(
    _ kind: Grant.Kind, to holder: Grant.Holder, in mailbox: MailboxID? = nil,
    of expected: ParticipantID? = nil, from start: Date? = nil, until end: Date? = nil, reason: String? = nil,
    by principal: Principal, at now: Date = .now
  ) async throws -> Grant {
    let known: KnownMailboxes? = if let mailbox { try await knownMailboxes(of: mailbox.participant) } else { nil }
    let record = AuditRecord(
      principal, .addGrant, participant: mailbox?.participant, mailbox: mailbox?.address,
      object: "\(holder.text) \(kind.rawValue)", reason: reason)
    return try await audited(record, at: now) { record, db in
      let organisation = try holder.organisation(in: db)
      record.participant = organisation
      try checkGiver(principal, kind, holder, organisation, mailbox, at: now, in: db)
      if let expected, expected != organisation { throw AccessProblem.otherOrganisation }
      try checkGrant(kind, holder, organisation, mailbox)
      if let mailbox { try known?.check(mailbox) }
      let begin = start ?? now
      if let end, end <= begin { throw AccessProblem.endsBeforeItBegins }
      let new = NewGrant(
        holder: holder, kind: kind, participant: organisation, mailbox: mailbox?.address, start: begin, end: end)
      if let number = try GrantTable.covering(new, at: now, in: db) {
        throw AccessProblem.exists("the grant \(number), which gives the same,")
      }
      let grant = try GrantTable.add(new, in: db)
      record.object = "\(holder.text) \(kind.rawValue) grant \(grant.number)"
      return grant
    }
  }

  /// Ends the grant now; the next question is answered without it.
  /// - Parameter isLastMeant: whether it may be what the organisation's last system administrator has.
  public func endGrant(
    _ number: Int64, isLastMeant: Bool = false, reason: String? = nil, by principal: Principal, at now: Date = .now
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
      if let end = grant.end, end <= now { throw AccessProblem.hasEnded("the grant \(number)") }
      if grant.kind == .role(.systemAdministrator), mailbox == nil, !isLastMeant {
        try checkNotLast(grant.participant, without: number, at: now, in: db)
      }
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

/// Refuses to leave an organisation that has a system administrator without one.
func checkNotLast(
  _ participant: ParticipantID, without grant: Int64? = nil, of user: UserID? = nil, at now: Date, in db: Database
) throws {
  guard try GrantTable.hasAdministrator(participant, at: now, in: db) else { return }
  guard try GrantTable.hasAdministrator(participant, without: grant, of: user, at: now, in: db) else {
    throw AccessProblem.lastAdministrator
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
  package func organisation(in db: Database) throws -> ParticipantID {
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
