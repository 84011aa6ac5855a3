public import Foundation
import GRDB
public import SDKRelay
import XMLSecurity

/// What of a message is passed on.
public struct ForwardedParts: Hashable, Sendable {
  public var includesTexts: Bool
  /// The attachments' numbers in the message, from 1; nil for all.
  public var files: [Int]?

  public init(includesTexts: Bool = true, files: [Int]? = nil) {
    self.includesTexts = includesTexts
    self.files = files
  }
}

extension MailboxService {
  /// Begins a message that passes another one on: a new conversation, with the texts and the attachments that are chosen.
  /// Whether the agreements let it go there is asked when it is sent. What was under secrecy stays so, and what is about a
  /// protected person stays that.
  /// - Parameters:
  ///   - content: what is said before the passed-on texts. An empty subject is the message's own.
  ///   - reason: why, where it is about a protected person and no reason was given before.
  /// - Throws: ``MessageProblem/notFound`` also when the principal may not read it; ``DraftProblem``.
  public func newForward(
    of id: MessageID, _ parts: ForwardedParts = ForwardedParts(), to recipients: [MailboxID] = [],
    _ content: DraftContent = DraftContent(), reason: String? = nil, by principal: Principal,
    through operator: Principal? = nil, at now: Date = .now
  ) async throws -> MessageDraft {
    let origin = DraftOrigin.forward(id)
    let record = AuditRecord(principal, through: `operator`, .createDraft, messageID: id, reason: reason)
    // Before anything is copied. It counts again in the transaction that stores the draft.
    let permit: @Sendable (inout AuditRecord, Database) throws -> StoredMessage = { record, db in
      let message = try Self.origin(origin, for: principal, at: now, in: db)
      try Self.demandReason(for: [message], by: principal, &record, at: now, in: db)
      return message
    }
    var probe = record
    guard let found = try? relay.read({ try permit(&probe, $0) }) else {
      return try await audited(record, at: now) { record, db in
        _ = try permit(&record, db)
        throw MessageProblem.notFound
      }
    }
    let new = try NewDraft(
      try found.ownPlace, origin, found.row, content.passingOn(found, parts), recipients, by: principal,
      limits: relay.settings.drafts)
    let files = try await copies(of: try found.files(parts), of: found)
    return try await keeping(files.map(\.held), of: found.participant) {
      try await audited(record, at: now) { [self] record, db in
        guard try permit(&record, db).row == found.row else { throw MessageProblem.notFound }
        (record.participant, record.mailbox) = (new.mailbox.participant, new.mailbox.address)
        record.object = [record.object, "draft \(new.id.value)"].compactMap(\.self).joined(separator: ", ")
        var draft = try insert(new, at: now, in: db)
        for file in files {
          try add(file.held, file.name, file.contentType, to: draft, in: db)
          draft = try fetchDraft(new.id, for: principal, at: now, in: db).draft
        }
        var read = record
        read.action = .readMessage
        try audit.append(read, at: now, in: db)
        return draft
      }
    }
  }

  /// Copies attachments of a message as a draft's, each compared with what was received or sent.
  private func copies(
    of files: [StoredContent.File], of message: StoredMessage
  ) async throws -> [(held: HeldFile, name: String, contentType: String)] {
    var copies: [(held: HeldFile, name: String, contentType: String)] = []
    let limit = relay.settings.limits.outgoing
    do {
      for file in files {
        let room = Room(size: limit, problem: .fileTooLarge(limit: limit))
        let held = try await takeFile(of: message.participant, room) { sink in
          try relay.attachment(file, of: message).write(into: sink)
        }
        copies.append((held, file.name, file.contentType))
        guard held.sha256 == file.sha256 else { throw DraftProblem.damagedFile }
      }
    } catch {
      relay.removeFiles(copies.map(\.held), of: message.participant)
      throw error
    }
    return copies
  }
}

extension StoredMessage {
  fileprivate func files(_ parts: ForwardedParts) throws(DraftProblem) -> [StoredContent.File] {
    guard let numbers = parts.files else { return content.files }
    var chosen: [StoredContent.File] = []
    for number in Set(numbers).sorted() {
      guard content.files.indices.contains(number - 1) else { throw .noFile(number) }
      chosen.append(content.files[number - 1])
    }
    return chosen
  }
}

extension DraftContent {
  /// What the writer says, then in a text of its own from whom and when the message came, then its texts as they were.
  fileprivate func passingOn(_ message: StoredMessage, _ parts: ForwardedParts) -> DraftContent {
    var content = self
    if content.subject.isEmpty { content.subject = message.subject }
    if message.content.isConfidential { content.isConfidential = true }
    if parts.includesTexts, !message.content.texts.isEmpty {
      content.texts += [Self.heading(message)] + message.content.texts
    }
    return content
  }

  /// In the part of Markdown that every message service shows, and in the federation's language.
  private static func heading(_ message: StoredMessage) -> String {
    let sender = message.sender
    let names = [sender.label ?? sender.id.value, sender.mailboxLabel ?? sender.mailbox?.value].compactMap(\.self)
    return """
      **Vidarebefordrat meddelande**

      Från: \(names.joined(separator: ", "))\u{20}\u{20}
      Skickat: \(UTCTimestamp.text(message.created))\u{20}\u{20}
      Ärende: \(message.subject)
      """
  }
}
