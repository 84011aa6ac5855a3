public import Foundation
import GRDB
public import SDKRelay

extension AuditAction {
  /// A user has said why they open what is about a protected person.
  public static let openProtected = AuditAction(rawValue: "message.openProtected")
  /// A user has been let in to what is about a protected person by nothing but a reason.
  public static let breakGlass = AuditAction(rawValue: "message.breakGlass")
}

extension MailboxService {
  /// Says why the user opens a message about a protected person: it, and what of its conversation is for the same persons, can
  /// be read for an hour (``ProtectedOpening``).
  /// - Parameters:
  ///   - breakingGlass: the message is not for the user, who is let in all the same where the mailbox's settings allow it. The
  ///     owner is told.
  ///   - reason: for the audit trail, never content.
  /// - Throws: ``OpeningProblem``; ``MessageProblem/notFound`` where the user may not know that the message is there.
  @discardableResult
  public func open(
    protected id: MessageID, direction: MessageDirection? = nil, reason: String, breakingGlass: Bool = false,
    by principal: Principal, through operator: Principal? = nil, at now: Date = .now
  ) async throws -> ProtectedOpening {
    let record = AuditRecord(
      principal, through: `operator`, breakingGlass ? .breakGlass : .openProtected, messageID: id, reason: reason)
    return try await audited(record, at: now) { record, db in
      let message = try Self.known(id, direction, to: principal, at: now, in: db)
      (record.participant, record.mailbox) = (message.participant, message.ownMailbox)
      guard case .user(let user) = principal else { throw OpeningProblem.usersOnly }
      guard (3...500).contains(reason.count), !reason.allSatisfy(\.isWhitespace) else { throw OpeningProblem.reason }
      guard try MessageRecordTable.audience(of: message.row, in: db).audience.isProtected else {
        throw OpeningProblem.notProtected
      }
      let seen = try? Self.message(id, direction: message.direction, .list, for: principal, at: now, in: db)
      let isLetIn = seen?.row == message.row
      if !isLetIn { try Self.checkGlass(message, isMeant: breakingGlass, at: now, in: db) }
      let opening = ProtectedOpening(
        reason: IdentityNumbers.masked(in: reason), isGlassBroken: !isLetIn, end: now + ProtectedOpening.time)
      record.action = isLetIn ? .openProtected : .breakGlass
      try OpeningTable.keep(opening, of: message, by: user, at: now, in: db)
      return opening
    }
  }

  /// The message, if the principal has a role in its mailbox that reads messages: that it is there is no secret then.
  private static func known(
    _ id: MessageID, _ direction: MessageDirection?, to principal: Principal, at now: Date, in db: Database
  ) throws -> StoredMessage {
    let known = AccessFilter(
      principal, .read, at: now, participant: "message.participant", mailbox: "message.mailbox", isProtected: "0")
    let row = try db.row(
      sql: """
        SELECT \(StoredMessage.columns) FROM message JOIN messageRecord ON messageRow = message.id
        WHERE messageId = ? AND (? IS NULL OR direction = ?) AND \(known.sql) ORDER BY message.id DESC LIMIT 1
        """, arguments: [id.value, direction?.rawValue, direction?.rawValue] + known.arguments)
    guard let row else { throw MessageProblem.notFound }
    return try StoredMessage(row)
  }

  /// Whether the mailbox's settings allow it; its owner is told then.
  static func checkGlass(
    _ message: StoredMessage, isMeant: Bool, at now: Date, in db: Database
  ) throws {
    guard isMeant else { throw OpeningProblem.notForYou }
    guard let address = message.ownMailbox else { throw MessageProblem.notFound }
    let mailbox = MailboxID(message.participant, address)
    guard try MailboxSettingsTable.fetch(mailbox, in: db).settings.allowsBreakingGlass else {
      throw OpeningProblem.glassForbidden
    }
    try tellOwner(of: mailbox, message, at: now, in: db)
  }

  /// Whoever answers for the mailbox learns that somebody whom it was not for has opened a message.
  static func tellOwner(of mailbox: MailboxID, _ message: StoredMessage, at now: Date, in db: Database) throws {
    try notify(mailbox, .glassBroken, at: now, in: db)
    try Relay.record("opened by somebody it is not for, for a reason", about: message, at: now, in: db)
  }

  /// Opening what is about a protected person takes a user's reason: the record's, or one given before. It is kept in the
  /// record. Technical clients give none: the case system behind one asks its users.
  /// - Throws: ``AccessDenied`` where there is none.
  static func demandReason(
    for messages: [StoredMessage], by principal: Principal, _ record: inout AuditRecord, at now: Date, in db: Database
  ) throws {
    guard case .user(let user) = principal else { return }
    // A reason given before counts for the messages that it was given for, and no others.
    let given = record.reason.flatMap { $0.allSatisfy(\.isWhitespace) ? nil : $0 }
    for message in messages where try MessageRecordTable.audience(of: message.row, in: db).audience.isProtected {
      let opening = try OpeningTable.fetch(message, by: user, at: now, in: db)
      if opening?.isGlassBroken == true { record.name(AuditRecord.brokenGlass) }
      guard let reason = given ?? opening?.reason else {
        throw AccessDenied(permission: .read, reason: .reasonMissing, mayKnow: true)
      }
      record.reason = reason
    }
  }
}

extension AuditRecord {
  /// Adds what else it was done to, once.
  package mutating func name(_ text: String) {
    let names = object?.components(separatedBy: ", ") ?? []
    if !names.contains(text) { object = ([text] + names).joined(separator: ", ") }
  }
}
