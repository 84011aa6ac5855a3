import Foundation
import GRDB
import Synchronization
import Testing
import XMLSecurity

@testable import SDKRelay

/// What stands behind the relay keeps its tables in the same transactions.
@Suite struct InboxTests {
  private struct Full: Error, CustomStringConvertible {
    let description = "the shelf is full"
  }

  /// Stores a row for each message, and then fails as long as it is told to.
  private final class Shelf: Inbox {
    let schemas = ["shelf"]
    let problem: Mutex<(any Error)?>
    let tries = Mutex(0)

    init(failing problem: (any Error)? = nil) {
      self.problem = Mutex(problem)
    }

    func register(in migrator: inout DatabaseMigrator) {
      migrator.registerMigration("shelf 1") { db in try db.execute(sql: "CREATE TABLE shelf (message TEXT NOT NULL)") }
    }

    func deliver(_ message: StoredMessage, in db: Database) throws {
      tries.withLock { $0 += 1 }
      try db.execute(sql: "INSERT INTO shelf (message) VALUES (?)", arguments: [message.id.value])
      if let problem = problem.withLock({ $0 }) { throw problem }
    }
  }

  private static let taken = DatabaseError(
    resultCode: .SQLITE_CONSTRAINT, message: "UNIQUE constraint failed: shelf.message", sql: "INSERT INTO shelf")

  @Test(
    arguments: [
      (Full(), "the shelf is full"), (CancellationError(), "CancellationError()"),
      (taken, "the database: UNIQUE constraint failed: shelf.message"),
    ] as [(any Error, String)])
  func aMessageThatTheInboxDoesNotTakeIsSetAsideWholeAndTakenOnceWhenItIsReleased(
    problem: any Error, words: String
  ) async throws {
    let shelf = Shelf(failing: problem)
    try await withNet(inbox: shelf) { net in
      let relay = net.nodes[1].relay
      let id = try await net.nodes[0].relay.submit(net.draft(attachments: [net.file([1, 2, 3])]))
      #expect(try await eventually { try !relay.setAsideItems().isEmpty })
      #expect(shelf.tries.withLock { $0 } == Job.mostAttempts, "it is neither given up at once nor tried without end")
      #expect(try relay.setAsideItems().map(\.reason) == [words])
      #expect(try relay.message(id).isEmpty && shelved(relay) == [])

      shelf.problem.withLock { $0 = nil }
      try await relay.release(setAside: #require(try relay.setAsideItems().first).number)
      #expect(try await net.nodes[0].wait(id, .outgoing, for: .accepted)?.status == .accepted)
      #expect(try shelved(relay) == [id.value])
      // What the failed tries wrote is the janitor's.
      let janitor = Janitor(
        store: relay.store, participants: [net.b.id], duplicateWindow: .seconds(1), logger: net.nodes[1].log.logger)
      try await janitor.sweep(now: Date().addingTimeInterval(Janitor.interval.seconds + 60))
      #expect(try relay.store.layout.messages(net.b.id).names().count == 1)
    }
  }

  @Test func whatIsStoredWithASubmissionIsStoredWithItOrNothingIs() async throws {
    try await withNet(inbox: Shelf(), running: []) { net in
      let relay = net.nodes[1].relay
      let draft = Draft(
        from: net.b.mailbox, to: net.a.mailbox, subject: "Svar", text: "Text", attachments: [try net.file([1, 2, 3])])
      for problem in [SubmissionProblem.refused("not yours"), .unavailable("the shelf is full")] {
        let told = await #expect(throws: SubmissionProblem.self) {
          try await relay.submit(draft) { message, db in
            try db.execute(sql: "INSERT INTO shelf (message) VALUES (?)", arguments: [message.id.value])
            if case .refused = problem { throw problem }
            throw Full()
          }
        }
        #expect(told?.description == problem.description)
        let rows = try relay.read { db in
          try ["message", "attachment", "transfer", "job", "event", "shelf"].map {
            try Int.fetchOne(db, sql: "SELECT COUNT(*) FROM \($0)")
          }
        }
        #expect(rows == [0, 0, 0, 0, 0, 0])
        // Plain attachments of a message that is not here must not wait for the janitor.
        #expect(try relay.store.layout.messages(net.b.id).names() == [])
      }
      let id = try await relay.submit(draft) { message, db in
        try db.execute(sql: "INSERT INTO shelf (message) VALUES (?)", arguments: [message.id.value])
      }
      #expect(try shelved(relay) == [id.value])
    }
  }

  private func shelved(_ relay: Relay) throws -> [String] {
    try relay.read { db in try String.fetchAll(db, sql: "SELECT message FROM shelf") }
  }
}
