public import Foundation
package import GRDB
public import SDKRelay

extension AuditAction {
  public static let seeMessage = AuditAction(rawValue: "message.see")
  public static let noteMessage = AuditAction(rawValue: "message.note")
  public static let readHandling = AuditAction(rawValue: "handling.read")
  /// `handling.claim`, `handling.done` and so on.
  public static func handling(_ step: HandlingStep) -> AuditAction { AuditAction(rawValue: "handling.\(step.name)") }
}

// The work at a message. Where two mailboxes of one organisation exchanged it, `direction` says whose copy is meant.
extension MailboxService {
  /// Takes a step at the message.
  /// - Parameters:
  ///   - version: the ``HandlingState/version`` that whoever asks has seen: of two who do so at once, one is refused.
  ///   - operator: who asks in the user's name at the command line: the audit trail names both.
  ///   - reason: for the audit trail, never content.
  /// - Returns: how the work stands then.
  /// - Throws: ``HandlingProblem``, or ``MessageProblem/notFound`` also when the principal may not handle it.
  @discardableResult
  public func handle(
    _ id: MessageID, direction: MessageDirection? = nil, _ step: HandlingStep, version: Int, by principal: Principal,
    through operator: Principal? = nil, reason: String? = nil, at now: Date = .now
  ) async throws -> HandlingState {
    let receiver: String? = if case .handOver(let user) = step { "user \(user)" } else { nil }
    let record = AuditRecord(
      principal, through: `operator`, .handling(step), messageID: id, object: receiver, reason: reason)
    return try await handling(id, direction, .handle, record, principal, at: now) { message, user, db in
      if step == .unprotect, (reason ?? "").allSatisfy(\.isWhitespace) { throw HandlingProblem.needsReason }
      return try Self.take(step, version, at: message, by: user, at: now, in: db)
    }
  }

  /// The user has the message before them. Only the first time is kept, and it is never told to the other side.
  public func see(
    _ id: MessageID, direction: MessageDirection? = nil, by principal: Principal, at now: Date = .now
  ) async throws {
    let record = AuditRecord(principal, .seeMessage, messageID: id)
    try await handling(id, direction, .read, record, principal, at: now) { message, user, db in
      try HandlingTable.see(message, by: user, at: now, in: db)
    }
  }

  /// Adds an internal note. Notes are only ever added, so that none overwrites another.
  public func note(
    _ text: String, on id: MessageID, direction: MessageDirection? = nil, by principal: Principal, at now: Date = .now
  ) async throws {
    let record = AuditRecord(principal, .noteMessage, messageID: id)
    try await handling(id, direction, .handle, record, principal, at: now) { message, user, db in
      guard (1...10_000).contains(text.count), !text.allSatisfy(\.isWhitespace) else { throw HandlingProblem.note }
      try HandlingNotes.add(text, to: message, by: user, at: now, in: db)
    }
  }

  /// How the work at the message stands, with its notes and its history.
  public func handling(
    of id: MessageID, direction: MessageDirection? = nil, reason: String? = nil, by principal: Principal,
    through operator: Principal? = nil, at now: Date = .now
  ) async throws -> Handling {
    let record = AuditRecord(principal, through: `operator`, .readHandling, messageID: id, reason: reason)
    return try await audited(record, at: now) { record, db in
      let message = try Self.message(id, direction: direction, .read, for: principal, at: now, in: db)
      (record.participant, record.mailbox) = (message.participant, message.ownMailbox)
      guard case .user = principal else { throw HandlingProblem.usersOnly }
      try Self.demandReason(for: [message], by: principal, &record, at: now, in: db)
      return try HandlingTable.fetch(message, in: db)
    }
  }

  private func handling<Value: Sendable>(
    _ id: MessageID, _ direction: MessageDirection?, _ permission: Permission, _ record: AuditRecord,
    _ principal: Principal, at now: Date,
    _ work: @escaping @Sendable (StoredMessage, UserID, Database) throws -> Value
  ) async throws -> Value {
    try await audited(record, at: now) { record, db in
      let message = try Self.message(id, direction: direction, permission, for: principal, at: now, in: db)
      record.participant = message.participant
      record.mailbox = message.ownMailbox
      guard case .user(let user) = principal else { throw HandlingProblem.usersOnly }
      return try work(message, user, db)
    }
  }

  private static func take(
    _ step: HandlingStep, _ version: Int, at message: StoredMessage, by user: UserID, at now: Date, in db: Database
  ) throws -> HandlingState {
    let former = try HandlingTable.state(of: message, in: db)
    guard former.version == version else { throw HandlingProblem.stale(seen: version, now: former.version) }
    let hasFailed = try FailedDeliveryTable.fetch(message, in: db) != nil
    let canBeDone = hasFailed || message.direction == .incoming
    var next = try former.after(step, by: user, canBeDone: canBeDone, at: now)
    if let handler = next.handler, !(try mayHandle(handler, message, next.audience, at: now, in: db)) {
      if case .handOver = step { throw HandlingProblem.noAccess(handler) }
      // Whoever may not see it any more does not keep it.
      next.handler = nil
    }
    try HandlingTable.keep(step, next, from: former, of: message, by: user, at: now, in: db)
    let isUnhandled = canBeDone && next.done == nil
    if (next.done == nil) != (former.done == nil) {
      let change = next.done == nil ? 1 : -1
      try ConversationTable.count(
        unhandled: change, failed: hasFailed ? change : 0, ofMessage: message.row, in: db)
    }
    if next.audience != former.audience {
      try move(message, from: former.audience, to: next.audience, isUnhandled, hasFailed, at: now, in: db)
    }
    if step == .protect || step == .unprotect { try MessageRecordTable.mark(message.row, isByNode: false, in: db) }
    return next
  }

  /// Gives the message another audience by what the node itself has learnt: out of everybody's lists, counts and words but
  /// of those it is for. Whoever works at it and may not see it any more does not keep it. What a person has marked as about
  /// a protected person stays that.
  /// - Returns: false where nothing has changed.
  @discardableResult
  package static func show(
    _ message: StoredMessage, to audience: Audience, at now: Date, in db: Database
  ) throws -> Bool {
    let (former, isByNode) = try MessageRecordTable.audience(of: message.row, in: db)
    guard former != audience, audience.isProtected || isByNode else { return false }
    let state = try HandlingTable.state(of: message, in: db)
    let hasFailed = try FailedDeliveryTable.fetch(message, in: db) != nil
    let isUnhandled = (hasFailed || message.direction == .incoming) && state.done == nil
    if let handler = state.handler, !(try mayHandle(handler, message, audience, at: now, in: db)) {
      try db.change(
        sql: "UPDATE messageHandling SET handler = NULL, version = version + 1 WHERE messageRow = ?",
        arguments: [message.row])
    }
    try move(message, from: former, to: audience, isUnhandled, hasFailed, at: now, in: db)
    if !former.isProtected { try MessageRecordTable.mark(message.row, isByNode: true, in: db) }
    return true
  }

  /// Whom the message is for now, and whether nothing but the node says so.
  package static func audience(
    of message: StoredMessage, in db: Database
  ) throws -> (audience: Audience, isByNode: Bool) {
    try MessageRecordTable.audience(of: message.row, in: db)
  }

  private static func move(
    _ message: StoredMessage, from former: Audience, to audience: Audience, _ isUnhandled: Bool, _ hasFailed: Bool,
    at now: Date, in db: Database
  ) throws {
    try SearchIndex.remove(message, for: former, in: db)
    try SearchIndex.add(message, for: audience, in: db)
    try ConversationTable.move(message, to: audience, isUnhandled: isUnhandled, hasFailed: hasFailed, in: db)
    // Whoever follows events, and may see it now only, has passed those before.
    if former.isProtected { try Relay.record("whom it is for has changed", about: message, at: now, in: db) }
  }

  private static func mayHandle(
    _ user: UserID, _ message: StoredMessage, _ audience: Audience, at now: Date, in db: Database
  ) throws -> Bool {
    guard let address = message.ownMailbox else { return false }
    return try Access.allows(
      .user(user), .handle, MailboxID(message.participant, address), for: audience, at: now, in: db)
  }
}
