public import Foundation
package import GRDB
public import SDKRelay

/// Why a message cannot be had. What one may not know of looks as what is not there.
public enum MessageProblem: Error, Hashable, Sendable, CustomStringConvertible {
  case notFound
  /// It is still on its way: only messages in a final status can be taken.
  case notFinal(MessageStatus)

  public var description: String {
    switch self {
    case .notFound: "there is no such message"
    case .notFinal(let status): "the message is \(status.rawValue); it can be removed when it is final"
    }
  }
}

extension AuditAction {
  public static let sendMessage = AuditAction(rawValue: "message.send")
  public static let readMessage = AuditAction(rawValue: "message.read")
  public static let takeMessage = AuditAction(rawValue: "message.take")
}

// Messages as a principal may handle them: each step asks ``Access`` first, in its own transaction.
extension MailboxService {
  /// Checks the draft against agreement, stores it durably and queues it, for whoever runs commands on the node and needs
  /// no grant to send. The audit trail tells of it in the same transaction.
  public func submit(
    _ draft: Draft, kind: InformationKind = .other, attestation: Attestation? = nil, byOperator operator: Principal,
    at now: Date = .now
  ) async throws(SubmissionProblem) -> MessageID {
    try await submit(draft, kind: kind, submitter: `operator`, attestation: attestation) { [audit] message, db in
      try audit.append(AuditRecord(sending: draft, message.id, by: `operator`), at: now, in: db)
    }
  }

  /// Checks the draft against access and agreement, stores it durably and queues it.
  /// - Parameters:
  ///   - attestation: why an identity number of somebody who counts as protected may leave with it.
  ///   - operator: who asks in the user's name at the command line: the audit trail names both.
  /// - Throws: ``AccessDenied`` when the principal may not send from the mailbox, or ``SubmissionProblem``.
  public func submit(
    _ draft: Draft, kind: InformationKind = .other, attestation: Attestation? = nil, by principal: Principal,
    through operator: Principal? = nil, at now: Date = .now
  ) async throws -> MessageID {
    let mailbox = MailboxID(draft.sender.participant, draft.sender.address)
    let record = AuditRecord(sending: draft, draft.chosen.messageID, by: principal, through: `operator`)
    // Before anything is copied. It counts again in the transaction that stores the message.
    if try !relay.read({ try Access.allows(principal, .send, mailbox, at: now, in: $0) }) {
      return try await audited(record, at: now) { _, db in
        try Access.check(principal, .send, mailbox, at: now, in: db)
        throw MessageProblem.notFound
      }
    }
    if let id = draft.replyTo {
      try relay.read { db in
        let answered = try? Self.message(id, .send, for: principal, at: now, in: db)
        guard answered?.participant == mailbox.participant else {
          throw SubmissionProblem.refused("there is no message \(id) to reply to")
        }
      }
    }
    return try await submit(draft, kind: kind, submitter: principal, attestation: attestation) { [audit] message, db in
      try Access.check(principal, .send, mailbox, at: now, in: db)
      var record = record
      record.messageID = message.id
      try audit.append(record, at: now, in: db)
    }
  }

  /// The messages that match and that the principal may see, oldest first.
  public func messages(
    _ query: MessageQuery, for principal: Principal, at now: Date = .now
  ) throws -> [StoredMessage] {
    try relay.read { db in
      let reach = try Access.reach(of: principal, .list, at: now, in: db)
      var found: [StoredMessage] = []
      for mailbox in reach.mailboxes { found += try query.fetch(in: mailbox, for: principal, at: now, in: db) }
      return Array(found.sorted { $0.row < $1.row }.prefix(query.limit))
    }
  }

  /// The message with its content, for reading; the audit trail tells of it.
  /// - Parameters:
  ///   - direction: whose copy to take where two mailboxes of one organisation exchanged it.
  ///   - part: what of it, where it is not the whole: an id or code for the audit trail, never content.
  /// - Throws: ``MessageProblem/notFound`` also when the principal may not read it; ``ContentProblem`` where its content
  ///   cannot be had; ``AccessDenied`` where it is about a protected person and the user has given no reason
  ///   (``open(protected:direction:reason:breakingGlass:by:through:at:)``).
  public func open(
    _ id: MessageID, direction: MessageDirection? = nil, part: String? = nil, by principal: Principal,
    at now: Date = .now
  ) async throws -> StoredMessage {
    let record = AuditRecord(principal, .readMessage, messageID: id, object: part)
    return try await audited(record, at: now) { record, db in
      let message = try Self.message(id, direction: direction, .read, for: principal, at: now, in: db)
      record.participant = message.participant
      record.mailbox = message.ownMailbox
      try Self.demandReason(for: [message], by: principal, &record, at: now, in: db)
      if let problem = message.contentProblem { throw problem }
      return message
    }
  }

  /// The client has the message in its own keeping: it is shown to technical clients no longer. Its content stays here
  /// until a rule of retention ends it.
  /// - Throws: ``MessageProblem``.
  public func take(_ id: MessageID, by principal: Principal, at now: Date = .now) async throws {
    let record = AuditRecord(principal, .takeMessage, messageID: id)
    try await audited(record, at: now) { record, db in
      let message = try Self.message(id, .remove, for: principal, at: now, in: db)
      record.participant = message.participant
      record.mailbox = message.ownMailbox
      guard message.status.isFinal else { throw MessageProblem.notFinal(message.status) }
      guard try MessageRecordTable.take(message.row, by: principal, at: now, in: db) else {
        throw MessageProblem.notFound
      }
    }
  }

  /// The newest message with the id that the principal may do this with.
  /// - Parameter direction: whose copy to take where two mailboxes of one organisation exchanged it.
  package static func message(
    _ id: MessageID, direction: MessageDirection? = nil, _ permission: Permission, for principal: Principal,
    at now: Date, in db: Database
  ) throws -> StoredMessage {
    let access = AccessFilter(messages: principal, permission, at: now)
    let row = try Row.fetchOne(
      db,
      sql: """
        SELECT \(StoredMessage.columns) FROM message JOIN messageRecord ON messageRow = message.id
        WHERE messageId = ? AND (? IS NULL OR direction = ?) AND \(access.sql) ORDER BY message.id DESC LIMIT 1
        """, arguments: [id.value, direction?.rawValue, direction?.rawValue] + access.arguments)
    guard let row else { throw MessageProblem.notFound }
    return try StoredMessage(row)
  }
}

extension AuditRecord {
  fileprivate init(
    sending draft: Draft, _ id: MessageID?, by principal: Principal, through operator: Principal? = nil
  ) {
    self.init(
      principal, through: `operator`, .sendMessage, participant: draft.sender.participant,
      mailbox: draft.sender.address, messageID: id, object: "to \(draft.recipient.participant.value)")
  }
}
