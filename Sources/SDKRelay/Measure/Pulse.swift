import Synchronization

/// When something that goes round and round was last seen to do so.
final class Pulse: Sendable {
  private let last = Mutex<ContinuousClock.Instant?>(nil)

  func beat() { last.withLock { $0 = .now } }
  func stop() { last.withLock { $0 = nil } }

  /// How long ago; nil where it does not run.
  var age: Duration? { last.withLock { $0 }.map { .now - $0 } }
}
