public import Foundation
import GRDB
public import SDKRelay

// Drafts that have to do with a message that is here.
extension MailboxService {
  /// Begins an answer to a received message: to its sender's mailbox, in its conversation. When it is sent, the sender's
  /// references are returned.
  /// - Parameters:
  ///   - content: an empty subject is the message's own. What answers a message under secrecy begins so.
  ///   - mailbox: where to answer to, if the sender has left that out.
  /// - Throws: ``MessageProblem/notFound`` also when the principal may not answer it; ``DraftProblem``.
  public func newReply(
    to id: MessageID, _ content: DraftContent = DraftContent(), mailbox: FunctionalAddress? = nil,
    by principal: Principal, through operator: Principal? = nil, at now: Date = .now
  ) async throws -> MessageDraft {
    try await newAnswer(.reply(id), content, principal, `operator`, at: now) { message in
      guard message.direction == .incoming else { throw DraftProblem.onlyReceivedAnswered }
      guard let address = message.sender.mailbox ?? mailbox else { throw DraftProblem.noMailboxToAnswer }
      return MailboxID(message.sender.id, address)
    }
  }

  /// Begins a supplement (komplettering) to a message that was sent: to the same mailbox, in the same conversation. It
  /// refers to the first of those messages.
  public func newSupplement(
    to id: MessageID, _ content: DraftContent = DraftContent(), by principal: Principal,
    through operator: Principal? = nil, at now: Date = .now
  ) async throws -> MessageDraft {
    try await newAnswer(.supplement(id), content, principal, `operator`, at: now) { message in
      guard message.direction == .outgoing, let address = message.recipient.mailbox else {
        throw DraftProblem.onlySentSupplemented
      }
      return MailboxID(message.recipient.id, address)
    }
  }

  private func newAnswer(
    _ origin: DraftOrigin, _ content: DraftContent, _ principal: Principal, _ operator: Principal?, at now: Date,
    _ recipient: @escaping @Sendable (StoredMessage) throws -> MailboxID
  ) async throws -> MessageDraft {
    let record = AuditRecord(principal, through: `operator`, .createDraft, messageID: origin.message)
    return try await audited(record, at: now) { [self] record, db in
      let message = try Self.origin(origin, for: principal, at: now, in: db)
      try message.checkAnswerable()
      let own = try message.ownPlace
      (record.participant, record.mailbox) = (own.participant, own.address)
      let new = try NewDraft(
        own, origin, message.row, content.answering(message), [recipient(message)], by: principal,
        limits: relay.settings.drafts)
      record.object = [record.object, "draft \(new.id.value)"].compactMap(\.self).joined(separator: ", ")
      return try insert(new, at: now, in: db)
    }
  }

  /// The message that a draft is to have to do with, if the principal may send what does.
  static func origin(
    _ origin: DraftOrigin, for principal: Principal, at now: Date, in db: Database
  ) throws -> StoredMessage {
    guard case .user = principal else { throw DraftProblem.usersOnly }
    guard let id = origin.message else { throw MessageProblem.notFound }
    // Where two mailboxes of the organisation exchanged it, the copy of the one that may write now.
    let preferred: MessageDirection = if case .supplement = origin { .outgoing } else { .incoming }
    let other: MessageDirection = preferred == .outgoing ? .incoming : .outgoing
    for direction in [preferred, other] {
      // Whoever answers or passes on says what stands there.
      guard (try? message(id, direction: direction, .read, for: principal, at: now, in: db)) != nil else { continue }
      let found = try? message(id, direction: direction, .send, for: principal, at: now, in: db)
      if let found { return found }
    }
    throw MessageProblem.notFound
  }
}

extension StoredMessage {
  /// The other side refuses what refers to a message that it rejected or counts as failed: for a sent one because it never
  /// had it or said no, for a received one because our message receipt did not reach it (case 11).
  func checkAnswerable() throws(DraftProblem) {
    if status == .rejected || status == .messageExchangeError { throw .failedMessage(status) }
  }

  /// The own mailbox.
  var ownPlace: MailboxID {
    get throws {
      guard let address = ownMailbox else { throw MessageProblem.notFound }
      return MailboxID(participant, address)
    }
  }
}

extension DraftContent {
  /// The content of an answer, as it begins.
  fileprivate func answering(_ message: StoredMessage) -> DraftContent {
    var content = self
    if content.subject.isEmpty { content.subject = message.subject }
    if message.content.isConfidential { content.isConfidential = true }
    return content
  }
}
