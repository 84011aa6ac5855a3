public import Foundation
import GRDB
public import SDKRelay
public import XMLSecurity

// Attachments of drafts. They lie where messages' attachments do, and are looked through for malware when they are sent.
extension MailboxService {
  /// Attaches a file to the draft.
  /// - Parameters:
  ///   - version: the ``MessageDraft/version`` that whoever asks has seen.
  ///   - write: puts the file's bytes into the sink as they come; they are never all in memory.
  /// - Throws: ``DraftProblem``, ``SubmissionProblem`` where the disk is nearly full, and what `write` throws.
  public func attach(
    _ name: String, contentType: String, toDraft id: MessageID, version: Int, by principal: Principal,
    through operator: Principal? = nil, at now: Date = .now, _ write: (any ByteSink) async throws -> Void
  ) async throws -> MessageDraft {
    guard (1...255).contains(name.count), (1...255).contains(contentType.count) else { throw DraftProblem.fileName }
    // Before anything is taken in. It counts again in the transaction that stores the draft.
    let draft = try await draftToChange(id, version, principal, `operator`, at: now)
    let room = try relay.read { try self.room(for: draft, in: $0) }
    let participant = draft.mailbox.participant
    let held = try await takeFile(of: participant, room, write)
    return try await keeping([held], of: participant) {
      try await changing(id, version, .changeDraft, principal, `operator`, at: now) { [self] draft, db in
        try add(held, name, contentType, to: draft, in: db)
      }
    }
  }

  /// Takes the attachment with this number off the draft.
  public func detach(
    _ number: Int, fromDraft id: MessageID, version: Int, by principal: Principal, through operator: Principal? = nil,
    at now: Date = .now
  ) async throws -> MessageDraft {
    let former = try await draftToChange(id, version, principal, `operator`, at: now)
    guard let file = former.files.first(where: { $0.number == number }) else { throw DraftProblem.noFile(number) }
    let draft = try await changing(
      id, version, .changeDraft, principal, `operator`, at: now
    ) { [relay] draft, db in
      try relay.release(file.held, of: draft.mailbox.participant, in: db)
      try DraftTable.remove(file, of: draft, in: db)
    }
    relay.removeFiles([file.held], of: draft.mailbox.participant)
    return draft
  }

  /// The attachment, for reading only.
  /// - Throws: ``DraftProblem/notFound`` where it has gone with its draft; ``ContentProblem`` where it cannot be opened.
  public func file(_ file: DraftFile, of draft: MessageDraft) throws -> StoredFile {
    do {
      return try relay.heldFile(file.held, of: draft.mailbox.participant)
    } catch ContentProblem.destroyed {
      throw DraftProblem.notFound
    }
  }

  // MARK: Parts

  /// The draft, if the principal may change it now; a refusal is told of in the audit trail.
  private func draftToChange(
    _ id: MessageID, _ version: Int, _ principal: Principal, _ operator: Principal?, at now: Date
  ) async throws -> MessageDraft {
    do {
      return try relay.read { db in
        let draft = try fetchDraft(id, for: principal, at: now, in: db).draft
        guard draft.version == version else { throw DraftProblem.stale(seen: version, now: draft.version) }
        guard !draft.isBeingSent else { throw DraftProblem.beingSent }
        return draft
      }
    } catch let problem as DraftProblem {
      return try await audited(AuditRecord(principal, through: `operator`, .changeDraft, messageID: id), at: now) {
        _, _ in throw problem
      }
    }
  }

  /// How many bytes more may be attached, and what to say of one more.
  struct Room: Sendable {
    let size: Int
    let problem: DraftProblem
  }

  private func room(for draft: MessageDraft, in db: Database) throws -> Room {
    guard draft.files.count < PayloadLimits.outgoing.maximumFiles else {
      throw DraftProblem.tooManyFiles(limit: PayloadLimits.outgoing.maximumFiles)
    }
    let (outgoing, all) = (relay.settings.limits.outgoing, relay.settings.drafts.size)
    let inMessage = outgoing - draft.files.reduce(0) { $0 + $1.held.size }
    let inMailbox = all - (try DraftTable.size(in: draft.mailbox, db))
    return inMessage <= inMailbox
      ? Room(size: max(inMessage, 0), problem: .fileTooLarge(limit: outgoing))
      : Room(size: max(inMailbox, 0), problem: .filesTooLarge(limit: all))
  }

  /// Takes a file in and refuses one without content.
  func takeFile(
    of participant: ParticipantID, _ room: Room, _ write: (any ByteSink) async throws -> Void
  ) async throws -> HeldFile {
    do {
      let held = try await relay.takeFile(of: participant, limit: room.size, write)
      guard held.size > 0 else {
        relay.removeFiles([held], of: participant)
        throw DraftProblem.emptyFile
      }
      return held
    } catch SubmissionProblem.tooLarge {
      throw room.problem
    }
  }

  /// Names the files in a draft; if that fails, they go.
  func keeping<Value>(
    _ files: [HeldFile], of participant: ParticipantID, _ work: () async throws -> Value
  ) async throws -> Value {
    do {
      return try await work()
    } catch {
      // A commit that failed may have happened all the same: the janitor sees who names them.
      if error is DraftProblem || error is AccessDenied { relay.removeFiles(files, of: participant) }
      throw error
    }
  }

  /// Stores that the draft has the file.
  func add(
    _ held: HeldFile, _ name: String, _ contentType: String, to draft: MessageDraft, in db: Database
  ) throws {
    let room = try room(for: draft, in: db)
    guard room.size >= held.size else { throw room.problem }
    try relay.hold(held, of: draft.mailbox.participant, in: db)
    try DraftTable.add(held, name: name, contentType: contentType, toDraft: draft.position, in: db)
  }
}
