public import Foundation
public import GRDB
import SDKRelay
import Synchronization

extension MailboxService {
  /// Does work that is told of in the audit trail: work and entry are committed together. Work that was denied or failed
  /// leaves nothing but an entry that says so.
  /// - Parameter work: asks ``Access`` first, in the same transaction, and may complete the record.
  public func audited<Value: Sendable>(
    _ record: AuditRecord, at now: Date = .now,
    _ work: @escaping @Sendable (inout AuditRecord, Database) throws -> Value
  ) async throws -> Value {
    let audit = audit
    let draft = Draft(record)
    do {
      return try await relay.write { db in
        let value = try draft.record.withLock { try work(&$0, db) }
        try audit.append(draft.current, at: now, in: db)
        return value
      }
    } catch {
      // Where the entry cannot be written, the first error is what there is to say.
      try? await relay.write { db in
        for (record, outcome) in try draft.current.ending(in: error, db) {
          try audit.append(record, outcome, at: now, in: db)
        }
      }
      throw error
    }
  }
}

extension AuditRecord {
  /// How work that came to nothing is told. Whoever asked for a message that is not for them was told that there is none;
  /// the trail says that it was denied, once for each mailbox that has it.
  fileprivate func ending(in error: any Error, _ db: Database) throws -> [(AuditRecord, AuditOutcome)] {
    if error is AccessDenied { return [(self, .denied)] }
    guard error as? MessageProblem == .notFound, mailbox == nil, let messageID else { return [(self, .failed)] }
    let rows = try Row.fetchAll(
      db,
      sql: """
        SELECT DISTINCT participant, mailbox FROM message WHERE messageId = ? AND (? IS NULL OR participant = ?)
        """, arguments: [messageID.value, participant?.comparable, participant?.comparable])
    guard !rows.isEmpty else { return [(self, .failed)] }
    return try rows.map { row in
      var record = self
      record.participant = try ParticipantID(row["participant"])
      record.mailbox = try (row["mailbox"] as String?).map { try FunctionalAddress($0) }
      return (record, .denied)
    }
  }
}

/// A record that the work completes, and that is still there when the work has failed.
private final class Draft: Sendable {
  let record: Mutex<AuditRecord>

  init(_ record: AuditRecord) {
    self.record = Mutex(record)
  }

  var current: AuditRecord { record.withLock { $0 } }
}
