import Foundation

/// Leaves the structured core alone for a while when it has failed several times on end. A pure decision: the clock is the
/// caller's.
///
/// After a pause one call is let through; while it is under way no other is. If it fails too, the next pause is twice as long.
struct CoreBreaker {
  /// How many failures on end open it.
  static let limit = 5
  static let firstPause: TimeInterval = 30
  static let longestPause: TimeInterval = 600

  private var failures = 0
  private var pause = firstPause
  /// No call before this.
  private(set) var closedUntil: Date?
  /// How it was at the last call: nil before there was one.
  private(set) var state: ChannelQuestion.Interface?
  /// When ``state`` was seen.
  private(set) var observed: Date?

  /// Whether a call may be made now.
  mutating func admits(at now: Date) -> Bool {
    guard let until = closedUntil else { return true }
    // Where the clock was set back the end lies far ahead.
    guard now >= until || until.timeIntervalSince(now) > 2 * Self.longestPause else { return false }
    // Others wait for what becomes of this one; if nothing does, they wait no longer than a pause.
    closedUntil = now + pause
    return true
  }

  mutating func note(success: Bool, at now: Date) {
    observed = now
    guard !success else {
      (failures, pause, closedUntil, state) = (0, Self.firstPause, nil, .up)
      return
    }
    failures += 1
    if closedUntil != nil {
      pause = min(2 * pause, Self.longestPause)
      closedUntil = now + pause
    } else if failures >= Self.limit {
      closedUntil = now + pause
    }
    // One failure may be a hiccup; what never answered is down.
    if state != .up || closedUntil != nil { state = .down }
  }

  var isOpen: Bool { closedUntil != nil }
}
