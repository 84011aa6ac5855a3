import Foundation
import GRDB
import XMLSecurity

/// Judges a received envelope. The checks stand in their order (SDK digest §3, threats.md E1–E4); the private key is
/// not touched before the signature has been verified.
struct OpenChecks: Sendable {
  let settings: NodeSettings
  let directory: any Directory
  let store: Store
  /// The federation's authorities for certificates of organisations.
  let trust: TrustStore
  let work: BlockingWork
  let scan: MessageScan

  func judge(_ envelope: ReceivedEnvelope, of reception: Reception) async throws -> OpenVerdict {
    let header = envelope.header
    guard let participant = settings.participant(reception.participant), let id = MessageID(header.id) else {
      return .refused("the recipient is not served any more, or the envelope's id is no UUID")
    }
    // 1. The envelope is what the AS4 message says it is (4CT, SDK-AS4-02, -03), and of this federation (SDK-AS4-16).
    let outside = TransportAddressing(
      originalSender: reception.sender.value, finalRecipient: reception.participant.value,
      service: reception.service, serviceType: nil, action: reception.action)
    let differences = outside.differences(from: header)
    guard differences.isEmpty else {
      return .refused("AS4 and envelope differ: \(differences.joined(separator: ", "))")
    }
    guard header.federationID == settings.federation.id else {
      return .refused("the envelope belongs to another federation or environment")
    }
    // 2. The sending access point is the sender's own (case 13): without a signature nothing else says who sent it.
    if let verdict = await wrongSender(header, reception) { return verdict }
    // 3. The same bytes again (SDK-KVT-11).
    if let earlier = try store.readOnce({ try Self.earlier(reception, id, in: $0) }) {
      return .repeated(earlier: earlier)
    }
    // 4. Signature, chain, and the certificate the sender has published (I5, SDK-XHE-11).
    let published: [Certificate]
    do throws(DirectoryProblem) {
      published = try await directory.signingCertificates(of: header.from)
    } catch {
      // Without an entry there is nowhere to send a receipt to (receipt specification, case 13).
      return error.isTransient ? .held("\(error)") : .refused("\(error)")
    }
    let isPlain = !envelope.isSigned && header.documentID.transportModel == .base && header.documentID.isMessage
    let verified: VerifiedEnvelope?
    do {
      let trust = trust
      verified = isPlain ? nil : try await work.run { try envelope.verify(.published(published, trust), at: Date()) }
    } catch let problem as EnvelopeProblem {
      if problem.isTransient { return .held("\(problem)") }
      // A receipt is never answered, not even a forged one.
      guard header.documentID.isMessage, let told = problem.receiptProblem else { return .refused("\(problem)") }
      return .rejected([told])
    }
    KillPoint.reached(.envelopeVerified)
    if header.documentID.isReceipt { return try await judgeReceipt(verified) }
    // 5. Encrypted, where the transport model says so (SDK-XHE-12).
    guard header.isEncryptedAsRequired else {
      return .rejected([PayloadRule.unencrypted.problem()])
    }
    // 6. No sender gets more than three tries at our key an hour (E4).
    if try store.readOnce({ try Quarantine.isClosed(to: header.from, at: reception.participant, now: Date(), in: $0) })
    {
      return .putAside("the sender's messages could not be decrypted lately", countsAsUndecryptable: false)
    }
    // 7. A content key that came in another envelope is a ciphertext signed anew (E2).
    if let key = verified?.encryptedKeyDigest, try await isSeen(key, reception) {
      return .refused("the encrypted key has been seen in another envelope")
    }
    // 8. The malware scanner is there: what would have to wait for it is not opened yet.
    if let obstacle = try await scan.obstacle() { return .held(obstacle) }
    // 9. Decrypt and read in one stream.
    return try await open(envelope, verified, participant, reception)
  }

  /// The verdict on a message that comes from another access point than the one published for its sender; nil where it
  /// is the right one. Names are compared, not certificates: an access point keeps its name when it changes certificates.
  private func wrongSender(_ header: EnvelopeHeader, _ reception: Reception) async -> OpenVerdict? {
    // A message is answered with a receipt, and a receipt answers a message: that document's address is the sender's.
    let isReceipt = header.documentID.isReceipt
    let published: Destination
    do throws(DirectoryProblem) {
      let answer = isReceipt ? DocumentID.message() : .receipt()
      published = try await directory.destination(of: header.from, for: answer.value)
    } catch {
      // Without an entry there is nowhere to send a receipt to.
      return error.isTransient ? .held("\(error)") : .refused("\(error)")
    }
    guard published.accessPoint.commonName != reception.accessPoint else { return nil }
    let problem = PayloadRule.wrongSender.problem()
    return isReceipt ? .refused(problem.text) : .rejected([problem])
  }

  // MARK: Payload

  private func open(
    _ envelope: ReceivedEnvelope, _ verified: VerifiedEnvelope?, _ participant: NodeSettings.Participant,
    _ reception: Reception
  ) async throws -> OpenVerdict {
    let limits = PayloadLimits(
      maximumBytes: settings.limits.incoming, allowedTypes: Set(participant.fileTypes.map { $0.lowercased() }))
    let spool = try store.layout.messages(reception.participant)
    // A former version received without a key.
    let key = reception.key.key ?? .random()
    let read: ReadPayload
    do {
      read = try await work.run {
        let attachments = SealedAttachments(spool, key)
        let reader = PayloadReader(limits: limits, direction: .incoming, store: attachments)
        if let verified {
          _ = try verified.open(with: participant.encryption.map(\.privateKey), into: reader)
        } else {
          _ = try envelope.openUnsigned(into: reader)
        }
        KillPoint.reached(.decrypted)
        return ReadPayload(
          reading: reader.result(), senderFunction: reader.senderFunction, files: attachments.files)
      }
    } catch EnvelopeProblem.unreadable {
      return .held("the envelope's file cannot be read")
    } catch is EnvelopeProblem {
      return Self.undecryptable
    }
    switch read.reading {
    case .unreadable:
      // What decrypts to no XML looks the same from outside as what does not decrypt (E3).
      return Self.undecryptable
    case .invalid(let problems):
      return .rejected(problems, function: read.senderFunction)
    case .valid(let payload):
      let problems = try await problems(payload, envelope.header, reception)
      guard problems.isEmpty else { return .rejected(problems, function: read.senderFunction) }
      return try await scanned(
        OpenedMessage(payload: payload, files: read.files, key: key, envelopeSha256: reception.payloadSha256))
    }
  }

  /// 14. No malware (case 3, threats.md W3). Last, since it takes longest.
  private func scanned(_ opened: OpenedMessage) async throws -> OpenVerdict {
    do {
      switch try await scan.look(through: opened.scanContents) {
      case .passed: return .valid(opened)
      case .infected(let found): return .infected(opened, found)
      case .unscanned(let reason):
        var opened = opened
        opened.unscanned = reason
        return .valid(opened)
      }
    } catch let problem as ScanProblem {
      return .held(problem.description)
    }
  }

  private static let undecryptable = OpenVerdict.putAside("the message cannot be opened", countsAsUndecryptable: true)

  /// What shows beside the envelope, the directory and the store.
  private func problems(
    _ payload: Payload, _ header: EnvelopeHeader, _ reception: Reception
  ) async throws -> [PayloadProblem] {
    // 10. The payload mirrors its envelope (2.4.9). Another sender than the envelope's may be nobody at all.
    var problems = PayloadAddressing(payload.header).problems(with: header)
    let sender = payload.header.sender.id
    if sender != header.from, try await organization(sender) == nil {
      problems.append(PayloadRule.unknownSender.problem())
    }
    // 11. The function exists, inside and outside (2.4.5).
    let recipient = try await organization(reception.participant)
    if recipient?.mailbox(payload.header.recipient.attention.subOrganization.address) == nil {
      problems.append(PayloadRule.unknownFunction.problem())
    }
    if let service = header.handlingServiceID,
      (try? FunctionalAddress(service)).flatMap({ recipient?.mailbox($0) }) == nil
    {
      problems.append(PayloadRule.unknownHandlingService.problem())
    }
    // 12. The message id is new: the same bytes ended at check 3 (2.4.4, Q3).
    let id = payload.header.messageID
    let (isKnown, refersToFailed) = try store.read { db in
      let isKnown = try MessageTable.row(id, .incoming, of: reception.participant, in: db) != nil
      guard let reference = payload.header.refToMessageID else { return (isKnown, false) }
      return (isKnown, try Self.hasFailed(reference, reception.participant, in: db))
    }
    if isKnown { problems.append(PayloadRule.duplicate.problem()) }
    // 13. An answer to a message that we rejected, or to one of ours that was rejected or counts as failed, as for want
    // of a receipt. One to an unknown message is fine (cases 7 and 11).
    if refersToFailed { problems.append(PayloadRule.refersToRejected.problem()) }
    return problems
  }

  /// The organisation as the directory knows it; nil where it does not.
  private func organization(_ participant: ParticipantID) async throws -> Organization? {
    do throws(DirectoryProblem) {
      return try await directory.organization(participant)
    } catch {
      if error.isTransient { throw error }
      return nil
    }
  }

  // MARK: Message receipts

  /// In bytes.
  static let largestReceipt = 262_144

  private func judgeReceipt(_ verified: VerifiedEnvelope?) async throws -> OpenVerdict {
    guard let verified, !verified.header.isEncrypted else {
      return .refused("a message receipt is signed and not encrypted")
    }
    return try await work.run {
      let payload = MemorySink(limit: Self.largestReceipt)
      do {
        _ = try verified.open(with: [], into: payload)
      } catch is ByteLimitExceeded {
        return .refused("the message receipt is too large")
      } catch let problem as EnvelopeProblem {
        return .refused("the message receipt cannot be read: \(problem)")
      }
      do {
        return .receipt(try MessageResponse(reading: payload.bytes, header: verified.header))
      } catch let problem as MessageResponse.Problem {
        return .refused("the message receipt is not valid: \(problem)")
      }
    }
  }

  // MARK: What the store knows

  /// The reception of the same bytes from the same access point that was dealt with: what another one sent, and was
  /// refused for, says nothing about the sender's own.
  private static func earlier(_ reception: Reception, _ id: MessageID, in db: Database) throws -> Int64? {
    try db.row(
      sql: """
        SELECT id FROM reception
        WHERE participant = ? AND envelopeId = ? AND payloadSha256 = ? AND accessPoint = ? AND id <> ?
          AND state IN ('delivered', 'rejected')
        ORDER BY id LIMIT 1
        """,
      arguments: [
        reception.participant.comparable, id.comparable, Data(reception.payloadSha256), reception.accessPoint,
        reception.row,
      ]
    ).map { $0[0] }
  }

  private static func hasFailed(_ id: MessageID, _ participant: ParticipantID, in db: Database) throws -> Bool {
    try db.row(
      sql: """
        SELECT EXISTS (SELECT 1 FROM message WHERE participant = ?1 AND direction = 'out' AND messageId = ?2
            AND status IN ('REJECTED', 'MESSAGE_EXCHANGE_ERROR'))
          OR EXISTS (SELECT 1 FROM reception WHERE participant = ?1 AND envelopeId = ?2 AND state = 'rejected'
            AND NOT EXISTS (SELECT 1 FROM message WHERE participant = ?1 AND messageId = ?2))
        """,
      arguments: [participant.comparable, id.comparable]
    ).map { $0[0] } ?? false
  }

  /// Remembers the content key's digest with its envelope, before the key is unwrapped.
  private func isSeen(_ key: [UInt8], _ reception: Reception) async throws -> Bool {
    try await store.write { db in
      try db.change(
        sql: """
          INSERT INTO seenKey (participant, keySha256, envelopeSha256, at) VALUES (?, ?, ?, ?)
          ON CONFLICT (participant, keySha256) DO NOTHING
          """,
        arguments: [
          reception.participant.comparable, Data(key), Data(reception.payloadSha256), Date().milliseconds,
        ])
      let first = try db.row(
        sql: "SELECT envelopeSha256 FROM seenKey WHERE participant = ? AND keySha256 = ?",
        arguments: [reception.participant.comparable, Data(key)])
      return first.map { [UInt8]($0[0] as Data) } != reception.payloadSha256
    }
  }
}

/// What came of reading a payload. Unchecked: its files change hands from the reading thread to the worker's task, once.
private struct ReadPayload: @unchecked Sendable {
  let reading: PayloadReading
  let senderFunction: FunctionalAddress?
  let files: [Int: SealedSpoolFile]
}

/// Senders whose messages could not be decrypted three times within an hour are not opened any more for that hour (E4),
/// unless an operator releases one of them.
enum Quarantine {
  static let tries = 3
  static let period = Duration.seconds(3_600)

  static func count(
    from sender: ParticipantID, to participant: ParticipantID, now: Date, in db: Database
  ) throws {
    try db.change(
      sql: "INSERT INTO decryptionFailure (participant, sender, at) VALUES (?, ?, ?)",
      arguments: [participant.comparable, sender.comparable, now.milliseconds])
  }

  static func lift(from sender: ParticipantID, to participant: ParticipantID, in db: Database) throws {
    try db.change(
      sql: "DELETE FROM decryptionFailure WHERE participant = ? AND sender = ?",
      arguments: [participant.comparable, sender.comparable])
  }

  static func isClosed(
    to sender: ParticipantID, at participant: ParticipantID, now: Date, in db: Database
  ) throws -> Bool {
    let count = try db.row(
      sql: "SELECT COUNT(*) FROM decryptionFailure WHERE participant = ? AND sender = ? AND at > ?",
      arguments: [participant.comparable, sender.comparable, now.adding(.zero - period).milliseconds])
    return (count.map { $0[0] as Int } ?? 0) >= tries
  }
}
