public import Foundation
import GRDB
public import SDKRelay

extension AuditAction {
  /// `register.register`, `register.cullable`, `register.withdraw`.
  public static func register(_ step: RegisterStep) -> AuditAction { AuditAction(rawValue: "register.\(step.name)") }
}

extension MailboxService {
  /// Takes a step in the register.
  /// - Parameters:
  ///   - direction: whose copy is meant where two mailboxes of one organisation exchanged the message.
  ///   - version: the ``RegisterEntry/version`` that whoever asks has seen: of two who do so at once, one is refused.
  ///   - operator: who asks in the user's name at the command line: the audit trail names both.
  ///   - reason: for the register's history and the audit trail, never content.
  /// - Throws: ``RegisterProblem``, or ``MessageProblem/notFound`` also when the principal may not register it.
  @discardableResult
  public func register(
    _ id: MessageID, direction: MessageDirection? = nil, _ step: RegisterStep, version: Int, by principal: Principal,
    through operator: Principal? = nil, reason: String? = nil, at now: Date = .now
  ) async throws -> RegisterEntry {
    let rules = if case .cullable = step { try retentionRules() } else { RetentionRules() }
    let record = AuditRecord(
      principal, through: `operator`, .register(step), messageID: id, object: step.object, reason: reason)
    return try await audited(record, at: now) { record, db in
      let message = try Self.message(id, direction: direction, .register, for: principal, at: now, in: db)
      (record.participant, record.mailbox) = (message.participant, message.ownMailbox)
      guard case .user = principal else { throw RegisterProblem.usersOnly }
      if case .cullable(let rule) = step, !rules.allowsMarking(message, rule) {
        throw RegisterProblem.unknownRule(rule)
      }
      return try Self.take(step, version, at: message, by: principal, reason: reason, at: now, in: db)
    }
  }

  static func take(
    _ step: RegisterStep, _ version: Int, at message: StoredMessage, by principal: Principal, reason: String? = nil,
    at now: Date, in db: Database
  ) throws -> RegisterEntry {
    let former = try RegisterTable.entry(of: message, in: db)
    guard former.version == version else { throw RegisterProblem.stale(seen: version, now: former.version) }
    let hasReason = !(reason ?? "").allSatisfy(\.isWhitespace)
    let next = try former.after(step, hasReason: hasReason, at: now)
    try RegisterTable.keep(step, next, of: message, by: principal, reason: reason, at: now, in: db)
    return next
  }
}

extension RegisterStep {
  /// The dnr or the rule, for the audit trail.
  fileprivate var object: String? {
    switch self {
    case .register(let facts, _): "dnr \(facts.dnr)"
    case .cullable(let rule): "rule \(rule)"
    case .withdraw: nil
    }
  }
}
