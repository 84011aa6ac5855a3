import Foundation
import GRDB
import XMLSecurity

/// Takes a draft: the first stored hand-over of a message out.
///
/// Order: sender served → recipient and mailbox in the directory → attachments copied and synced → payload checked as
/// its receiver will → looked through for malware → commit 1 (message, transfer, job, event). Before the commit nothing
/// has been accepted and the janitor removes what was copied; after it the message will be sent.
struct Submission: Sendable {
  let settings: NodeSettings
  let directory: any Directory
  let store: Store
  let work: BlockingWork
  let scan: MessageScan

  /// - Parameter also: what is stored in the same transaction.
  func accept(
    _ draft: Draft, also: (@Sendable (StoredMessage, Database) throws -> Void)?
  ) async throws(SubmissionProblem) -> MessageID {
    let room = DiskRoom(folder: settings.data, reserve: settings.limits.reserve)
    guard room.isEnough(for: settings.limits.outgoing) else { throw .unavailable("the disk is nearly full") }
    let (participant, sender, recipient, destination) = try await address(draft)
    let answered = try answered(draft)
    let reference = try reference(to: answered)
    let layout = store.layout
    do {
      var prepared = try await work.run { () throws -> Prepared in
        try Self.prepare(draft, sender, recipient, answered, reference, participant.id, layout, settings.limits)
      }
      prepared.unscanned = try await look(through: prepared.message)
      do {
        return try await prepared.store(in: store, lane: { Lane.send(to: destination.url, size: $0) }, also: also)
      } catch let error as NotAlso {
        let spool = try layout.messages(participant.id)
        for file in prepared.message.content.files { spool.remove(file.storedName) }
        throw error.reason
      }
    } catch let problem as SubmissionProblem {
      throw problem
    } catch {
      throw .unavailable(StoreFault.words(error))
    }
  }

  // MARK: Checks against the directory and the store

  /// Who writes to whom, and where that goes.
  func address(
    _ draft: Draft
  ) async throws(SubmissionProblem) -> (NodeSettings.Participant, MessageParty, MessageParty, Destination) {
    guard let participant = settings.participant(draft.sender.participant) else {
      throw .refused("\(draft.sender.participant) is not served by this node")
    }
    let sender = try await party(draft.sender, label: participant.label)
    let recipient = try await party(draft.recipient, label: nil)
    do {
      let destination = try await directory.destination(of: recipient.id, for: DocumentID.message().value)
      return (participant, sender, recipient, destination)
    } catch {
      throw error.isTransient ? .unavailable("\(error)") : .refused("\(error)")
    }
  }

  private func party(_ mailbox: Draft.Mailbox, label: String?) async throws(SubmissionProblem) -> MessageParty {
    do {
      let organization = try await directory.organization(mailbox.participant)
      guard let known = organization.mailbox(mailbox.address) else {
        throw SubmissionProblem.refused("\(mailbox.participant) has no mailbox \(mailbox.address) in the directory")
      }
      return MessageParty(
        id: organization.id, label: label ?? organization.label, mailbox: known.address, mailboxLabel: known.label)
    } catch let problem as DirectoryProblem {
      throw problem.isTransient ? .unavailable("\(problem)") : .refused("\(problem)")
    } catch {
      throw error as? SubmissionProblem ?? .unavailable("\(error)")
    }
  }

  private func answered(_ draft: Draft) throws(SubmissionProblem) -> StoredMessage? {
    guard let id = draft.replyTo else { return nil }
    let found = try messages(id, of: draft.sender.participant)
    // Where two mailboxes of the organisation exchanged it, the copy of the one that writes now.
    let own = found.first {
      ($0.direction == .outgoing ? $0.sender.mailbox : $0.recipient.mailbox) == draft.sender.address
    }
    guard let message = own ?? found.first else { throw .refused("there is no message \(id) to reply to") }
    guard message.content.culled == nil || draft.chosen.returnedReferences != nil else {
      throw .refused("the message \(id) has been culled: the references to return in a reply are there no longer")
    }
    // Its references go back with the reply.
    switch message.contentProblem {
    case nil: return message
    case .keyMissing(let name): throw .unavailable("\(ContentProblem.keyMissing(name))")
    case .some(let problem): throw .refused("the message \(id) cannot be replied to: \(problem)")
    }
  }

  /// The message that refToMessageId names: the answered one, or the first of those that it complements itself.
  private func reference(to answered: StoredMessage?) throws(SubmissionProblem) -> MessageID? {
    guard let answered, answered.direction == .outgoing, let first = answered.refToMessageID else {
      return answered?.id
    }
    let isComplement = try messages(first, of: answered.participant).contains { $0.direction == .outgoing }
    return isComplement ? first : answered.id
  }

  private func messages(
    _ id: MessageID, of participant: ParticipantID
  ) throws(SubmissionProblem) -> [StoredMessage] {
    do {
      return try store.messages(id, participant: participant)
    } catch {
      throw .unavailable("\(error)")
    }
  }

  // MARK: Malware

  /// Refuses a message with malware, and removes its files.
  /// - Returns: why nobody has looked, where the message goes on all the same.
  private func look(through message: StoredMessage) async throws -> String? {
    let spool = try store.layout.messages(message.participant)
    do {
      switch try await scan.look(through: message.scanContents(store.layout)) {
      case .passed: return nil
      case .unscanned(let reason): return reason
      case .infected(let found):
        let places = message.content.files.filter { file in
          found.contains { $0.content == .file(message.attachment(file, store.layout)) }
        }.map { "the attachment \(shown($0.name))" }
        let place = places.isEmpty ? "the text" : places.joined(separator: ", ")
        throw SubmissionProblem.refused("malware was found in \(place): \(found.signatures)")
      }
    } catch {
      for file in message.content.files { spool.remove(file.storedName) }
      throw error
    }
  }

  // MARK: Files and payload

  private static func prepare(
    _ draft: Draft, _ sender: MessageParty, _ recipient: MessageParty, _ answered: StoredMessage?,
    _ reference: MessageID?, _ participant: ParticipantID, _ layout: DataLayout, _ limits: NodeSettings.Limits
  ) throws -> Prepared {
    let spool = try layout.messages(participant)
    let key = SealKey.random()
    var files: [StoredContent.File] = []
    do {
      var documents: [StoredContent.Document] = []
      for document in draft.documents {
        let first = files.count
        for attachment in document.attachments {
          files.append(try copy(attachment, to: spool, key, limit: limits.outgoing))
        }
        documents.append(
          StoredContent.Document(
            id: document.id ?? randomUUID().uuidString.lowercased(), name: document.name, index: document.index,
            texts: document.texts, files: Array(files[first...])))
      }
      KillPoint.reached(.synced)
      var message = message(draft, sender, recipient, answered, reference, participant, documents)
      message.key = key
      let size = CountingSink()
      try message.writePayload(
        limits: PayloadLimits(outgoing: limits, content: message.content), layout: layout, into: size)
      return Prepared(message: message, key: key, size: size.count)
    } catch {
      for file in files { spool.remove(file.storedName) }
      switch error {
      case let problem as InvalidPayload where problem.problems.contains(where: { $0.rule == PayloadRule.size.id }):
        throw SubmissionProblem.tooLarge(limit: limits.outgoing)
      case let problem as InvalidPayload: throw SubmissionProblem.invalid(problem.problems)
      case is ByteLimitExceeded: throw SubmissionProblem.tooLarge(limit: limits.outgoing)
      default: throw error
      }
    }
  }

  private static func copy(
    _ attachment: Draft.Attachment, to spool: Spool, _ key: SealKey, limit: Int
  ) throws -> StoredContent.File {
    guard FileManager.default.isReadableFile(atPath: attachment.file.path) else {
      throw SubmissionProblem.refused("the attachment \(attachment.file.path) cannot be read")
    }
    let file = try SealedSpoolFile(in: spool, key: key)
    let digest = DigestSink(.sha256, next: file)
    try attachment.stored.write(into: CountingSink(limit: limit, next: digest))
    KillPoint.reached(.bodyRead)
    try digest.close()
    KillPoint.reached(.spoolWritten)
    try file.keep()
    return StoredContent.File(
      name: attachment.name, contentType: attachment.contentType, size: file.size,
      sha256: Hexadecimal.encode(digest.digest()), storedName: file.name)
  }

  private static func message(
    _ draft: Draft, _ sender: MessageParty, _ recipient: MessageParty, _ answered: StoredMessage?,
    _ reference: MessageID?, _ participant: ParticipantID, _ documents: [StoredContent.Document]
  ) -> StoredMessage {
    let chosen = draft.chosen
    let id = chosen.messageID ?? MessageID.new()
    // A complement to an own message keeps returning what that one returned (SDK-PAY-15).
    let returned = answered.map { $0.direction == .incoming ? $0.content.references : $0.content.returnedReferences }
    var content = StoredContent(
      subject: draft.subject, isConfidential: draft.isConfidential, references: draft.references,
      returnedReferences: chosen.returnedReferences ?? returned ?? [], documents: documents)
    content.generatingSystem = draft.generatingSystem
    content.senderPersons = draft.senderPersons
    content.recipientPersons = draft.recipientPersons
    // Whole milliseconds: what is stored, sent and stored again must be the same.
    let now = Date(milliseconds: Date().milliseconds)
    return StoredMessage(
      row: 0, participant: participant, ownMailbox: sender.mailbox, direction: .outgoing, id: id, status: .scheduled,
      created: chosen.created.map { Date(milliseconds: $0.milliseconds) } ?? now, stored: now,
      conversationID: chosen.conversationID ?? answered?.conversationID ?? id,
      refToMessageID: chosen.refToMessageID ?? reference, sender: sender, recipient: recipient, content: content)
  }

  /// The caller could not store what it wanted to store beside the message, and nothing is.
  private struct NotAlso: Error {
    let reason: any Error
  }

  /// A checked message whose files are durable.
  private struct Prepared: Sendable {
    let message: StoredMessage
    /// What its files are sealed with, and its content will be.
    let key: SealKey
    let size: Int
    /// Why nobody has looked for malware in it although somebody should have.
    var unscanned: String?

    /// Commit 1: from here on the message will be sent.
    func store(
      in store: Store, lane: @Sendable (Int) -> String,
      also: (@Sendable (StoredMessage, Database) throws -> Void)?
    ) async throws -> MessageID {
      let (message, key, unscanned) = (message, key, unscanned)
      let lane = lane(size)
      // If this commit fails nobody knows whether it happened, so the files stay: the janitor sees who names them. It
      // does not happen where the caller wants to store something beside the message and cannot (NotAlso).
      try await store.write { db in
        guard try MessageTable.row(message.id, .outgoing, of: message.participant, in: db) == nil else {
          throw NotAlso(reason: SubmissionProblem.duplicate(message.id))
        }
        let new = NewMessage(
          participant: message.participant, direction: .outgoing, id: message.id, status: .scheduled,
          created: message.created, conversationID: message.conversationID, refToMessageID: message.refToMessageID,
          sender: message.sender, recipient: message.recipient, content: message.content, key: key)
        let row = try MessageTable.insert(new, now: message.stored, event: "accepted for sending", in: db)
        let transfer = NewTransfer(
          participant: message.participant, kind: .message, messageRow: row, envelopeID: message.id,
          conversationID: message.conversationID.value, counterpart: message.recipient.id,
          documentID: .message())
        try TransferTable.queue(transfer, lane: lane, now: message.stored, in: db)
        if let unscanned {
          let text = "sent without having been looked through for malware: \(unscanned)"
          let event = NewEvent(participant: message.participant, messageID: message.id, text: text, isAlarm: true)
          try EventLog.add(event, at: message.stored, in: db)
        }
        guard let also, let stored = try MessageTable.fetch(row, in: db) else { return }
        do { try also(stored, db) } catch { throw NotAlso(reason: error) }
      }
      KillPoint.reached(.rowCommitted)
      KillPoint.reached(.beforeReply)
      return message.id
    }
  }
}

extension PayloadLimits {
  /// What our own messages may be. Which file types the recipient takes is for the recipient to say.
  init(outgoing limits: NodeSettings.Limits, content: StoredContent) {
    let types = content.files.compactMap { $0.contentType.lowercased().split(separator: ";").first.map(String.init) }
    self.init(maximumBytes: limits.outgoing, allowedTypes: Set(types.filter { $0.contains("/") }))
  }
}
