import Foundation
import GRDB
import Testing

@testable import Mailbox
@testable import SDKRelay

/// A store on the disk with the service's tables and its audit trail.
final class AuditKit: Sendable {
  let folder = FileManager.default.temporaryDirectory.appending(path: "audit-\(UUID().uuidString)")
  let store: Store
  let audit: Audit

  init() throws {
    store = try Store(folder: folder, inbox: MailboxInbox())
    audit = Audit(folder: folder)
  }

  deinit {
    try? FileManager.default.removeItem(at: folder)
  }

  var headFile: URL { folder.appending(path: "audit.head") }
  var keyFile: URL { folder.appending(path: "audit.key") }

  func append(
    _ text: String = "u1", persons: [String] = [], message: MessageID? = nil, reason: String? = nil,
    at now: Date = AccessKit.now
  ) async throws {
    let record = AuditRecord(
      .user(try UserID(text)), AuditAction(rawValue: "message.read"), participant: AccessKit.organisation,
      mailbox: AccessKit.mailbox.address, messageID: message, persons: persons, reason: reason)
    let audit = audit
    try await store.write { db in try audit.append(record, at: now, in: db) }
  }

  func verify(_ audit: Audit? = nil, mark: AuditMark? = nil) throws -> AuditVerification {
    try (audit ?? self.audit).verify(mark: mark) { try store.read($0) }
  }

  /// What somebody does who has the database's file: SQLite itself would refuse.
  func tamper(_ sql: String) throws {
    try store.pool.writeWithoutTransaction { db in
      let triggers = try Row.fetchAll(db, sql: "SELECT name, sql FROM sqlite_master WHERE type = 'trigger'")
      for trigger in triggers { try db.execute(sql: "DROP TRIGGER \(trigger["name"] as String)") }
      try db.execute(sql: sql)
      for trigger in triggers { try db.execute(sql: trigger["sql"] as String) }
    }
  }
}
