public import Foundation
import GRDB
public import SDKRelay

/// A legal hold (rättsligt stopp): nothing that it is on is culled, whatever a rule or an approved plan says.
public struct LegalHold: Hashable, Sendable {
  /// What it is on.
  public enum Target: Hashable, Sendable {
    /// One message, by id.
    case message(MessageID)
    /// All messages of a conversation with a counterparty, also those to come.
    case conversation(MessageID, counterparty: ParticipantID)
    /// Everything in the organisation that has this dnr, in the register, in a case system or among its references.
    case dnr(String)
  }

  public let number: Int64
  /// The mailbox of the message or conversation; for a dnr that of whoever set it.
  public let mailbox: MailboxID
  public let target: Target
  public let reason: String
  public let setBy: UserID
  public let set: Date
  public let liftedBy: UserID?
  public let lifted: Date?
}

/// Why a hold is not set or lifted.
public enum HoldProblem: Error, Hashable, Sendable, CustomStringConvertible {
  case needsReason
  case notFound
  case isLifted
  case usersOnly

  public var description: String {
    switch self {
    case .needsReason: "a hold is set and lifted for a reason of 1 to 500 characters"
    case .notFound: "there is no such hold"
    case .isLifted: "the hold has been lifted"
    case .usersOnly: "only users set and lift holds"
    }
  }
}

extension AuditAction {
  public static let setHold = AuditAction(rawValue: "hold.set")
  public static let liftHold = AuditAction(rawValue: "hold.lift")
}

extension MailboxService {
  /// Sets a hold. It counts at once, also for plans that have been approved.
  /// - Parameter direction: whose copy is meant where two mailboxes of one organisation exchanged the message.
  /// - Throws: ``HoldProblem``, or ``MessageProblem/notFound`` also for what the principal may set no hold on.
  public func hold(
    _ target: LegalHold.Target, in mailbox: MailboxID, direction: MessageDirection? = nil, reason: String,
    by principal: Principal, through operator: Principal? = nil, at now: Date = .now
  ) async throws -> LegalHold {
    let record = AuditRecord(
      principal, through: `operator`, .setHold, participant: mailbox.participant, mailbox: mailbox.address,
      messageID: target.messageID, object: target.object, reason: reason)
    return try await audited(record, at: now) { _, db in
      try Access.check(principal, .hold, mailbox, at: now, in: db)
      guard case .user(let user) = principal else { throw HoldProblem.usersOnly }
      guard RegisterFacts.isLine(reason, most: 500) else { throw HoldProblem.needsReason }
      var row: Int64?
      if case .message(let id) = target {
        let message = try Self.message(id, direction: direction, .hold, for: principal, at: now, in: db)
        guard message.participant == mailbox.participant, message.ownMailbox == mailbox.address else {
          throw MessageProblem.notFound
        }
        row = message.row
      }
      return try LegalHoldTable.insert(target, row, in: mailbox, reason, by: user, at: now, db)
    }
  }

  /// Lifts a hold.
  /// - Throws: ``HoldProblem``; ``HoldProblem/notFound`` also where the principal may set none.
  public func liftHold(
    _ number: Int64, reason: String, by principal: Principal, through operator: Principal? = nil, at now: Date = .now
  ) async throws {
    let record = AuditRecord(principal, through: `operator`, .liftHold, object: "hold \(number)", reason: reason)
    try await audited(record, at: now) { record, db in
      guard let hold = try LegalHoldTable.fetch(number, for: principal, .hold, at: now, in: db) else {
        throw HoldProblem.notFound
      }
      (record.participant, record.mailbox) = (hold.mailbox.participant, hold.mailbox.address)
      guard case .user(let user) = principal else { throw HoldProblem.usersOnly }
      guard RegisterFacts.isLine(reason, most: 500) else { throw HoldProblem.needsReason }
      guard hold.lifted == nil else { throw HoldProblem.isLifted }
      try LegalHoldTable.lift(number, reason, by: user, at: now, in: db)
    }
  }

  /// The holds in mailboxes where the principal may list messages, without those on messages it may not see; the newest
  /// first, at most 1,000.
  public func holds(
    for principal: Principal, includingLifted: Bool = false, at now: Date = .now
  ) throws -> [LegalHold] {
    try relay.read { try LegalHoldTable.all(for: principal, includingLifted, at: now, in: $0) }
  }
}

extension LegalHold.Target {
  fileprivate var messageID: MessageID? { if case .message(let id) = self { id } else { nil } }

  fileprivate var object: String? {
    switch self {
    case .message: nil
    case .conversation(let id, let counterparty): "conversation \(id.value) with \(counterparty.value)"
    case .dnr(let dnr): "dnr \(dnr)"
    }
  }
}
