import Foundation
import GRDB
import Logging
import XMLSecurity

/// Opens a received envelope: corner C4's half of a message in.
///
/// `OpenChecks` judges, this carries the verdict out in one commit: the message in the mailbox with the job that sends
/// its receipt, or a refusal with or without a receipt, or the message put aside for an operator. A crash before that
/// commit leads to the same verdict again.
struct OpenWorker: Worker {
  let settings: NodeSettings
  let directory: any Directory
  let store: Store
  let checks: OpenChecks
  let receipts: ReceiptSealing
  let inbox: (any Inbox)?
  let work: BlockingWork
  let logger: Logger
  let queued: @Sendable () -> Void
  private let sameSender = KeyedLock()

  init(
    settings: NodeSettings, directory: any Directory, store: Store, checks: OpenChecks, receipts: ReceiptSealing,
    inbox: (any Inbox)?, work: BlockingWork, logger: Logger, queued: @escaping @Sendable () -> Void
  ) {
    self.settings = settings
    self.directory = directory
    self.store = store
    self.checks = checks
    self.receipts = receipts
    self.inbox = inbox
    self.work = work
    self.logger = logger
    self.queued = queued
  }

  func perform(_ job: Job) async throws -> JobEnd {
    guard let reception = try store.readOnce({ try ReceptionTable.fetch(job.subject, in: $0) }),
      reception.state == ReceptionState.received.rawValue, reception.file != nil
    else {
      try await store.write { db in try JobQueue.finish(job, in: db) }
      return .settled
    }
    let file: StoredFile?
    do throws(ContentProblem) {
      file = try reception.envelope(store.layout)
    } catch {
      return .blocked("\(error)")
    }
    guard let file, FileManager.default.fileExists(atPath: file.url.path) else {
      try await conclude(.putAside("its file is missing", countsAsUndecryptable: false), reception, nil, job)
      return .settled
    }
    let envelope: ReceivedEnvelope
    do {
      let limit = settings.limits.envelope
      envelope = try await work.run { try ReceivedEnvelope.read(file, maximumBytes: limit) }
    } catch EnvelopeProblem.unreadable {
      return .blocked("the envelope's file cannot be read")
    } catch let problem as EnvelopeProblem {
      try await conclude(.refused("envelope: \(problem)"), reception, nil, job)
      return .settled
    }
    // One at a time from each sender: the same envelope twice at once finds what became of the first, and no sender
    // gets more tries at our key by sending many at once (E4).
    return try await sameSender.whileHolding("\(reception.participant) \(envelope.header.from.comparable)") {
      let verdict = try await checks.judge(envelope, of: reception)
      if case .held(let reason) = verdict { return .blocked(reason) }
      try await conclude(verdict, reception, envelope.header, job)
      return .settled
    }
  }

  func alarm(_ job: Job, _ text: String, in db: Database) throws {
    guard let reception = try ReceptionTable.fetch(job.subject, in: db) else { return }
    try EventLog.add(reception.event(text, isAlarm: true), at: Date(), in: db)
  }

  func setAside(_ job: Job, reason: String, in db: Database) throws {
    guard let reception = try ReceptionTable.fetch(job.subject, in: db) else { return }
    try ReceptionTable.end(reception, .setAside, in: db)
    try EventLog.add(reception.event("set aside: \(reason)", isAlarm: true), at: Date(), in: db)
  }

  // MARK: Verdicts

  private func conclude(
    _ verdict: OpenVerdict, _ reception: Reception, _ header: EnvelopeHeader?, _ job: Job
  ) async throws {
    let id = header.flatMap { MessageID($0.id) }
    var state = ReceptionState.refused
    switch verdict {
    case .held: return
    case .refused(let reason):
      try await end(reception, .refused, id, job, "refused without a message receipt: \(reason)", isAlarm: true)
    case .putAside(let reason, let countsAsUndecryptable):
      try await putAside(reception, header, job, reason, countsAsUndecryptable: countsAsUndecryptable)
      state = .setAside
    case .repeated(let earlier):
      try await answerAgain(reception, id, job, earlier: earlier)
    case .rejected(let problems, let function):
      guard let header else { return }
      try await reject(reception, header, problems, function, job)
      state = .rejected
    case .valid(let opened):
      guard let header else { return }
      try await deliver(opened, reception, header, job)
      state = .delivered
    case .infected(let opened, let found):
      guard let header else { return }
      try await quarantine(opened, found, reception, header, job)
      state = .rejected
    case .receipt(let response):
      state = try await apply(response, reception, id, job)
    }
    if !state.keepsEnvelope, let file = reception.file, !store.layout.isBeingBackedUp {
      try store.layout.sealed(reception.participant).remove(DataLayout.envelope(file))
    }
    logger.info(
      "opened",
      metadata: [
        "verdict": "\(verdict.name)", "message": "\(header?.id ?? "")", "transport": "\(reception.transportID)",
        "conversation": "\(reception.conversationID)", "sender": "\(reception.sender)",
        "recipient": "\(reception.participant)",
      ])
  }

  private func end(
    _ reception: Reception, _ state: ReceptionState, _ id: MessageID?, _ job: Job, _ text: String, isAlarm: Bool
  ) async throws {
    try await store.write { db in
      try ReceptionTable.end(reception, state, envelopeID: id, in: db)
      try EventLog.add(reception.event(text, id, isAlarm: isAlarm), at: Date(), in: db)
      try JobQueue.finish(job, in: db)
    }
  }

  private func putAside(
    _ reception: Reception, _ header: EnvelopeHeader?, _ job: Job, _ reason: String, countsAsUndecryptable: Bool
  ) async throws {
    let id = header.flatMap { MessageID($0.id) }
    let sender = header?.from ?? reception.sender
    try await store.write { db in
      let now = Date()
      if countsAsUndecryptable { try Quarantine.count(from: sender, to: reception.participant, now: now, in: db) }
      try ReceptionTable.end(reception, .setAside, envelopeID: id, in: db)
      try EventLog.add(reception.event("put aside: \(reason)", id, isAlarm: true), at: now, in: db)
      try JobQueue.setAside(job, reason: reason, now: now, in: db)
    }
  }

  /// A byte-identical repeat gets the former message receipt again, whatever it said (SDK-KVT-11).
  private func answerAgain(_ reception: Reception, _ id: MessageID?, _ job: Job, earlier: Int64) async throws {
    let former = try store.read { db in try TransferTable.receiptEnvelope(forReception: earlier, in: db) }
    let lane = await lane(to: reception.sender)
    try await store.write { db in
      let now = Date()
      try ReceptionTable.end(reception, .refused, envelopeID: id, in: db)
      try EventLog.add(
        reception.event("repeat of a message dealt with before: its message receipt is sent again", id), at: now, in: db
      )
      try JobQueue.finish(job, in: db)
      guard let former, former.envelope != nil else { return }
      var transfer = NewTransfer(again: former)
      (transfer.messageRow, transfer.receptionRow) = (nil, reception.row)
      try TransferTable.queue(transfer, lane: lane, now: now, in: db)
    }
    queued()
  }

  private func reject(
    _ reception: Reception, _ header: EnvelopeHeader, _ problems: [PayloadProblem], _ function: FunctionalAddress?,
    _ job: Job
  ) async throws {
    let receipt = try await receipts.seal(for: header, problems: problems, mailbox: function)
    let lane = await lane(to: header.from)
    try await store.write { db in
      let now = Date()
      try ReceptionTable.end(reception, .rejected, envelopeID: MessageID(header.id), in: db)
      let codes = problems.map { "\($0.cause.rawValue) \($0.detail.rawValue) [\($0.rule)]" }.joined(separator: ", ")
      try EventLog.add(reception.event("rejected: \(codes)", MessageID(header.id)), at: now, in: db)
      try TransferTable.queue(receipt.transfer(from: reception, messageRow: nil), lane: lane, now: now, in: db)
      try JobQueue.finish(job, in: db)
    }
    queued()
  }

  /// A message with malware: its receipt on the way, its files where nothing reads them, and an operator told.
  private func quarantine(
    _ opened: OpenedMessage, _ found: [MessageScan.Infection], _ reception: Reception, _ header: EnvelopeHeader,
    _ job: Job
  ) async throws {
    let spool = try store.layout.quarantine(reception.participant)
    try await work.run { try opened.keepFiles(in: spool) }
    let problem = PayloadRule.malware.problem()
    let receipt = try await receipts.seal(for: header, problems: [problem], mailbox: opened.senderMailbox)
    let lane = await lane(to: header.from)
    let reason = "malware: \(found.signatures); files in quarantine: \(opened.files.count)"
    let codes = "\(problem.cause.rawValue) \(problem.detail.rawValue) [\(problem.rule)]"
    try await store.write { db in
      let now = Date()
      let id = MessageID(header.id)
      try ReceptionTable.end(reception, .rejected, envelopeID: id, in: db)
      for file in opened.fileNames { try QuarantineTable.add(file, of: reception, in: db) }
      try EventLog.add(
        reception.event("incident: rejected: \(codes), \(reason)", id, isAlarm: true), at: now, in: db)
      try TransferTable.queue(receipt.transfer(from: reception, messageRow: nil), lane: lane, now: now, in: db)
      try JobQueue.setAside(job, reason: reason, now: now, in: db)
    }
    queued()
  }

  /// Commit 2: the message in the mailbox and its receipt on the way, or neither.
  private func deliver(
    _ opened: OpenedMessage, _ reception: Reception, _ header: EnvelopeHeader, _ job: Job
  ) async throws {
    let message = opened.message(reception, header)
    try await work.run { try opened.keepFiles() }
    let receipt = try await receipts.seal(for: header, problems: [], mailbox: opened.senderMailbox)
    let lane = await lane(to: header.from)
    let conversation = [message.conversationID.value.lowercased(), header.id.lowercased()]
    // If this commit fails nobody knows whether it happened, so the files stay: the janitor sees who names them.
    try await store.write { db in
      let now = Date()
      let row = try MessageTable.insert(
        message, now: now, event: "opened, valid, in the mailbox; message receipt queued", in: db)
      if let inbox, let stored = try MessageTable.fetch(row, in: db) { try inbox.deliver(stored, in: db) }
      if !conversation.contains(reception.conversationID.lowercased()) {
        let text = "the AS4 ConversationId is neither the message's conversation nor the envelope's id"
        try EventLog.add(reception.event(text, message.id), at: now, in: db)
      }
      if let reason = opened.unscanned {
        let text = "delivered without having been looked through for malware: \(reason)"
        try EventLog.add(reception.event(text, message.id, isAlarm: true), at: now, in: db)
      }
      try ReceptionTable.end(reception, .delivered, envelopeID: message.id, messageRow: row, in: db)
      try TransferTable.queue(receipt.transfer(from: reception, messageRow: row), lane: lane, now: now, in: db)
      try JobQueue.finish(job, in: db)
    }
    KillPoint.reached(.inMailbox)
    KillPoint.reached(.receiptQueued)
    queued()
  }

  private func apply(
    _ response: MessageResponse, _ reception: Reception, _ id: MessageID?, _ job: Job
  ) async throws -> ReceptionState {
    try await store.write { db in
      let now = Date()
      try JobQueue.finish(job, in: db)
      switch try response.apply(reception, now: now, telling: inbox, in: db) {
      case .recorded(let row):
        try ReceptionTable.end(reception, .delivered, envelopeID: id, messageRow: row, in: db)
        return .delivered
      case .ignored(let reason):
        try ReceptionTable.end(reception, .refused, envelopeID: id, in: db)
        try EventLog.add(reception.event("message receipt ignored: \(reason)", id), at: now, in: db)
        return .refused
      }
    }
  }

  private func lane(to participant: ParticipantID) async -> String {
    let destination = try? await directory.destination(of: participant, for: DocumentID.receipt().value)
    return Lane.send(to: destination?.url, size: 0)
  }
}

extension Reception {
  func event(_ text: String, _ id: MessageID? = nil, isAlarm: Bool = false) -> NewEvent {
    NewEvent(participant: participant, messageID: id, transportID: transportID, text: text, isAlarm: isAlarm)
  }
}
