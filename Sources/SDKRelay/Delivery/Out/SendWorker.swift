import Foundation
import GRDB
import Logging
import XMLSecurity

/// Sends a transfer: corner C2's half of a message, or of a message receipt, out.
///
/// Order: directory → seal and pack, once, to synced bytes that never change → commit (SUBMITTED) → circuit breaker →
/// POST → the answer judged digest by digest → commit 2 (evidence, ACKNOWLEDGE, WAITING_FOR_RECEIPT), or the next
/// attempt, or the end. A crash in between repeats the same bytes, and the peer answers with its old receipt.
actor SendWorker: Worker {
  private let store: Store
  private let sealing: Sealing
  private let directory: any Directory
  private let client: AS4Client
  private let trust: DestinationTrust
  private let delivery: NodeSettings.Delivery
  private let inbox: (any Inbox)?
  private let measures: Measures
  private let logger: Logger
  private var breaker = CircuitBreaker()

  init(
    store: Store, sealing: Sealing, directory: any Directory, client: AS4Client, trust: DestinationTrust,
    delivery: NodeSettings.Delivery, inbox: (any Inbox)?, measures: Measures = Measures(), logger: Logger
  ) {
    self.store = store
    self.sealing = sealing
    self.directory = directory
    self.client = client
    self.trust = trust
    self.delivery = delivery
    self.inbox = inbox
    self.measures = measures
    self.logger = logger
  }

  func perform(_ job: Job) async throws -> JobEnd {
    guard var transfer = try store.readOnce({ try TransferTable.fetch(job.subject, in: $0) }), transfer.isQueued else {
      try await store.write { db in try JobQueue.finish(job, in: db) }
      return .settled
    }
    let destination: Destination
    do throws(DirectoryProblem) {
      destination = try await directory.destination(of: transfer.counterpart, for: transfer.documentID.value)
    } catch {
      let attempt = Attempt.failed(reason: "\(error)", isTransient: error.isTransient)
      return try await conclude(attempt, transfer, job, to: nil)
    }
    KillPoint.reached(.metadataFetched)
    if let problem = trust.problem(with: destination, isEncrypted: transfer.envelope == nil, at: Date()) {
      let attempt = Attempt.failed(reason: "\(problem)", isTransient: problem.reason == .revocationUnknown)
      return try await conclude(attempt, transfer, job, to: destination)
    }
    let packed: PackedMessage
    do {
      packed = try await wireBytes(of: transfer, to: destination)
    } catch let problem as ContentProblem {
      return .blocked("\(problem)")
    }
    transfer.file = packed.name
    let attempt = try await attempt(packed, to: destination)
    return try await conclude(attempt, transfer, job, to: destination)
  }

  // MARK: Bytes

  /// The packed message: made and committed the first time, read back afterwards.
  private func wireBytes(of transfer: Transfer, to destination: Destination) async throws -> PackedMessage {
    if let file = wireFile(of: transfer) {
      guard access(file.path, R_OK) == 0 else { throw SpoolProblem.unavailable(errno) }
      return try PackedMessage(restoring: file)
    }
    let packed = try await sealing.pack(transfer, to: destination)
    // If this commit fails nobody knows whether it happened, so the files stay: the janitor sees who names them.
    try await store.write { db in
      let now = Date()
      try TransferTable.packed(transfer, packed, now: now, in: db)
      let text = "sealed for \(transfer.counterpart)"
      // A message whose first attempt met a directory that was down has gone on to SCHEDULED_FOR_RESEND.
      guard transfer.kind == .message, let row = transfer.messageRow,
        try MessageTable.status(row, in: db) == .scheduled
      else { return try EventLog.add(transfer.event(text), at: now, in: db) }
      try MessageTable.step(
        row, to: .submitted, event: text, transportID: transfer.transportID, now: now, in: db)
    }
    return packed
  }

  // MARK: One attempt

  private enum Attempt: Sendable {
    case acknowledged([UInt8])
    case failed(reason: String, isTransient: Bool)
    /// Nothing was sent: the access point is known not to answer, and another message finds out when it does.
    case postponed(Duration)
  }

  private func attempt(_ packed: PackedMessage, to destination: Destination) async throws -> Attempt {
    let peer = destination.url.absoluteString
    if case .wait(let time) = breaker.turn(for: peer, now: Date(), chance: .random(in: 0..<1)) {
      return .postponed(time)
    }
    let answer: AS4Answer
    do throws(TransportProblem) {
      answer = try await client.send(WireBody(file: packed.file), contentType: packed.contentType, to: destination.url)
    } catch {
      breaker.failed(peer, now: Date(), chance: .random(in: 0..<1))
      if error.kind == .cancelled { throw CancellationError() }
      return .failed(reason: "\(error)", isTransient: error.isTransient)
    }
    KillPoint.reached(.receiptRead)
    if answer.status >= 500 {
      breaker.failed(peer, now: Date(), chance: .random(in: 0..<1))
    } else if breaker.succeeded(peer) {
      try await store.write { db in try JobQueue.hasten(Lane.send(toEither: destination.url), now: Date(), in: db) }
    }
    let outcome = Signal.read(
      answer.body, contentType: answer.contentType ?? "", answering: packed, signers: [destination.accessPoint],
      trust: trust.accessPoints)
    switch outcome {
    case .receipt(let bytes):
      KillPoint.reached(.receiptVerified)
      return .acknowledged(bytes)
    case .error(let error):
      return .failed(reason: "\(error)", isTransient: error.isTransient)
    case .invalid(let reason):
      let status = answer.status == 200 ? "" : "HTTP \(answer.status), "
      return .failed(reason: "\(status)EBMS:0302 InvalidReceipt: \(reason)", isTransient: true)
    }
  }

  // MARK: What follows

  private func conclude(
    _ attempt: Attempt, _ transfer: Transfer, _ job: Job, to destination: Destination?
  ) async throws -> JobEnd {
    switch attempt {
    case .acknowledged(let receipt):
      try await acknowledged(transfer, job, receipt: receipt, by: destination)
    case .failed(let reason, let isTransient):
      let attempts = transfer.attempts + 1
      let step = delivery.retry.next(attempts: attempts, elapsed: elapsed(transfer), chance: .random(in: 0..<1))
      if isTransient, case .retry(let wait) = step {
        try await again(transfer, job, after: wait, reason: reason, destination)
      } else {
        try await failed(
          transfer, job, reason: isTransient ? Self.missingReceipt(attempts, reason) : reason, destination)
      }
    case .postponed(let wait):
      let left = delivery.retry.period - elapsed(transfer)
      if left > .zero {
        try await later(transfer, job, after: min(wait, left), lane: lane(transfer, destination))
      } else {
        let reason = "the access point has answered nobody lately"
        try await failed(transfer, job, reason: Self.missingReceipt(transfer.attempts, reason), destination)
      }
    }
    return .settled
  }

  private func acknowledged(
    _ transfer: Transfer, _ job: Job, receipt: [UInt8], by destination: Destination?
  ) async throws {
    let clock = delivery.receipt
    try await store.write { db in
      let now = Date()
      try EvidenceTable.add(.transportReceipt, receipt, transfer: transfer.row, now: now, in: db)
      try TransferTable.end(transfer, acknowledged: true, in: db)
      try JobQueue.finish(job, in: db)
      guard let row = transfer.messageRow else { return }
      func step(_ status: MessageStatus, _ text: String) throws -> Bool {
        try MessageTable.step(row, to: status, event: text, transportID: transfer.transportID, now: now, in: db)
      }
      switch transfer.kind {
      case .message:
        let text = "signed for by the recipient's access point"
        guard try step(.acknowledged, text), try step(.waitingForReceipt, "waiting for the message receipt") else {
          // The message receipt was here before it.
          return try EventLog.add(transfer.event("\(text), after the message had ended"), at: now, in: db)
        }
        try ReceiptWait.begin(row, of: transfer.participant, clock: clock, now: now, in: db)
      case .receipt:
        let text = "message receipt signed for by the sender's access point"
        if try step(.receiptSent, text) {
          _ = try step(.new, "ready for the recipient")
        } else {
          // Released after its message had ended.
          try EventLog.add(transfer.event(text), at: now, in: db)
        }
      }
    }
    KillPoint.reached(.stateCommitted)
    removeWire(of: transfer)
    measures.count(.transferAttempts, "acknowledged")
    logger.info("acknowledged", metadata: metadata(transfer, destination))
  }

  private func again(
    _ transfer: Transfer, _ job: Job, after wait: Duration, reason: String, _ destination: Destination?
  ) async throws {
    let lane = lane(transfer, destination)
    let number = transfer.attempts + 1
    try await store.write { db in
      let now = Date()
      try TransferTable.failedAttempt(transfer, now: now, in: db)
      try JobQueue.postpone(job, until: now.adding(wait), lane: lane, in: db)
      let text = "attempt \(number) failed: \(reason); next in \(Int(wait.seconds.rounded(.up))) s"
      let isFirst =
        try transfer.kind == .message
        && transfer.messageRow.map {
          try MessageTable.step(
            $0, to: .scheduledForResend, event: text, transportID: transfer.transportID, now: now, in: db)
        } ?? false
      guard !isFirst else { return }
      try EventLog.add(transfer.event(text), at: now, in: db)
    }
    measures.count(.transferAttempts, "again")
    logger.warning("attempt failed", metadata: metadata(transfer, destination, reason))
  }

  /// Put off without an attempt. Its attempts are for when the access point may answer; only its time runs.
  private func later(_ transfer: Transfer, _ job: Job, after wait: Duration, lane: String) async throws {
    try await store.write { db in
      let now = Date()
      try JobQueue.postpone(job, until: now.adding(wait), lane: lane, in: db)
      guard transfer.kind == .message, let row = transfer.messageRow else { return }
      try MessageTable.step(
        row, to: .scheduledForResend, event: "not sent yet: the access point has not answered lately",
        transportID: transfer.transportID, now: now, in: db)
    }
  }

  /// The end without a receipt: the sender is told (TA15, SDK-AS4-13) and an operator alarmed.
  private func failed(
    _ transfer: Transfer, _ job: Job, reason: String, _ destination: Destination?
  ) async throws {
    try await store.write { [self] db in
      try JobQueue.finish(job, in: db)
      try fail(transfer, reason, now: Date(), in: db)
    }
    removeWire(of: transfer)
    measures.count(.transferAttempts, "failed")
    logger.error("not delivered", metadata: metadata(transfer, destination, reason))
  }

  private static func missingReceipt(_ attempts: Int, _ reason: String) -> String {
    "EBMS:0301 MissingReceipt: no valid receipt after \(attempts) attempts, the retry period is over: \(reason)"
  }

  private func elapsed(_ transfer: Transfer) -> Duration {
    .seconds(max(Date().timeIntervalSince(transfer.firstAttempt ?? Date()), 0))
  }

  nonisolated func setAside(_ job: Job, reason: String, in db: Database) throws {
    guard let transfer = try TransferTable.fetch(job.subject, in: db), transfer.isQueued else { return }
    try fail(transfer, "set aside: \(reason)", now: Date(), in: db)
  }

  nonisolated func alarm(_ job: Job, _ text: String, in db: Database) throws {
    guard let transfer = try TransferTable.fetch(job.subject, in: db) else { return }
    try EventLog.add(transfer.event(text, isAlarm: true), at: Date(), in: db)
  }

  private nonisolated func fail(_ transfer: Transfer, _ text: String, now: Date, in db: Database) throws {
    try TransferTable.end(transfer, acknowledged: false, in: db)
    let isTold =
      try transfer.messageRow.map {
        try MessageTable.fail(
          $0, event: text, transportID: transfer.transportID, now: now, telling: inbox, in: db)
      } ?? false
    if !isTold { try EventLog.add(transfer.event(text, isAlarm: true), at: now, in: db) }
  }

  private func removeWire(of transfer: Transfer) {
    if let file = wireFile(of: transfer), !store.layout.isBeingBackedUp { unlink(file.path) }
  }

  private func wireFile(of transfer: Transfer) -> URL? {
    transfer.file.map { store.layout.sealedFile(DataLayout.wire($0), of: transfer.participant) }
  }

  private func lane(_ transfer: Transfer, _ destination: Destination?) -> String {
    let size = wireFile(of: transfer).flatMap { FileInformation(path: $0.path) }?.size
    return Lane.send(to: destination?.url, size: size ?? 0)
  }

  /// Every field that a transfer's log must have (SDK-AS4-14).
  private func metadata(
    _ transfer: Transfer, _ destination: Destination?, _ reason: String? = nil
  ) -> Logger.Metadata {
    var metadata: Logger.Metadata = [
      "message": "\(transfer.envelopeID)", "transport": "\(transfer.transportID)",
      "conversation": "\(transfer.conversationID)", "sender": "\(transfer.participant)",
      "recipient": "\(transfer.counterpart)",
    ]
    metadata["accessPoint"] = destination?.accessPoint.commonName.map { "\($0)" }
    metadata["certificate"] = (destination?.accessPoint.subject).map { "\($0)" }
    if let reason { metadata["reason"] = "\(reason)" }
    return metadata
  }
}

extension Transfer {
  func event(_ text: String, isAlarm: Bool = false) -> NewEvent {
    NewEvent(
      participant: participant, messageID: envelopeID, transportID: transportID, text: text, isAlarm: isAlarm)
  }
}
