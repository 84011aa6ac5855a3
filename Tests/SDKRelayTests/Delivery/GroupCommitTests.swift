import Foundation
import GRDB
import Testing

@testable import SDKRelay

/// Whoever shares a transaction is told the truth about it, also when SQLite ends it early, as it does on a full disk.
@Suite struct GroupCommitTests {
  private let store: Store
  private let folder = FileManager.default.temporaryDirectory.appending(path: "commits-\(UUID().uuidString)")

  private struct Refused: Error {}

  init() throws {
    store = try Store(folder: folder)
    try store.pool.write { db in
      try db.execute(sql: "CREATE TABLE shelf (name TEXT NOT NULL UNIQUE); INSERT INTO shelf VALUES ('taken')")
    }
  }

  /// The statement fails and takes the whole transaction with it.
  private static func endEarly(_ db: Database) throws {
    try db.execute(sql: "INSERT OR ROLLBACK INTO shelf VALUES ('taken')")
  }

  private func shelf() throws -> [String] {
    try store.read { db in try String.fetchAll(db, sql: "SELECT name FROM shelf ORDER BY name") }
  }

  @Test func aLoneWriterThatFailsLeavesNothingAndHearsWhy() async throws {
    defer { try? FileManager.default.removeItem(at: folder) }
    await #expect(throws: Refused.self) {
      try await store.write { db in
        try db.execute(sql: "INSERT INTO shelf VALUES ('half')")
        throw Refused()
      }
    }
    let error = await #expect(throws: DatabaseError.self) {
      try await store.write { db in
        try db.execute(sql: "INSERT INTO shelf VALUES ('half')")
        try Self.endEarly(db)
      }
    }
    #expect(error?.resultCode == .SQLITE_CONSTRAINT, "the reason decides whether the work is tried again")
    #expect(try shelf() == ["taken"])
    try await store.write { db in try db.execute(sql: "INSERT INTO shelf VALUES ('next')") }
    #expect(try shelf() == ["next", "taken"])
  }

  @Test func oneOfAGroupThatFailsTakesNobodyAlong() async throws {
    defer { try? FileManager.default.removeItem(at: folder) }
    let done = try await together { db in
      try db.execute(sql: "INSERT INTO shelf VALUES ('half')")
      throw Refused()
    }
    #expect(done == ["first", "second", "third"])
    #expect(try shelf() == ["first", "second", "taken", "third"])
  }

  @Test func aTransactionThatEndsEarlyIsNobodysSuccess() async throws {
    defer { try? FileManager.default.removeItem(at: folder) }
    let done = try await together(Self.endEarly)
    // What was told to have failed may be asked for again, and must not be there twice then.
    #expect(try shelf() == (done + ["taken"]).sorted())
    #expect(done == ["first"])
    try await store.write { db in try db.execute(sql: "INSERT INTO shelf VALUES ('next')") }
  }

  /// Has writers share a transaction, one of them with this change, and gives the names that were told to be stored.
  private func together(_ change: @escaping @Sendable (Database) throws -> Void) async throws -> [String] {
    let store = store
    let (begun, signal) = AsyncStream.makeStream(of: Void.self)
    async let first: Bool = Self.isDone {
      try await store.write { db in
        try db.execute(sql: "INSERT INTO shelf VALUES ('first')")
        signal.yield()
        usleep(200_000)
      }
    }
    for await _ in begun { break }
    // While the first one's transaction lasts, the others gather, in their order.
    async let second: Bool = Self.isDone {
      try await store.write { db in try db.execute(sql: "INSERT INTO shelf VALUES ('second')") }
    }
    try await Task.sleep(for: .milliseconds(40))
    async let failing: Bool = Self.isDone { try await store.write(change) }
    try await Task.sleep(for: .milliseconds(40))
    async let third: Bool = Self.isDone {
      try await store.write { db in try db.execute(sql: "INSERT INTO shelf VALUES ('third')") }
    }
    #expect(await !failing)
    let done = await [("first", first), ("second", second), ("third", third)]
    return done.filter(\.1).map(\.0)
  }

  private static func isDone(_ work: @Sendable () async throws -> Void) async -> Bool {
    do {
      try await work()
      return true
    } catch {
      return false
    }
  }
}
