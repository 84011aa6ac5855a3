public import Foundation
import GRDB
public import SDKRelay

/// What became of sending a draft: one message for each recipient.
public struct DraftSending: Hashable, Sendable {
  public let recipients: [Outcome]

  public struct Outcome: Hashable, Sendable {
    public let mailbox: MailboxID
    public let messageID: MessageID
    /// Why this message has not been taken; nil where it has been, and will be sent.
    public let problem: String?
  }

  /// Whether every message has been taken. The draft is gone then; otherwise it holds the rest.
  public var isComplete: Bool { recipients.allSatisfy { $0.problem == nil } }
}

// A draft becomes messages. Each one's id was fixed with the draft, and it is stored in one transaction with the mark at its
// recipient, the last one with the end of the draft: whatever breaks off between, sending the draft again takes the rest,
// and no message twice.
extension MailboxService {
  /// Sends the draft: first every recipient's message is asked about, and nothing is sent where one cannot be; then each is
  /// checked whole, stored durably and queued.
  /// - Parameters:
  ///   - version: the ``MessageDraft/version`` that whoever asks has seen.
  ///   - attestation: why an identity number of somebody who counts as protected may leave with it.
  /// - Throws: ``DraftProblem``, or ``SubmissionProblem``; nothing has been sent then.
  public func sendDraft(
    _ id: MessageID, version: Int, attestation: Attestation? = nil, by principal: Principal,
    through operator: Principal? = nil, at now: Date = .now
  ) async throws -> DraftSending {
    let sending = try await begin(id, version, principal, `operator`, at: now)
    let rest = sending.draft.recipients.filter { !$0.isSent }
    try await check(sending, rest)
    var problems: [MessageID: String] = [:]
    var hasSent = sending.draft.isBeingSent
    for recipient in rest {
      do {
        try await send(sending, to: recipient, attestation, principal, `operator`, at: now)
        hasSent = true
      } catch {
        guard hasSent else { throw error }
        problems[recipient.messageID] = error.description
      }
    }
    if problems.isEmpty {
      relay.removeFiles(sending.draft.files.map(\.held), of: sending.draft.mailbox.participant)
    }
    return DraftSending(
      recipients: sending.draft.recipients.map {
        DraftSending.Outcome(mailbox: $0.mailbox, messageID: $0.messageID, problem: problems[$0.messageID])
      })
  }

  /// A draft about to be sent.
  private struct Sending: Sendable {
    let draft: MessageDraft
    /// Whom the message that it has to do with is for.
    let audience: Audience
  }

  private func begin(
    _ id: MessageID, _ version: Int, _ principal: Principal, _ operator: Principal?, at now: Date
  ) async throws -> Sending {
    do {
      return try relay.read { db in try sending(id, version, principal, at: now, in: db) }
    } catch let problem as DraftProblem {
      return try await audited(AuditRecord(principal, through: `operator`, .sendMessage, messageID: id), at: now) {
        _, _ in throw problem
      }
    }
  }

  /// The draft, if it may be sent now.
  private func sending(
    _ id: MessageID, _ version: Int, _ principal: Principal, at now: Date, in db: Database
  ) throws -> Sending {
    let (draft, audience) = try fetchDraft(id, for: principal, at: now, in: db)
    guard draft.version == version else { throw DraftProblem.stale(seen: version, now: draft.version) }
    guard !draft.recipients.isEmpty else { throw DraftProblem.noRecipient }
    let limit = relay.settings.drafts.recipients
    guard draft.recipients.count <= limit else { throw DraftProblem.tooManyRecipients(limit: limit) }
    if draft.origin.hasFixedRecipient { try DraftTable.origin(of: draft, in: db)?.checkAnswerable() }
    return Sending(draft: draft, audience: audience)
  }

  /// Asks about every recipient before the first message is stored.
  private func check(_ sending: Sending, _ recipients: [DraftRecipient]) async throws {
    var refusals: [DraftProblem.Refusal] = []
    await renewAgreements()
    for recipient in recipients {
      let draft = try draft(sending.draft, to: recipient)
      do {
        try await relay.check(draft)
        if case .refused(let refusal) = try agreements?.book().permission(draft, sending.draft.content.kind) {
          refusals.append(DraftProblem.Refusal(mailbox: recipient.mailbox, reason: refusal.description))
        }
      } catch SubmissionProblem.refused(let reason) {
        refusals.append(DraftProblem.Refusal(mailbox: recipient.mailbox, reason: reason))
      }
    }
    if !refusals.isEmpty { throw DraftProblem.refused(refusals) }
  }

  private func send(
    _ sending: Sending, to recipient: DraftRecipient, _ attestation: Attestation?, _ principal: Principal,
    _ operator: Principal?, at now: Date
  ) async throws(SubmissionProblem) {
    let (id, version) = (sending.draft.id, sending.draft.version)
    do {
      _ = try await submit(
        message(sending.draft, to: recipient), kind: sending.draft.content.kind, submitter: principal,
        for: sending.audience, attestation: attestation
      ) { [self] message, db in
        do {
          let current = try self.sending(id, version, principal, at: now, in: db)
          // The message has been stored as it was to be marked when this began.
          guard current.audience == sending.audience else {
            throw SubmissionProblem.refused("the message that the draft has to do with was marked meanwhile: try again")
          }
          let isLast = try DraftTable.sent(recipient, of: current.draft, at: now, in: db)
          if isLast { try current.draft.remove(relay, in: db) }
        } catch let problem as DraftProblem {
          throw SubmissionProblem.refused(problem.description)
        }
        var record = AuditRecord(principal, through: `operator`, .sendMessage, messageID: message.id)
        (record.participant, record.mailbox) = (message.participant, message.ownMailbox)
        let target = "to \(recipient.mailbox.participant.value)"
        record.object = [target, record.object].compactMap(\.self).joined(separator: ", ")
        try audit.append(record, at: now, in: db)
      }
    } catch {
      // Somebody else may have sent the same draft at the same time.
      guard (try? isSent(recipient, of: sending.draft)) == true else { throw error }
    }
  }

  /// Whether this very message has been stored.
  private func isSent(_ recipient: DraftRecipient, of draft: MessageDraft) throws -> Bool {
    try relay.message(recipient.messageID, participant: draft.mailbox.participant).contains {
      $0.direction == .outgoing && $0.sender.mailbox == draft.mailbox.address
        && $0.recipient.id == recipient.mailbox.participant && $0.recipient.mailbox == recipient.mailbox.address
    }
  }

  /// The message to one recipient, or why it cannot be submitted.
  private func message(_ draft: MessageDraft, to recipient: DraftRecipient) throws(SubmissionProblem) -> Draft {
    do {
      return try self.draft(draft, to: recipient)
    } catch {
      throw .unavailable("\(error)")
    }
  }

  /// The message to one recipient, as the relay takes it.
  private func draft(_ draft: MessageDraft, to recipient: DraftRecipient) throws -> Draft {
    let content = draft.content
    var message = Draft(
      from: Draft.Mailbox(draft.mailbox.participant, draft.mailbox.address),
      to: Draft.Mailbox(recipient.mailbox.participant, recipient.mailbox.address), subject: content.subject,
      isConfidential: content.isConfidential, references: content.references)
    message.documents = [
      Draft.Document(
        texts: content.texts,
        attachments: try draft.files.map {
          Draft.Attachment(try file($0, of: draft), name: $0.name, contentType: $0.contentType)
        })
    ]
    message.chosen.messageID = recipient.messageID
    if draft.origin.hasFixedRecipient {
      message.replyTo = draft.origin.message
    } else {
      message.chosen.conversationID = draft.id
    }
    return message
  }
}
