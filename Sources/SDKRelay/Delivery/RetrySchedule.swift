import Foundation

/// When a message that did not get through is sent again (reception awareness, AS4 §3.2; SDK annex A1.2.1).
///
/// The p-mode's `12;4` means: at most 4 repetitions within 12 minutes of the first attempt. The window is cut into one
/// slot for each repetition, every slot twice as long as the one before, and a repetition starts anywhere in its slot:
/// waits grow exponentially, the last try comes late in the window, and a thousand messages to a peer that comes back
/// do not arrive at once (full jitter, threats.md Q6). Pure: time and chance are given.
public struct RetrySchedule: Hashable, Sendable {
  /// The most repetitions after the first attempt.
  public let retries: Int
  /// The time after the first attempt within which the last repetition must start.
  public let period: Duration

  /// What follows a failed attempt.
  public enum Step: Hashable, Sendable {
    /// Try again after this wait.
    case retry(after: Duration)
    /// No repetition is left: report the failure to the sender.
    case giveUp
  }

  /// - Parameters:
  ///   - retries: the most repetitions, 0 for none.
  ///   - period: the window, counted from the first attempt.
  public init(retries: Int = 4, period: Duration = .seconds(12 * 60)) {
    self.retries = retries
    self.period = period
  }

  /// The step after a failed attempt.
  /// - Parameters:
  ///   - attempts: attempts made so far, at least 1.
  ///   - elapsed: the time since the first attempt began.
  ///   - chance: a random number in 0..<1.
  public func next(attempts: Int, elapsed: Duration, chance: Double) -> Step {
    let made = max(attempts, 1)
    let left = period - elapsed
    guard made <= retries, left > .zero else { return .giveUp }
    let slot = start(ofSlot: made)..<start(ofSlot: made + 1)
    let start = slot.lowerBound + (slot.upperBound - slot.lowerBound) * min(max(chance, 0), 1)
    let wait = Duration.seconds(max(start - elapsed.seconds, Self.shortestWait))
    return .retry(after: min(wait, left))
  }

  /// Seconds from the first attempt to the slot of this repetition, counted from 1.
  private func start(ofSlot number: Int) -> Double {
    let shares = pow(2, Double(retries)) - 1
    return period.seconds * (pow(2, Double(number - 1)) - 1) / shares
  }

  /// A repetition right away would meet the same trouble.
  private static let shortestWait = 0.2
}
