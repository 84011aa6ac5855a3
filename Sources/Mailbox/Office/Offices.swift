public import Foundation
import GRDB
import SDKRelay

extension AuditAction {
  public static let configureMailbox = AuditAction(rawValue: "mailbox.configure")
}

// What offices see and decide of their mailboxes. Each step asks ``Access`` in its own transaction.
extension MailboxService {
  /// The mailboxes that the principal may see, by organisation and address.
  public func mailboxes(for principal: Principal, at now: Date = .now) async throws -> [MailboxOverview] {
    let reach = try relay.read { try Access.reach(of: principal, .seeMailbox, at: now, in: $0) }
    let whole = relay.settings.participants.map(\.id).filter { reach.isEverywhere || reach.organisations.contains($0) }
    var overviews: [MailboxOverview] = []
    for participant in Set(whole).union(reach.mailboxes.map(\.participant)) {
      let agreed = try await agreedMailboxes(of: participant, at: now)
      var addresses = Set(reach.mailboxes.filter { $0.participant == participant }.map(\.address))
      if whole.contains(participant) { addresses.formUnion(agreed.names.keys) }
      let visible = addresses
      overviews += try relay.read { db in
        // Between the two questions a grant may have ended.
        try visible.map { MailboxID(participant, $0) }
          .filter { try Access.allows(principal, .seeMailbox, $0, at: now, in: db) }
          .map { MailboxOverview(try MailboxSettingsTable.fetch($0, in: db), agreed, at: now) }
      }
    }
    return overviews.sorted {
      ($0.organisation.comparable, $0.mailbox.value) < ($1.organisation.comparable, $1.mailbox.value)
    }
  }

  /// The mailbox's settings.
  /// - Throws: ``MailboxProblem/unknown`` also when the principal may not see the mailbox.
  public func settings(
    of mailbox: MailboxID, for principal: Principal, at now: Date = .now
  ) throws -> ConfiguredMailbox {
    try relay.read { db in
      guard try Access.allows(principal, .seeMailbox, mailbox, at: now, in: db) else { throw MailboxProblem.unknown }
      return try MailboxSettingsTable.fetch(mailbox, in: db)
    }
  }

  /// Changes the mailbox's settings. Only its administrators may; the audit trail has which parts changed.
  /// - Parameters:
  ///   - version: the one that whoever asks has seen: of two who change at once, one is refused.
  ///   - operator: who asks in the user's name at the command line: the audit trail names both.
  ///   - reason: for the audit trail, never content.
  ///   - change: makes the new settings of the present ones. A change that changes nothing gives no new version.
  /// - Throws: ``AccessDenied``, or ``MailboxProblem``, which is `unknown` also for who may not know of the mailbox.
  @discardableResult
  public func configure(
    _ mailbox: MailboxID, version: Int, by principal: Principal, through operator: Principal? = nil,
    reason: String? = nil, at now: Date = .now,
    _ change: @escaping @Sendable (inout MailboxSettings) throws -> Void
  ) async throws -> ConfiguredMailbox {
    let agreed = try await agreedMailboxes(of: mailbox.participant, at: now)
    let name = `operator` == nil ? "" : " as \(principal.kind) \(principal.name)"
    let record = AuditRecord(
      `operator` ?? principal, .configureMailbox, participant: mailbox.participant, mailbox: mailbox.address,
      object: "version \(version)\(name)", reason: reason)
    do {
      return try await audited(record, at: now) { [notifications] record, db in
        try Access.check(principal, .configureMailbox, mailbox, at: now, in: db)
        guard agreed.has(mailbox.address) else { throw MailboxProblem.notAgreed(mailbox) }
        let present = try MailboxSettingsTable.fetch(mailbox, in: db)
        guard present.version == version else { throw MailboxProblem.stale(seen: version, now: present.version) }
        var settings = present.settings
        try change(&settings)
        let changed = present.settings.changes(to: settings)
        record.object = "version \(version)\(name): \(changed.map(\.rawValue).joined(separator: ", "))"
        if changed.isEmpty { return present }
        try SettingsCheck(
          mailbox: mailbox, principal: principal, agreed: agreed, offered: notifications, now: now, db: db
        ).check(settings, changed: changed)
        let next = ConfiguredMailbox(
          organisation: mailbox.participant, mailbox: mailbox.address, version: version + 1, changed: now,
          changedBy: "\(principal.kind) \(principal.name)", settings: settings)
        try MailboxSettingsTable.keep(next, at: now, by: "\(principal.kind) \(principal.name)", in: db)
        return next
      }
    } catch let denied as AccessDenied where !denied.mayKnow {
      throw MailboxProblem.unknown
    }
  }

  /// Who works in the mailbox now, for those who hand over and those who administer it.
  /// - Throws: ``AccessDenied``, or ``MailboxProblem/unknown`` for who may not know of the mailbox.
  public func members(
    of mailbox: MailboxID, for principal: Principal, at now: Date = .now
  ) throws -> [MailboxMember] {
    try relay.read { db in
      let isColleague = try [Permission.handle, .manageMembers].contains {
        try Access.allows(principal, $0, mailbox, at: now, in: db)
      }
      if !isColleague {
        do {
          try Access.check(principal, .configureMailbox, mailbox, at: now, in: db)
        } catch let denied as AccessDenied where !denied.mayKnow {
          throw MailboxProblem.unknown
        }
      }
      return try GrantTable.members(of: mailbox, at: now, in: db)
    }
  }
}

extension MailboxOverview {
  fileprivate init(_ mailbox: ConfiguredMailbox, _ agreed: AgreedMailboxes, at now: Date) {
    let settings = mailbox.settings
    self.init(
      organisation: mailbox.organisation, mailbox: mailbox.mailbox,
      name: settings.name ?? agreed.name(of: mailbox.mailbox), isAgreed: agreed.has(mailbox.mailbox),
      version: mailbox.version, absence: settings.absence.flatMap { $0.isActive(at: now) ? $0 : nil },
      forwardsTo: settings.forwarding.flatMap { $0.isActive(at: now) ? $0.to : nil })
  }
}

extension GrantTable {
  /// The users with a role in the mailbox now, or in its whole organisation.
  fileprivate static func members(of mailbox: MailboxID, at now: Date, in db: Database) throws -> [MailboxMember] {
    let rows = try Row.fetchAll(
      db,
      sql: """
        SELECT user.id, user.name, held.kind FROM accessGrant AS held
        JOIN user ON user.id = held.user AND user.endedAt IS NULL
        WHERE held.participant = ? AND (held.mailbox = ? OR held.mailbox IS NULL)
          AND held.startsAt <= ? AND (held.endsAt IS NULL OR held.endsAt > ?)
        ORDER BY user.id
        """,
      arguments: [
        mailbox.participant.comparable, mailbox.address.value, now.milliseconds, now.milliseconds,
      ])
    let kinds = Dictionary(grouping: rows, by: { $0["id"] as String })
    return kinds.sorted { $0.key < $1.key }.compactMap { user, rows in
      let held = Set(rows.map { $0["kind"] as String })
      let roles = Role.allCases.map(\.rawValue).filter(held.contains)
      // The grant alone opens nothing.
      guard !roles.isEmpty else { return nil }
      return MailboxMember(
        user: user, name: rows[0]["name"], roles: roles,
        protectedPersons: held.contains(Grant.Kind.protectedPersons.rawValue))
    }
  }
}
