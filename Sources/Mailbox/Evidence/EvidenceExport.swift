public import Foundation
import GRDB
public import SDKRelay
import XMLSecurity

extension AuditAction {
  public static let exportMessage = AuditAction(rawValue: "message.export")
}

/// Why no evidence can be exported.
public enum EvidenceProblem: Error, Hashable, Sendable, CustomStringConvertible {
  /// Nothing has been signed yet.
  case none
  case exists(String)
  case tooLarge
  /// The participant whose message it is has no key in the settings, so nobody could sign the bundle.
  case noParticipant(String)

  public var description: String {
    switch self {
    case .none: "there is no signed proof of the message yet"
    case .exists(let path): "\(path) already exists"
    case .tooLarge: "\(ZipProblem.tooLarge)"
    case .noParticipant(let id): "\(id) is no participant in the settings, and nobody else may sign its evidence"
    }
  }
}

extension MailboxService {
  /// Writes everything that proves a message into one new file, signed by the participant whose message it is. The audit
  /// trail tells of it.
  /// - Parameters:
  ///   - participant: whose message, where two participants of this node exchanged it, or where it was rejected and lies
  ///     in no mailbox.
  ///   - reason: for the audit trail; without one, and without one given before, nothing about a protected person is exported.
  /// - Throws: ``MessageProblem/notFound`` also when the principal may not export it; ``EvidenceProblem``.
  public func exportEvidence(
    _ id: MessageID, of participant: ParticipantID? = nil, to file: URL, by principal: Principal, reason: String? = nil,
    at now: Date = .now
  ) async throws {
    let record = AuditRecord(principal, .exportMessage, participant: participant, messageID: id, reason: reason)
    let permit: @Sendable (inout AuditRecord, Database) throws -> StoredMessage? = { record, db in
      let message = try Self.exportable(id, of: participant, by: principal, at: now, in: db)
      if let message {
        (record.participant, record.mailbox) = (message.participant, message.ownMailbox)
        try Self.demandReason(for: [message], by: principal, &record, at: now, in: db)
      } else if let participant {
        try Access.check(principal, .export, of: participant, at: now, in: db)
      } else {
        throw MessageProblem.notFound
      }
      return message
    }
    nonisolated(unsafe) let new: SpoolFile
    do {
      // Before anything is made. It counts again in the transaction that tells of it.
      var probe = record
      let message = try relay.read { try permit(&probe, $0) }
      new = try await bundle(id, message, of: message?.participant ?? participant, beside: file, at: now)
    } catch {
      return try await audited(record, at: now) { record, db in
        _ = try permit(&record, db)
        throw error
      }
    }
    defer { new.discard() }
    // The trail says that it was done, and the file is there, or neither.
    try await audited(record, at: now) { record, db in
      _ = try permit(&record, db)
      guard try new.link(as: file) else { throw EvidenceProblem.exists(file.path) }
    }
  }

  /// The message that was meant; nil where there is none and it may have been rejected.
  private static func exportable(
    _ id: MessageID, of participant: ParticipantID?, by principal: Principal, at now: Date, in db: Database
  ) throws -> StoredMessage? {
    let access = AccessFilter(
      principal, .export, at: now, participant: "message.participant", mailbox: "message.mailbox",
      isProtected: "messageRecord.isProtected")
    // Of two participants' copies the recipient's comes first, as for other commands.
    let found = try Row.fetchAll(
      db,
      sql: """
        SELECT \(StoredMessage.columns), \(access.sql) AS mayExport FROM message
        LEFT JOIN messageRecord ON messageRow = message.id
        WHERE messageId = ? AND (? IS NULL OR message.participant = ?) ORDER BY direction, message.id DESC
        """, arguments: access.arguments + [id.value, participant?.comparable, participant?.comparable])
    if found.isEmpty { return nil }
    guard let row = found.first(where: { $0["mayExport"] }) else { throw MessageProblem.notFound }
    return try StoredMessage(row)
  }

  /// The bundle as a file without a name.
  private func bundle(
    _ id: MessageID, _ message: StoredMessage?, of participant: ParticipantID?, beside file: URL, at now: Date
  ) async throws -> SpoolFile {
    guard let participant else { throw MessageProblem.notFound }
    guard FileInformation(path: file.path) == nil else { throw EvidenceProblem.exists(file.path) }
    let known = (try? await relay.directory.accessPointCertificates()) ?? []
    guard let bundle = try evidenceBundle(id, message, of: participant, known, at: now) else {
      throw message == nil ? MessageProblem.notFound : EvidenceProblem.none
    }
    let new = try Spool(folder: file.deletingLastPathComponent()).create()
    do {
      try bundle.write(into: new)
    } catch {
      new.discard()
      throw error is ZipProblem ? EvidenceProblem.tooLarge : error
    }
    return new
  }

  /// Everything that proves the message, ready to be written; nil where nothing has been signed.
  /// - Parameters:
  ///   - message: nil for one that was rejected.
  ///   - known: access points' certificates that pieces may only name.
  func evidenceBundle(
    _ id: MessageID, _ message: StoredMessage?, of participant: ParticipantID, _ known: [Certificate], at now: Date
  ) throws -> EvidenceBundle? {
    let pieces = try message.map(relay.evidence(of:)) ?? relay.evidence(ofRejected: id, at: participant)
    guard !pieces.isEmpty else { return nil }
    guard let signing = relay.settings.participant(participant)?.signing else {
      throw EvidenceProblem.noParticipant(participant.value)
    }
    return EvidenceBundle(
      id: id, message: message, participant: participant, pieces: pieces,
      events: try message.map(relay.events(of:)) ?? [],
      signers: try BundleSigners(pieces, settings: relay.settings, known: known), signing: signing, exported: now)
  }
}
