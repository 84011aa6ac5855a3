/// How long a sent message waits for the recipient's message receipt (SDK-KVT-09).
///
/// No official number is published: by default an operator is alarmed after one hour, and after 24 hours the message
/// counts as failed. Pure: the caller brings the time.
public struct ReceiptClock: Hashable, Sendable {
  /// The wait after which an operator is told.
  public let alarmAfter: Duration
  /// The wait after which the message counts as failed.
  public let timeout: Duration

  /// What is to be done at a given age.
  public enum Step: Hashable, Sendable {
    /// Nothing yet; look again after this time.
    case wait(Duration)
    /// Tell an operator once; look again after this time.
    case alarm(thenAfter: Duration)
    /// The receipt is overdue: MESSAGE_EXCHANGE_ERROR.
    case expire
  }

  public init(alarmAfter: Duration = .seconds(3_600), timeout: Duration = .seconds(24 * 3_600)) {
    self.alarmAfter = alarmAfter
    self.timeout = timeout
  }

  /// The step for a message acknowledged `age` ago.
  public func step(age: Duration, hasAlarmed: Bool) -> Step {
    if age >= timeout { return .expire }
    if hasAlarmed || alarmAfter >= timeout { return .wait(timeout - age) }
    return age >= alarmAfter ? .alarm(thenAfter: timeout - age) : .wait(alarmAfter - age)
  }
}
