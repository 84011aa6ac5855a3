import Foundation
import Synchronization

/// A clock that stands until it is moved.
final class TestClock: Sendable {
  private let time = Mutex(someNow)

  var now: Date { time.withLock { $0 } }
  func advance(_ seconds: TimeInterval) { time.withLock { $0 += seconds } }
}
