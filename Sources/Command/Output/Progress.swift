import Foundation
import XMLSecurity

/// Shows on a terminal how far long work has come; says nothing for short work or where nobody watches.
final class Progress {
  private let label: String
  private let total: Int
  private let started = ContinuousClock.now
  private var shown = -1
  private let isWatched = isatty(STDERR_FILENO) == 1

  /// `total` is what `advance(to:)` will reach, usually a number of bytes.
  init(_ label: String, total: Int) {
    self.label = label
    self.total = max(total, 1)
  }

  /// Says that work has begun whose steps cannot be counted.
  func begin() {
    guard isWatched else { return }
    shown = 0
    try? FileHandle.standardError.write(contentsOf: Data("\r\(label) …".utf8))
  }

  /// Tells how far the work is.
  func advance(to done: Int) {
    let percent = min(100, done * 100 / total)
    guard isWatched, percent != shown, ContinuousClock.now - started > .milliseconds(400) else { return }
    shown = percent
    try? FileHandle.standardError.write(contentsOf: Data("\r\(label) \(percent) %".utf8))
  }

  /// Removes the line.
  func finish() {
    guard shown >= 0 else { return }
    try? FileHandle.standardError.write(contentsOf: Data("\r\u{1B}[K".utf8))
  }
}

/// Counts what flows through it as progress.
final class ProgressSink: ByteSink {
  private let next: any ByteSink
  private let progress: Progress
  private var count = 0

  init(_ progress: Progress, next: any ByteSink) {
    self.progress = progress
    self.next = next
  }

  func write(_ bytes: UnsafeRawBufferPointer) throws {
    try next.write(bytes)
    count += bytes.count
    progress.advance(to: count)
  }

  func close() throws {
    try next.close()
    progress.finish()
  }
}
