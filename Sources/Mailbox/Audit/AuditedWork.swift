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
      let outcome: AuditOutcome = error is AccessDenied ? .denied : .failed
      // Where the entry cannot be written, the first error is what there is to say.
      try? await relay.write { db in try audit.append(draft.current, outcome, at: now, in: db) }
      throw error
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
