import Foundation
import GRDB
import Testing

@testable import Mailbox
@testable import SDKRelay

/// Q11: rooms that share a database change it each for itself, and forward only.
@Suite struct SchemaTests {
  private let folder = FileManager.default.temporaryDirectory.appending(path: "schema-\(UUID().uuidString)")

  private struct Newer: Inbox {
    let schemas = ["mailbox"]
    func register(in migrator: inout DatabaseMigrator) {
      MailboxSchema.register(in: &migrator)
      migrator.registerMigration("mailbox 99 from tomorrow") { _ in }
    }
    func deliver(_ message: StoredMessage, in db: Database) throws {}
  }

  @Test func aRelayAloneOpensWhatTheServiceHasWritten() throws {
    defer { try? FileManager.default.removeItem(at: folder) }
    _ = try Store(folder: folder, inbox: Newer())
    _ = try Store(folder: folder)
  }

  @Test func aNewerServicesTablesAreRefused() throws {
    defer { try? FileManager.default.removeItem(at: folder) }
    _ = try Store(folder: folder, inbox: Newer())
    #expect(throws: StoreProblem.newerSchema) { _ = try Store(folder: folder, inbox: MailboxInbox()) }
  }
}
