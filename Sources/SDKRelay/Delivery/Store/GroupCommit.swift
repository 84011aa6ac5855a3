import GRDB

/// Lets concurrent writers share one transaction and one sync.
///
/// While a commit is being synced, further writers gather; the next transaction takes them all, each in a savepoint, so
/// that one caller's failure undoes that caller's changes only. Nobody waits for a timer: a lone caller commits at
/// once, and needs no savepoint.
actor GroupCommit {
  private let pool: DatabasePool
  private var waiting: [any PendingWrite] = []
  private var isCommitting = false
  private static let largestGroup = 256

  init(_ pool: DatabasePool) {
    self.pool = pool
  }

  /// Runs the closure in a transaction and returns its value once the transaction is durable.
  func write<Value: Sendable>(_ body: @escaping @Sendable (Database) throws -> Value) async throws -> Value {
    try await withCheckedThrowingContinuation { continuation in
      waiting.append(Pending(body: body, continuation: continuation))
      if !isCommitting {
        isCommitting = true
        Task { await commitAll() }
      }
    }
  }

  private func commitAll() async {
    while !waiting.isEmpty {
      let group = Array(waiting.prefix(Self.largestGroup))
      waiting.removeFirst(group.count)
      do {
        try await pool.writeWithoutTransaction { db in
          try db.inTransaction(.immediate) {
            if group.count == 1 { return group[0].run(alone: db) ? .commit : .rollback }
            for write in group { write.run(besideOthers: db) }
            return .commit
          }
        }
        for write in group { write.resume(failed: nil) }
      } catch {
        // Nothing of the group is durable, so nobody may be told otherwise.
        for write in group { write.resume(failed: error) }
      }
    }
    isCommitting = false
  }
}

private protocol PendingWrite: Sendable {
  /// Makes the change in a transaction of its own; false when the transaction is to be undone.
  func run(alone db: Database) -> Bool
  /// Makes the change, or undoes it, in a transaction shared with others.
  func run(besideOthers db: Database)
  func resume(failed error: (any Error)?)
}

/// One caller's change and its outcome. Touched first by the writer's queue, then by the actor, never by both at once.
private final class Pending<Value: Sendable>: PendingWrite, @unchecked Sendable {
  private let body: @Sendable (Database) throws -> Value
  private let continuation: CheckedContinuation<Value, any Error>
  private var result: Result<Value, any Error>?

  init(body: @escaping @Sendable (Database) throws -> Value, continuation: CheckedContinuation<Value, any Error>) {
    self.body = body
    self.continuation = continuation
  }

  func run(alone db: Database) -> Bool {
    let outcome = Result { try body(db) }
    result = outcome
    return if case .success = outcome { true } else { false }
  }

  func run(besideOthers db: Database) {
    result = Result {
      var value: Value?
      try db.inSavepoint {
        value = try body(db)
        return .commit
      }
      guard let value else { throw DatabaseError(message: "a savepoint ended without a value") }
      return value
    }
  }

  func resume(failed error: (any Error)?) {
    if let error { return continuation.resume(throwing: error) }
    continuation.resume(with: result ?? .failure(DatabaseError(message: "a write was left out of its transaction")))
  }
}
