public import Foundation
import GRDB
public import SDKRelay

extension AuditAction {
  public static let createDraft = AuditAction(rawValue: "draft.create")
  public static let readDraft = AuditAction(rawValue: "draft.read")
  public static let changeDraft = AuditAction(rawValue: "draft.change")
  public static let discardDraft = AuditAction(rawValue: "draft.discard")
}

// Drafts of a mailbox, for everybody who may send from there. In each, `operator` is who asks in the user's name at the
// command line: the audit trail names both.
extension MailboxService {
  /// Begins a message in the mailbox.
  /// - Parameter recipients: more than one make a distribution list: each gets a message of its own in one conversation.
  /// - Throws: ``AccessDenied`` or ``DraftProblem``.
  public func newDraft(
    _ content: DraftContent = DraftContent(), in mailbox: MailboxID, to recipients: [MailboxID] = [],
    by principal: Principal, through operator: Principal? = nil, at now: Date = .now
  ) async throws -> MessageDraft {
    let new = try NewDraft(mailbox, .new, nil, content, recipients, by: principal, limits: relay.settings.drafts)
    return try await audited(new.record(principal, `operator`), at: now) { [self] _, db in
      try Access.check(principal, .send, mailbox, at: now, in: db)
      return try insert(new, at: now, in: db)
    }
  }

  /// The draft with its content; the audit trail tells of it.
  public func draft(
    _ id: MessageID, reason: String? = nil, by principal: Principal, through operator: Principal? = nil,
    at now: Date = .now
  ) async throws -> MessageDraft {
    let record = AuditRecord(principal, through: `operator`, .readDraft, messageID: id, reason: reason)
    return try await audited(record, at: now) { [self] record, db in
      let draft = try fetchDraft(id, for: principal, at: now, in: db).draft
      (record.participant, record.mailbox) = (draft.mailbox.participant, draft.mailbox.address)
      // It has the texts of what it passes on.
      if case .forward = draft.origin, let origin = try DraftTable.origin(of: draft, in: db) {
        try Self.demandReason(for: [origin], by: principal, &record, at: now, in: db)
      }
      return draft
    }
  }

  /// The drafts that match and that the principal may work at, newest first, without their texts.
  public func drafts(
    _ query: DraftQuery = DraftQuery(), for principal: Principal, at now: Date = .now
  ) throws -> [MessageDraft] {
    let since = query.isForgotten ? now - forgottenAfter : nil
    return try relay.read { db in
      try DraftTable.fetch(query, unchangedSince: since, for: principal, at: now, in: db)
        .filter { try isFor(principal, $0, at: now, in: db) }.map(\.withoutTexts)
    }
  }

  /// Whether nobody has changed the draft for as long as the settings say.
  public func isForgotten(_ draft: MessageDraft, at now: Date = .now) -> Bool { draft.changed < now - forgottenAfter }

  private var forgottenAfter: TimeInterval { relay.settings.drafts.forgottenAfter / .seconds(1) }

  /// Changes what the draft says, or whom it goes to.
  /// - Parameters:
  ///   - version: the ``MessageDraft/version`` that whoever asks has seen.
  ///   - content: nil leaves it as it is, and so for the recipients.
  public func changeDraft(
    _ id: MessageID, version: Int, content: DraftContent? = nil, recipients: [MailboxID]? = nil,
    by principal: Principal, through operator: Principal? = nil, at now: Date = .now
  ) async throws -> MessageDraft {
    try content?.check()
    if let recipients { try NewDraft.check(recipients, limits: relay.settings.drafts) }
    return try await changing(id, version, .changeDraft, principal, `operator`, at: now) { draft, db in
      if let content {
        let isSecret = try DraftTable.origin(of: draft, in: db)?.content.isConfidential ?? false
        if case .forward = draft.origin, isSecret, !content.isConfidential { throw DraftProblem.staysConfidential }
        try DraftTable.set(content, of: draft, in: db)
      }
      if let recipients, recipients != draft.recipients.map(\.mailbox) {
        guard !draft.origin.hasFixedRecipient else { throw DraftProblem.fixedRecipient }
        try DraftTable.set(recipients, ofDraft: draft.position, draft.id, in: db)
      }
    }
  }

  /// Removes the draft and its attachments. What has been sent of it is sent.
  public func discardDraft(
    _ id: MessageID, version: Int, by principal: Principal, through operator: Principal? = nil, at now: Date = .now
  ) async throws {
    let draft = try await audited(
      AuditRecord(principal, through: `operator`, .discardDraft, messageID: id), at: now
    ) { [self] record, db in
      let draft = try fetchDraft(id, for: principal, at: now, in: db).draft
      (record.participant, record.mailbox) = (draft.mailbox.participant, draft.mailbox.address)
      guard draft.version == version else { throw DraftProblem.stale(seen: version, now: draft.version) }
      try draft.remove(relay, in: db)
      return draft
    }
    relay.removeFiles(draft.files.map(\.held), of: draft.mailbox.participant)
  }

  // MARK: Parts

  /// Changes a draft in one transaction with its audit entry.
  func changing(
    _ id: MessageID, _ version: Int, _ action: AuditAction, _ principal: Principal, _ operator: Principal?,
    at now: Date, _ change: @escaping @Sendable (MessageDraft, Database) throws -> Void
  ) async throws -> MessageDraft {
    try await audited(AuditRecord(principal, through: `operator`, action, messageID: id), at: now) {
      [self] record, db in
      let draft = try fetchDraft(id, for: principal, at: now, in: db).draft
      (record.participant, record.mailbox) = (draft.mailbox.participant, draft.mailbox.address)
      guard draft.version == version else { throw DraftProblem.stale(seen: version, now: draft.version) }
      guard !draft.isBeingSent else { throw DraftProblem.beingSent }
      try change(draft, db)
      try DraftTable.changed(draft, at: now, in: db)
      return try fetchDraft(id, for: principal, at: now, in: db).draft
    }
  }

  func insert(_ new: NewDraft, at now: Date, in db: Database) throws -> MessageDraft {
    let limit = relay.settings.drafts.perMailbox
    guard try DraftTable.count(in: new.mailbox, db) < limit else { throw DraftProblem.tooManyDrafts(limit: limit) }
    let row = try DraftTable.insert(
      new.id, in: new.mailbox, by: new.author, new.origin, originRow: new.originRow, new.content, at: now, in: db)
    try DraftTable.set(new.recipients, ofDraft: row, new.id, in: db)
    do {
      return try fetchDraft(new.id, for: .user(new.author), at: now, in: db).draft
    } catch DraftProblem.notFound {
      throw DraftProblem.content("it is about somebody about whom you may not write")
    }
  }

  /// The draft, if the principal may work at it, and whom the message that it has to do with is for.
  func fetchDraft(
    _ id: MessageID, for principal: Principal, at now: Date, in db: Database
  ) throws -> (draft: MessageDraft, audience: Audience) {
    let found = try DraftTable.fetch(id, for: principal, at: now, in: db)
    guard try isFor(principal, found.draft, at: now, in: db) else { throw DraftProblem.notFound }
    return found
  }

  /// Whether the principal may see what is about those whom the draft names. Asked each time: who is protected, and who is on a
  /// list, changes while it lies there.
  private func isFor(_ principal: Principal, _ draft: MessageDraft, at now: Date, in db: Database) throws -> Bool {
    let audiences = try companion?.audiences(of: draft.content, from: draft.mailbox, at: now, in: db) ?? []
    return try audiences.allSatisfy {
      try Access.allows(principal, .send, draft.mailbox, for: $0, at: now, in: db)
    }
  }
}

/// A draft about to be stored, its form checked.
struct NewDraft: Sendable {
  let id = MessageID.new()
  let mailbox: MailboxID
  let author: UserID
  let origin: DraftOrigin
  let originRow: Int64?
  let content: DraftContent
  let recipients: [MailboxID]

  init(
    _ mailbox: MailboxID, _ origin: DraftOrigin, _ originRow: Int64?, _ content: DraftContent,
    _ recipients: [MailboxID], by principal: Principal, limits: NodeSettings.Drafts
  ) throws(DraftProblem) {
    guard case .user(let author) = principal else { throw .usersOnly }
    try content.check()
    try Self.check(recipients, limits: limits)
    self.mailbox = mailbox
    self.author = author
    self.origin = origin
    self.originRow = originRow
    self.content = content
    self.recipients = recipients
  }

  static func check(_ recipients: [MailboxID], limits: NodeSettings.Drafts) throws(DraftProblem) {
    guard recipients.count <= limits.recipients else { throw .tooManyRecipients(limit: limits.recipients) }
    var known: Set<MailboxID> = []
    for mailbox in recipients where !known.insert(mailbox).inserted { throw .twice(mailbox) }
  }

  func record(_ principal: Principal, _ operator: Principal?) -> AuditRecord {
    AuditRecord(
      principal, through: `operator`, .createDraft, participant: mailbox.participant, mailbox: mailbox.address,
      messageID: id)
  }
}

extension MessageDraft {
  /// Takes the draft out of the database; its files may be removed once that is committed.
  func remove(_ relay: Relay, in db: Database) throws {
    for file in files { try relay.release(file.held, of: mailbox.participant, in: db) }
    try DraftTable.remove(self, in: db)
  }

  fileprivate var withoutTexts: MessageDraft {
    var content = content
    content.texts = []
    return MessageDraft(
      id: id, mailbox: mailbox, author: author, version: version, created: created, changed: changed, origin: origin,
      content: content, recipients: recipients, files: files, position: position)
  }
}
