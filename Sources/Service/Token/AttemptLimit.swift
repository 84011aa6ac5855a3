import Foundation
import Synchronization

/// How many wrong secrets are taken for one name: ten at once, and one more every six seconds.
///
/// A right secret counts all the same: it has 256 random bits and cannot be guessed, and else anybody could keep others
/// out. What is bounded is the work, and what comes into the audit trail.
final class AttemptLimit: Sendable {
  private let spent = Mutex<[String: Bucket]>([:])
  private static let capacity = 10.0
  private static let refill = 6.0
  private static let mostNames = 10_000

  private struct Bucket {
    var used: Double
    var time: Date

    func after(_ now: Date) -> Double { max(0, used - max(0, now.timeIntervalSince(time)) / AttemptLimit.refill) }
  }

  /// Counts a wrong secret.
  /// - Returns: false when there have been too many.
  func take(_ name: String, at now: Date) -> Bool {
    spent.withLock { spent in
      if spent.count >= Self.mostNames { spent = spent.filter { $0.value.after(now) > 0 } }
      let used = spent[name]?.after(now) ?? 0
      guard used + 1 <= Self.capacity, spent.count < Self.mostNames || spent[name] != nil else { return false }
      spent[name] = Bucket(used: used + 1, time: now)
      return true
    }
  }
}
