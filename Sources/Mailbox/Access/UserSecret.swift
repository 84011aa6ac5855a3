public import Foundation
import GRDB
public import SDKRelay

/// The secret that a user asks the built-in token endpoint with: at most one each, known by its SHA-256.
enum UserSecretTable {
  static let schema = """
    CREATE TABLE userSecret (
      user TEXT NOT NULL PRIMARY KEY REFERENCES user (id),
      sha256 BLOB NOT NULL,
      createdAt INTEGER NOT NULL
    ) STRICT;
    """

  static func set(_ sha256: [UInt8], of user: UserID, at now: Date, in db: Database) throws {
    try db.change(
      sql: "INSERT OR REPLACE INTO userSecret (user, sha256, createdAt) VALUES (?, ?, ?)",
      arguments: [user.value, Data(sha256), now.milliseconds])
  }

  /// - Returns: whether there was one.
  static func remove(of user: UserID, in db: Database) throws -> Bool {
    try db.change(sql: "DELETE FROM userSecret WHERE user = ?", arguments: [user.value])
    return db.changesCount > 0
  }

  static func fetch(_ user: UserID, in db: Database) throws -> (credential: ClientCredential, created: Date)? {
    try db.row(sql: "SELECT sha256, createdAt FROM userSecret WHERE user = ?", arguments: [user.value]).map { row in
      (.secret(sha256: [UInt8](row["sha256"] as Data)), Date(milliseconds: row["createdAt"]))
    }
  }
}

extension AuditAction {
  public static let setUserSecret = AuditAction(rawValue: "user.secret")
  public static let removeUserSecret = AuditAction(rawValue: "user.secretRemove")
  public static let logIn = AuditAction(rawValue: "user.logIn")
}

// Users at the built-in token endpoint: whoever has no authorisation server gives them a secret each.
extension MailboxService {
  /// Gives the user a new secret, which is shown once; a former one, and the tokens got with it, count no longer.
  public func newSecret(
    for id: UserID, by principal: Principal, at now: Date = .now
  ) async throws -> String {
    let (secret, credential) = ClientCredential.newSecret()
    try await secretChange(.setUserSecret, id, by: principal, at: now) { db in
      guard case .secret(let sha256) = credential else { return }
      try UserSecretTable.set(sha256, of: id, at: now, in: db)
    }
    return secret
  }

  /// Takes the user's secret away; the tokens got with it count no longer.
  public func removeSecret(of id: UserID, by principal: Principal, at now: Date = .now) async throws {
    try await secretChange(.removeUserSecret, id, by: principal, at: now) { db in
      guard try UserSecretTable.remove(of: id, in: db) else { throw AccessProblem.unknown("a secret of \(id)") }
    }
  }

  private func secretChange(
    _ action: AuditAction, _ id: UserID, by principal: Principal, at now: Date,
    _ change: @escaping @Sendable (Database) throws -> Void
  ) async throws {
    try await audited(AuditRecord(principal, action, object: "user \(id.value)"), at: now) { record, db in
      guard let user = try UserTable.fetch(id, in: db) else { throw AccessProblem.unknown("the user \(id)") }
      record.participant = user.participant
      try Access.check(principal, .administer, of: user.participant, at: now, in: db)
      // Else whoever runs the service could become somebody who reads what is in it, and nobody would know who it was.
      if case .user = principal { throw AccessProblem.secretByOperator }
      guard user.ended == nil else { throw AccessProblem.unknown("the user \(id)") }
      try change(db)
    }
  }

  /// Whether the secret is the user's, who has not left. Asking takes as long where there is no such user.
  public func matches(_ id: UserID, secret: String) throws -> Bool {
    try relay.read { db in
      let known = try UserTable.fetch(id, in: db)
      let kept = try UserSecretTable.fetch(id, in: db)?.credential ?? .secret(sha256: [UInt8](repeating: 0, count: 32))
      return kept.matches(secret: secret) && known.map { $0.ended == nil } ?? false
    }
  }

  /// Tells the audit trail that the user got a token, or that somebody was refused one in that name.
  public func recordLogIn(_ id: UserID, isAllowed: Bool, at now: Date = .now) async throws {
    let record = AuditRecord(.service, .logIn, object: "user \(id.value)")
    try await relay.write { [audit] db in
      try audit.append(record, isAllowed ? .done : .denied, at: now, in: db)
    }
  }

  /// The user with this name who has not left, for whoever authenticates them.
  public func user(_ id: UserID) throws -> User? {
    try relay.read { try UserTable.fetch(id, in: $0) }.flatMap { $0.ended == nil ? $0 : nil }
  }

  /// When the user was given the secret that counts now; nil without one.
  public func secretTime(of id: UserID) throws -> Date? {
    try relay.read { try UserSecretTable.fetch(id, in: $0)?.created }
  }
}
