import GRDB
import Synchronization

/// Tells those who follow the event list that there may be more: one look for all of them.
///
/// This process's own commits ring; what other processes write is found by looking once a second. Nobody looks while
/// nobody waits, and however many commits there are, those who wait are called at most five times a second.
public actor EventWatch {
  private let store: Store
  private let bell = Bell()
  private var newest: Int64 = 0
  private var waiting: [Int: Waiter] = [:]
  private var number = 0
  private var isGoingRound = false
  private var isLookDue = false
  private var lastLook = ContinuousClock.now - EventWatch.pause
  private static let glance = Duration.seconds(1)
  private static let pause = Duration.milliseconds(200)

  private struct Waiter {
    let number: Int64
    let end: ContinuousClock.Instant
    let continuation: CheckedContinuation<Void, Never>
  }

  init(_ store: Store) {
    self.store = store
    bell.connect { [weak self] in Task { await self?.rang() } }
    store.pool.add(transactionObserver: bell, extent: .observerLifetime)
  }

  /// Returns when there is an event after the one with this number, at the end of the time, or when cancelled.
  public func wait(beyond number: Int64, until end: ContinuousClock.Instant) async {
    guard newest <= number else { return }
    self.number += 1
    let id = self.number
    await withTaskCancellationHandler {
      await withCheckedContinuation { continuation in
        guard !Task.isCancelled else { return continuation.resume() }
        waiting[id] = Waiter(number: number, end: end, continuation: continuation)
        bell.isHeard.store(true, ordering: .relaxed)
        goRound()
      }
    } onCancel: {
      Task { await self.leave(id) }
    }
  }

  private func leave(_ id: Int) {
    waiting.removeValue(forKey: id)?.continuation.resume()
  }

  private func goRound() {
    guard !isGoingRound else { return }
    isGoingRound = true
    Task {
      while !waiting.isEmpty {
        look()
        let next = waiting.values.map(\.end).min() ?? .now
        try? await Task.sleep(until: min(next, .now + Self.glance))
      }
      isGoingRound = false
      bell.isHeard.store(false, ordering: .relaxed)
    }
  }

  private func rang() async {
    guard !waiting.isEmpty, !isLookDue else { return }
    isLookDue = true
    try? await Task.sleep(until: lastLook + Self.pause)
    isLookDue = false
    look()
  }

  private func look() {
    lastLook = .now
    // Where the database cannot be read, those who asked find out themselves.
    newest = (try? store.readOnce { try Int64.fetchOne($0, sql: "SELECT max(id) FROM event") } ?? 0) ?? newest
    for (id, waiter) in waiting where waiter.number < newest || waiter.end <= lastLook { leave(id) }
  }
}

/// Rings after each commit that wrote events.
private final class Bell: TransactionObserver, Sendable {
  /// Whether anybody waits.
  let isHeard = Atomic(false)
  private let hasWritten = Atomic(false)
  private let ring = Mutex<(@Sendable () -> Void)?>(nil)

  func connect(_ ring: @escaping @Sendable () -> Void) {
    self.ring.withLock { $0 = ring }
  }

  func observes(eventsOfKind kind: DatabaseEventKind) -> Bool {
    if case .insert("event") = kind { true } else { false }
  }

  func databaseDidChange(with event: DatabaseEvent) {
    hasWritten.store(true, ordering: .relaxed)
  }

  func databaseDidCommit(_ db: Database) {
    guard hasWritten.exchange(false, ordering: .relaxed), isHeard.load(ordering: .relaxed) else { return }
    ring.withLock { $0 }?()
  }

  func databaseDidRollback(_ db: Database) {
    hasWritten.store(false, ordering: .relaxed)
  }
}
