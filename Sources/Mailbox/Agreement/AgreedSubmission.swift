public import GRDB
import Foundation
public import SDKRelay
import Synchronization
import XMLSecurity

extension MailboxService {
  /// Submits a draft as ``Relay/submit(_:also:)`` does, if an agreement in force allows it, and stores which version
  /// that was in the same transaction. Where the settings name no agreements, whatever the directory names is allowed.
  /// - Parameters:
  ///   - kind: what the message is about.
  ///   - also: what is stored with the message in the same transaction. If it throws, nothing is stored.
  public func submit(
    _ draft: Draft, kind: InformationKind = .other,
    also: @escaping @Sendable (StoredMessage, Database) throws -> Void = { _, _ in }
  ) async throws(SubmissionProblem) -> MessageID {
    try await submit(draft, kind: kind, submitter: nil, also: also)
  }

  /// - Parameters:
  ///   - submitter: who hands it in; nil for whoever runs commands on the node.
  ///   - audience: whom what it passes on or answers is for.
  ///   - attestation: why an identity number of somebody who counts as protected may leave with it.
  func submit(
    _ draft: Draft, kind: InformationKind, submitter: Principal?, for audience: Audience = .mailbox,
    attestation: Attestation? = nil,
    also: @escaping @Sendable (StoredMessage, Database) throws -> Void
  ) async throws(SubmissionProblem) -> MessageID {
    let needsSecrecy = Atomic(false)
    let also: @Sendable (StoredMessage, Database) throws -> Void = { [self] message, db in
      let found = try companion?.audience(of: message, at: message.stored, in: db) ?? .mailbox
      let joined = try AccessListTable.joined(found, audience, of: message.participant, in: db)
      try MessageRecordTable.insert(
        message, submittedBy: submitter, for: joined, isByNode: !audience.isProtected, in: db)
      try attest(message, attestation, by: submitter, in: db)
      try companion?.stored(message, at: message.stored, in: db)
      do {
        try Self.checkSecrecy(of: message, in: db)
      } catch {
        needsSecrecy.store(true, ordering: .relaxed)
        throw error
      }
      try also(message, db)
    }
    try draft.checkNames()
    // Secrecy of what is about a protected person is no choice of its writer.
    var draft = draft
    if audience.isProtected || answersProtected(draft) { draft.isConfidential = true }
    do throws(SubmissionProblem) {
      return try await submit(draft, kind, also)
    } catch {
      guard needsSecrecy.load(ordering: .relaxed), !draft.isConfidential else { throw error }
    }
    // What nothing but its references, or its case, told to be about somebody who counts as protected.
    draft.isConfidential = true
    return try await submit(draft, kind, also)
  }

  /// Submits the draft as it is, if an agreement lets it.
  private func submit(
    _ draft: Draft, _ kind: InformationKind, _ also: @escaping @Sendable (StoredMessage, Database) throws -> Void
  ) async throws(SubmissionProblem) -> MessageID {
    guard let agreements else { return try await relay.submit(draft, also: also) }
    await renewAgreements()
    let book: AgreementBook
    do {
      book = try agreements.book()
    } catch {
      throw .unavailable("\(error)")
    }
    // Before anything is copied; what counts is the answer about what has been stored.
    if case .refused(let refusal) = book.permission(draft, kind) { throw .refused(refusal.description) }
    return try await relay.submit(draft) { message, db in
      let permission = book.permission(message, kind)
      if case .refused(let refusal) = permission { throw SubmissionProblem.refused(refusal.description) }
      try AgreementTable.insert(message, permission, kind: kind, in: db)
      try also(message, db)
      try Self.checkRecipient(of: message, permission, book, in: db)
    }
  }

  /// No number of a person who counts as protected leaves without somebody's word for it: the case's own references lead to
  /// them.
  func attest(
    _ message: StoredMessage, _ attestation: Attestation?, by submitter: Principal?, in db: Database
  ) throws {
    let numbers = try companion?.protectedNumbers(in: message, at: message.stored, in: db) ?? []
    guard !numbers.isEmpty else { return }
    guard let attestation else {
      throw SubmissionProblem.refused(
        "it has the number of a person who counts as protected: refer to the case instead, or attest that it may leave")
    }
    let record = AuditRecord(
      submitter ?? .service, .attestIdentity, participant: message.participant, mailbox: message.ownMailbox,
      messageID: message.id, persons: numbers, reason: attestation.text)
    try audit.append(record, at: message.stored, in: db)
  }

  private func answersProtected(_ draft: Draft) -> Bool {
    guard let id = draft.replyTo ?? draft.chosen.refToMessageID else { return false }
    // Where it cannot be told now, the transaction that stores it judges.
    let row = try? relay.read { db in
      try db.row(
        sql: """
          SELECT 1 FROM message JOIN messageRecord ON messageRow = message.id
          WHERE messageId = ? AND message.participant = ? AND isProtected LIMIT 1
          """, arguments: [id.value, draft.sender.participant.comparable])
    }
    return row != nil
  }

  /// What is about a protected person leaves under secrecy.
  private static func checkSecrecy(of message: StoredMessage, in db: Database) throws {
    guard try isProtected(message, in: db), !message.content.isConfidential else { return }
    throw SubmissionProblem.refused("the message is about a protected person: mark it as under secrecy")
  }

  /// And only to mailboxes that have agreed to take it (R2).
  private static func checkRecipient(
    of message: StoredMessage, _ permission: AgreementPermission, _ book: AgreementBook, in db: Database
  ) throws {
    guard try isProtected(message, in: db), case .allowed(let reference) = permission,
      let address = message.recipient.mailbox
    else { return }
    let agreement = book.versions.first { $0.reference == reference }
    guard agreement?.party(message.recipient.id)?.mailbox(address)?.protectedPersons != true else { return }
    throw SubmissionProblem.refused(
      "R2: by the agreement \(reference) \(address) takes no messages on protected persons: use ordinary cooperation "
        + "outside the system")
  }

  private static func isProtected(_ message: StoredMessage, in db: Database) throws -> Bool {
    let row = try db.row(sql: "SELECT isProtected FROM messageRecord WHERE messageRow = ?", arguments: [message.row])
    return row?["isProtected"] ?? true
  }

  /// The agreement that a message was sent or received under; nil where the node had none then.
  public func agreement(of message: StoredMessage) throws -> MessageAgreement? {
    try relay.read { try AgreementTable.fetch(message.row, in: $0) }
  }
}

extension Draft {
  /// What shows a message in lists and logs of both sides, and is no part of what secrecy protects, names nobody.
  fileprivate func checkNames() throws(SubmissionProblem) {
    func check(_ text: String?, _ place: String) throws(SubmissionProblem) {
      guard let text, IdentityNumbers.areCertainlyIn(text) else { return }
      throw .refused("\(place) holds a person's identity number: leave it out, and refer to the case instead")
    }
    try check(subject, "the subject")
    for (index, attachment) in attachments.enumerated() {
      try check(attachment.name, "the name of attachment \(index + 1)")
    }
    for (index, document) in documents.enumerated() { try check(document.name, "the name of document \(index + 1)") }
  }
}

extension AgreementBook {
  /// About a draft: the sizes are those that its files have now. A file that cannot be seen has none, and is for the
  /// relay to refuse.
  func permission(_ draft: Draft, _ kind: InformationKind) -> AgreementPermission {
    let attachments = draft.attachments.map {
      AgreementPermission.Attachment(type: $0.contentType, size: $0.stored.size ?? 0)
    }
    return permission(from: draft.sender, to: draft.recipient, kind: kind, attachments: attachments, at: .now)
  }

  fileprivate func permission(_ message: StoredMessage, _ kind: InformationKind) -> AgreementPermission {
    guard let sender = message.sender.place, let recipient = message.recipient.place else {
      return .refused(
        AgreementPermission.Refusal(reason: .mailboxNotAgreed, description: "the message names no mailbox"))
    }
    let attachments = message.content.files.map { AgreementPermission.Attachment(type: $0.contentType, size: $0.size) }
    return permission(from: sender, to: recipient, kind: kind, attachments: attachments, at: message.stored)
  }
}

extension AgreementWatch {
  /// Stores which agreement covers a received message, or that none does. The message is taken either way: its sender
  /// has a receipt by then.
  func record(received message: StoredMessage, in db: Database) throws {
    guard let recipient = message.recipient.place, let book = try? book() else { return }
    let permission = book.coverage(
      from: (message.sender.id, message.sender.mailbox), to: recipient, at: message.stored)
    try AgreementTable.insert(message, permission, kind: nil, in: db)
  }
}

extension MessageParty {
  /// Nil where the mailbox was left out.
  fileprivate var place: Draft.Mailbox? { mailbox.map { Draft.Mailbox(id, $0) } }
}
