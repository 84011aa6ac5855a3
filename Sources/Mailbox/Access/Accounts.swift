public import Foundation
import GRDB
public import SDKRelay

// Every change of users and clients: checked, done and told of in one transaction.
extension MailboxService {
  /// Adds a user of the organisation, who may do nothing yet.
  public func addUser(
    _ id: UserID, name: String, of participant: ParticipantID, by principal: Principal, at now: Date = .now
  ) async throws -> User {
    let user = User(id: id, name: name, participant: participant, created: now, ended: nil)
    let record = AuditRecord(principal, .addUser, participant: participant, object: "user \(id.value)")
    return try await audited(record, at: now) { _, db in
      try Access.check(principal, .administer, of: participant, at: now, in: db)
      try self.checkServed(participant)
      try checkName(name)
      guard try UserTable.fetch(id, in: db) == nil else { throw AccessProblem.exists("the user \(id)") }
      try UserTable.add(user, in: db)
      return user
    }
  }

  /// Ends the user's access for good. Grants stay as they were given, and count no longer.
  /// - Parameter isLastMeant: whether it may be the organisation's last system administrator.
  public func endUser(
    _ id: UserID, isLastMeant: Bool = false, reason: String? = nil, by principal: Principal, at now: Date = .now
  ) async throws {
    let record = AuditRecord(principal, .endUser, object: "user \(id.value)", reason: reason)
    try await audited(record, at: now) { record, db in
      guard let user = try UserTable.fetch(id, in: db) else { throw AccessProblem.unknown("the user \(id)") }
      record.participant = user.participant
      try Access.check(principal, .administer, of: user.participant, at: now, in: db)
      guard user.ended == nil else { throw AccessProblem.hasEnded("the access of \(id)") }
      if !isLastMeant { try checkNotLast(user.participant, of: id, at: now, in: db) }
      try UserTable.end(id, at: now, in: db)
    }
  }

  /// Adds a technical client of the organisation, which acts for no mailbox yet.
  public func addClient(
    _ id: ClientID, name: String, of participant: ParticipantID, scopes: Set<ClientScope>,
    credential: ClientCredential, by principal: Principal, at now: Date = .now
  ) async throws -> Client {
    let client = Client(
      id: id, name: name, participant: participant, scopes: scopes, credential: credential, created: now,
      revoked: nil)
    let record = AuditRecord(principal, .addClient, participant: participant, object: "client \(id.value)")
    return try await audited(record, at: now) { _, db in
      try Access.check(principal, .administer, of: participant, at: now, in: db)
      try self.checkServed(participant)
      try checkName(name)
      guard !scopes.isEmpty else { throw AccessProblem.noScope }
      guard try ClientTable.fetch(id, in: db) == nil else { throw AccessProblem.exists("the client \(id)") }
      try ClientTable.add(client, in: db)
      return client
    }
  }

  /// Revokes the client for good: no token of its counts from now on.
  public func revokeClient(
    _ id: ClientID, reason: String? = nil, by principal: Principal, at now: Date = .now
  ) async throws {
    let record = AuditRecord(principal, .revokeClient, object: "client \(id.value)", reason: reason)
    try await audited(record, at: now) { record, db in
      guard let client = try ClientTable.fetch(id, in: db) else { throw AccessProblem.unknown("the client \(id)") }
      record.participant = client.participant
      try Access.check(principal, .administer, of: client.participant, at: now, in: db)
      guard client.revoked == nil else { throw AccessProblem.hasEnded("the access of \(id)") }
      try ClientTable.revoke(id, at: now, in: db)
    }
  }

  /// The client with this name, revoked or not, for whoever authenticates it.
  public func client(_ id: ClientID) throws -> Client? {
    try relay.read { try ClientTable.fetch(id, in: $0) }
  }

  /// The users of the organisations that the principal administers.
  public func users(for principal: Principal, at now: Date = .now) throws -> [User] {
    try relay.read { db in
      let reach = try Access.reach(of: principal, .administer, at: now, in: db)
      return try UserTable.all(in: db).filter { reach.isEverywhere || reach.organisations.contains($0.participant) }
    }
  }

  /// The clients of the organisations that the principal administers.
  public func clients(for principal: Principal, at now: Date = .now) throws -> [Client] {
    try relay.read { db in
      let reach = try Access.reach(of: principal, .administer, at: now, in: db)
      return try ClientTable.all(in: db).filter { reach.isEverywhere || reach.organisations.contains($0.participant) }
    }
  }
}

private func checkName(_ name: String) throws(AccessProblem) {
  let isPlain = !name.unicodeScalars.contains { $0.properties.generalCategory == .control }
  guard (1...200).contains(name.count), isPlain, !IdentityNumbers.areIn(name) else { throw .name }
}
