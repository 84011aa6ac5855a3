import Foundation
import GRDB
import Logging
import NIOCore
import XMLSecurity

/// Takes AS4 messages from other access points: corner C3's half of a message in.
///
/// Order: room on the disk → read and verify (UserMessageReader) → duplicate → receipt signed, once → sealed file
/// synced under its final name → commit of row, receipt and job → answer. A receipt that left is always backed by a
/// commit. After a crash before the commit the sender repeats; after it, the repeat gets the same receipt.
struct Receiver: AS4RequestHandler {
  let store: Store
  let policy: AS4Receiver
  let signer: Identity
  let served: ServedDocuments
  let work: BlockingWork
  let room: DiskRoom
  let stop: StopSignal
  let measures: Measures
  let received: @Sendable () -> Void
  let logger: Logger
  private let sameMessage = KeyedLock()

  init(
    store: Store, policy: AS4Receiver, signer: Identity, served: ServedDocuments, work: BlockingWork, room: DiskRoom,
    stop: StopSignal, logger: Logger, measures: Measures = Measures(), received: @escaping @Sendable () -> Void
  ) {
    self.store = store
    self.signer = signer
    self.served = served
    self.work = work
    self.room = room
    self.stop = stop
    self.measures = measures
    self.logger = logger
    self.received = received
    var policy = policy
    policy.admit = { message throws(EbMSError) in try served.admit(message) }
    self.policy = policy
  }

  func handle(contentType: String, body: AS4RequestBody, peer: AS4Peer) async -> AS4Reply {
    let start = ContinuousClock.now
    defer { measures.time(.as4Time, took: .now - start) }
    return await answer(contentType, body, peer)
  }

  private func answer(_ contentType: String, _ body: AS4RequestBody, _ peer: AS4Peer) async -> AS4Reply {
    var reading: Reading?
    do {
      let spool = try Spool(folder: store.layout.incoming)
      let current = Reading(UserMessageReader(contentType: contentType, receiver: policy, spool: spool), body.length)
      reading = current
      // The body is stored decompressed, half as large again.
      let size = body.length.map { $0 / 2 * 3 } ?? policy.limits.payload
      let reply = try await room.whileTaking(size) {
        try await accept(try await read(body, current))
      }
      return reply ?? unavailable("the disk is nearly full")
    } catch let error as EbMSError {
      if error.isTransient { return unavailable("\(error)") }
      return await refuse(error, reading?.authenticated, peer: peer)
    } catch is AS4RequestBodyProblem {
      measures.count(.as4Requests, "broken")
      return AS4Reply(status: 400)
    } catch let error where StoreFault.isFatal(error) {
      stop.stop(error)
      return unavailable("\(error)")
    } catch {
      return unavailable("\(error)")
    }
  }

  // MARK: Steps

  private func read(_ body: AS4RequestBody, _ reading: Reading) async throws -> VerifiedUserMessage {
    for try await chunk in body {
      try await work.run { try reading.write(chunk) }
    }
    return try await work.run { try reading.finish() }
  }

  private func accept(_ message: VerifiedUserMessage) async throws -> AS4Reply {
    if message.isPing {
      let receipt = try await receipt(for: message)
      measures.count(.as4Requests, "ping")
      logger.info("ping answered", metadata: metadata(message))
      return answer(receipt)
    }
    let accessPoint = message.message.from.partyID
    let id = message.message.messageID
    // Many at once with the same id: the first does the work, the others find its receipt.
    return try await sameMessage.whileHolding("\(accessPoint) \(id)") {
      if let reply = try await repeated(message, from: accessPoint) { return reply }
      let receipt = try await receipt(for: message)
      do {
        try await keep(message, receipt: receipt)
      } catch let error as DatabaseError where error.resultCode == .SQLITE_CONSTRAINT {
        guard let reply = try await repeated(message, from: accessPoint) else { throw error }
        return reply
      }
      measures.count(.as4Requests, "receipt")
      logger.info("received", metadata: metadata(message))
      received()
      return answer(receipt)
    }
  }

  /// The answer to a message id seen before (invariant 3); nil for a new one.
  private func repeated(_ message: VerifiedUserMessage, from accessPoint: String) async throws -> AS4Reply? {
    let id = message.message.messageID
    let known = try store.readOnce { db in
      try ReceptionTable.receipt(accessPoint: accessPoint, transportID: id, in: db)
    }
    guard let known else { return nil }
    guard known.referencesSha256 == Self.digest(of: message.references) else {
      let text = "the message id came again with other content (EBMS:0003)"
      try await store.write { db in
        try EventLog.add(NewEvent(transportID: id, text: text, isAlarm: true), at: Date(), in: db)
      }
      logger.error("message id used twice", metadata: metadata(message))
      throw EbMSError(.valueInconsistent, "eb:MessageId has been used for another message", refToMessageID: id)
    }
    measures.count(.as4Requests, "repeated")
    logger.info("repeated: same receipt again", metadata: metadata(message))
    return answer(known.receipt)
  }

  private func receipt(for message: VerifiedUserMessage) async throws -> [UInt8] {
    let (signer, mode) = (signer, policy.mode)
    return try await work.run { try Signal.receipt(for: message, signer: signer, mode: mode) }
  }

  /// File first, then the row that names it: a row is never without its file.
  private func keep(_ message: VerifiedUserMessage, receipt: [UInt8]) async throws {
    guard let payload = message.payloads.first, let participant = served.recipient(of: message.message),
      let sender = served.sender(of: message.message)
    else {
      // `admit` has seen to it.
      throw EbMSError(.valueInconsistent, "not served", refToMessageID: message.message.messageID)
    }
    let layout = store.layout
    let name = payload.file.name
    try await work.run {
      try payload.file.sync()
      KillPoint.reached(.fileSynced)
      try payload.file.keep(in: layout.sealed(participant), ending: DataLayout.envelope(""))
      KillPoint.reached(.renamed)
    }
    let new = NewReception(
      participant: participant, accessPoint: message.message.from.partyID, message: message.message, sender: sender,
      referencesSha256: Self.digest(of: message.references), soap: message.soap, receipt: receipt, file: name,
      size: payload.size, payloadSha256: payload.sha256, key: payload.file.key)
    do {
      try await store.write { db in
        let now = Date()
        let row = try ReceptionTable.insert(new, now: now, in: db)
        try JobQueue.add(
          .open, subject: row, participant: participant, lane: Lane.open(participant, size: new.size), due: now, in: db)
        let event = NewEvent(
          participant: participant, transportID: new.message.messageID,
          text: "received from \(new.accessPoint), transport receipt given")
        try EventLog.add(event, at: now, in: db)
      }
    } catch let error as DatabaseError where error.resultCode == .SQLITE_CONSTRAINT {
      // The row was refused. After any other error nobody knows whether the commit happened, so the file stays: the
      // janitor sees who names it.
      try? layout.sealed(participant).remove(DataLayout.envelope(name))
      throw error
    }
    KillPoint.reached(.messageIDCommitted)
    KillPoint.reached(.receiptStored)
  }

  // MARK: Answers

  private func answer(_ signal: [UInt8]) -> AS4Reply {
    AS4Reply(status: 200, contentType: Signal.contentType, body: signal)
  }

  private func refuse(
    _ error: EbMSError, _ sender: (message: UserMessage, signer: TrustedCertificate)?, peer: AS4Peer
  ) async -> AS4Reply {
    var fields = sender.map { metadata($0.message, $0.signer) } ?? [:]
    fields["transport"] = fields["transport"] ?? "\(error.refToMessageID ?? "")"
    fields["error"] = "\(error)"
    fields["peer"] = "\(peer.address)"
    measures.count(.as4Requests, "error")
    logger.warning("message refused", metadata: fields)
    if let sender { await note(error, sender.message) }
    let (signer, mode) = (signer, policy.mode)
    guard let signal = try? await work.run({ try Signal.error(error, signer: signer, mode: mode) }) else {
      return AS4Reply(status: 500)
    }
    return answer(signal)
  }

  /// Strangers leave a line in the log; a known access point's refused message leaves an event too.
  private func note(_ error: EbMSError, _ message: UserMessage) async {
    let event = NewEvent(
      participant: served.recipient(of: message), transportID: message.messageID,
      text: "refused, from \(message.from.partyID): \(error)")
    try? await store.write { db in try EventLog.add(event, at: Date(), in: db) }
  }

  private func unavailable(_ reason: String) -> AS4Reply {
    measures.count(.as4Requests, "unavailable")
    logger.error("no message can be taken now", metadata: ["reason": "\(reason)"])
    return AS4Reply(status: 503)
  }

  private func metadata(_ message: VerifiedUserMessage) -> Logger.Metadata { metadata(message.message, message.signer) }

  /// Every field that a transfer's log must have (SDK-AS4-14).
  private func metadata(_ message: UserMessage, _ signer: TrustedCertificate) -> Logger.Metadata {
    [
      "transport": "\(message.messageID)", "conversation": "\(message.conversationID)",
      "accessPoint": "\(message.from.partyID)", "certificate": "\(signer.certificate.subject)",
      "action": "\(message.action)", "sender": "\(message.originalSender ?? "")",
      "recipient": "\(message.finalRecipient ?? "")",
    ]
  }

  /// One digest over all that was signed.
  static func digest(of references: [SignatureReference]) -> [UInt8] {
    let sink = DigestSink(.sha256)
    for reference in references.sorted(by: { $0.uri < $1.uri }) {
      let line = "\(reference.uri) \(reference.digestMethod.uri) \(Base64.encode(reference.digestValue))\n"
      try? sink.write(line)
    }
    return sink.digest()
  }
}

/// A reader that one request's chunks pass through, one after the other, on changing threads.
private final class Reading: @unchecked Sendable {
  private let reader: UserMessageReader
  private let length: Int?
  private var count = 0

  init(_ reader: UserMessageReader, _ length: Int?) {
    self.reader = reader
    self.length = length
  }

  /// See ``UserMessageReader``.
  var authenticated: (message: UserMessage, signer: TrustedCertificate)? { reader.authenticated }

  func write(_ chunk: ByteBuffer) throws {
    let hadHeader = reader.messageID != nil
    try chunk.withUnsafeReadableBytes { try reader.write($0) }
    if !hadHeader, reader.messageID != nil { KillPoint.reached(.headerRead) }
    let before = count
    count += chunk.readableBytes
    if let length, before < length / 2, count >= length / 2 { KillPoint.reached(.halfBodyRead) }
  }

  func finish() throws -> VerifiedUserMessage {
    try reader.close()
    KillPoint.reached(.tagVerified)
    return try reader.result()
  }
}

/// One holder for each key at a time; others wait their turn.
actor KeyedLock {
  private var held: [String: [CheckedContinuation<Void, Never>]] = [:]

  func whileHolding<Value: Sendable>(
    _ key: String, _ body: @Sendable () async throws -> Value
  ) async throws -> Value {
    await acquire(key)
    defer { release(key) }
    return try await body()
  }

  private func acquire(_ key: String) async {
    guard held[key] != nil else {
      held[key] = []
      return
    }
    await withCheckedContinuation { held[key, default: []].append($0) }
  }

  private func release(_ key: String) {
    guard var waiting = held[key], !waiting.isEmpty else {
      held[key] = nil
      return
    }
    waiting.removeFirst().resume()
    held[key] = waiting
  }
}
