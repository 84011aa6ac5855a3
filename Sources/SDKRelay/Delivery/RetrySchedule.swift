/// When a message that did not get through is sent again (reception awareness, AS4 §3.2; SDK annex A1.2.1).
///
/// The p-mode's `12;4` means: at most 4 repetitions within 12 minutes of the first attempt. Within that window the waits
/// double and are drawn with full jitter, so that a thousand messages to a peer that comes back do not arrive at once
/// (threats.md Q6). Pure: time and chance are given.
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
  ///   - atLeast: a wait the peer asked for, e.g. by Retry-After.
  public func next(
    attempts: Int, elapsed: Duration, chance: Double, atLeast: Duration = .zero
  ) -> Step {
    let made = max(attempts, 1)
    guard made <= retries else { return .giveUp }
    let left = period - elapsed
    guard left > .zero, atLeast <= left else { return .giveUp }
    // Waits of 1, 2, 4 … shares fill the window exactly when chance is always 1.
    let shares = Double((1 << min(retries, 30)) - 1)
    let longest = Self.seconds(period) * Double(1 << min(made - 1, 30)) / shares
    let wait = max(min(longest, Self.seconds(left)) * min(max(chance, 0), 1), Self.shortestWait)
    return .retry(after: min(max(.seconds(wait), atLeast), left))
  }

  /// A repetition right away would meet the same trouble.
  private static let shortestWait = 0.2

  private static func seconds(_ duration: Duration) -> Double {
    Double(duration.components.seconds) + Double(duration.components.attoseconds) / 1e18
  }
}
