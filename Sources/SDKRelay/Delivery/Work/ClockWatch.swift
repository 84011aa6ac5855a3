import Foundation
import GRDB
import Logging

/// Tells when the system's clock has been set, and keeps work from waiting for a time that has moved away (threats.md
/// I11).
///
/// Jobs are due at a wall clock's time, which outlives the process. A clock set forward makes them due early, within
/// their lanes' limits; one set back would leave them waiting for as long as it was set back. While the node runs that
/// shows against a clock nobody sets; at the start it shows in jobs that wait longer than any is put off.
struct ClockWatch: Sendable {
  let store: Store
  /// The longest that a message is put off.
  let longestWait: Duration
  let logger: Logger
  private static let glance = Duration.seconds(1)

  func run() async throws {
    try await bringForward(Date(), by: .zero, longerThan: longestWait)
    var comparison = ClockComparison(wall: Date(), steady: .now)
    while !Task.isCancelled {
      try await Task.sleep(for: Self.glance)
      let now = Date()
      guard let jump = comparison.jump(wall: now, steady: .now) else { continue }
      try await tell(jump, now)
      if jump < .zero { try await bringForward(now, by: .zero - jump, longerThan: .zero) }
    }
  }

  private func tell(_ jump: Duration, _ now: Date) async throws {
    let way = jump < .zero ? "back" : "forward"
    let text = "the system's clock was set \(way) by \(Int(abs(jump.seconds).rounded())) s"
    try await untilPossible(logger) {
      try await store.write { db in try EventLog.add(NewEvent(text: text, isAlarm: true), at: now, in: db) }
    }
  }

  /// Brings forward what waits longer than that: by a time, and what is still too far to now. Receipt clocks are left:
  /// they look at the message's own time.
  private func bringForward(_ now: Date, by time: Duration, longerThan wait: Duration) async throws {
    let latest = now.adding(wait)
    let sooner = Int64(time.seconds * 1_000)
    try await untilPossible(logger) {
      try await store.write { db in
        try db.change(
          sql: """
            UPDATE job SET dueAt = iif(?3 > 0, max(?1, dueAt - ?3), ?1)
            WHERE leasedBy IS NULL AND kind IN ('send', 'open') AND dueAt > ?2
            """,
          arguments: [now.milliseconds, latest.milliseconds, sooner])
      }
    }
  }
}

/// Compares the wall clock with one that nobody sets. Pure: both times are given.
struct ClockComparison: Sendable {
  private var wall: Date
  private var steady: ContinuousClock.Instant
  /// Less is how clocks are kept right, or the machine being busy.
  private static let tolerance = Duration.seconds(2)

  init(wall: Date, steady: ContinuousClock.Instant) {
    self.wall = wall
    self.steady = steady
  }

  /// How far the wall clock has been set since the last look; nil when it has not.
  mutating func jump(wall: Date, steady: ContinuousClock.Instant) -> Duration? {
    let jump = Duration.seconds(wall.timeIntervalSince(self.wall)) - (steady - self.steady)
    (self.wall, self.steady) = (wall, steady)
    return jump > Self.tolerance || jump < .zero - Self.tolerance ? jump : nil
  }
}
