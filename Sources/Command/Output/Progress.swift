import Foundation
import Synchronization

/// Shows on a terminal how far long work has come; says nothing for short work or where nobody watches.
final class Progress: Sendable {
  private let label: String
  private let total: Int
  private let started = ContinuousClock.now
  /// The percentage on the screen; nil while nothing is.
  private let shown = Mutex<Int?>(nil)
  private let isWatched = isatty(STDERR_FILENO) == 1
  /// Shorter work is over before anybody could read the line.
  private static let silence = Duration.milliseconds(400)

  /// `total` is what `advance(to:)` will reach, usually a number of bytes.
  init(_ label: String, total: Int) {
    self.label = label
    self.total = max(total, 1)
  }

  /// Tells how far the work is. Work that goes over the same bytes several times begins anew each time.
  func advance(to done: Int) {
    guard isWatched, ContinuousClock.now - started > Self.silence else { return }
    let percent = min(100, done * 100 / total)
    shown.withLock { shown in
      guard percent != shown else { return }
      shown = percent
      Output.progress("\r\(label) \(percent) %\u{1B}[K")
    }
  }

  /// Removes the line.
  func finish() {
    shown.withLock { shown in
      guard shown != nil else { return }
      shown = nil
      Output.progress("\r\u{1B}[K")
    }
  }
}
