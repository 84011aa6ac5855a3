import Synchronization

/// A figure that the program keeps about its own work, in one series for each combination of labels.
///
/// Labels are words of this program, never of a message, an address or a caller, so that their number is bounded and no
/// figure tells of anybody.
public struct MeasureFamily: Hashable, Sendable {
  public let name: String
  public let help: String
  public let labels: [String]
  /// Upper bounds in seconds, rising, for how long something took; nil for what is only counted.
  public let buckets: [Double]?

  public init(_ name: String, help: String, labels: [String], buckets: [Double]? = nil) {
    self.name = name
    self.help = help
    self.labels = labels
    self.buckets = buckets
  }

  /// What other access points' requests came to: `receipt`, `repeated`, `ping`, `error`, `unavailable` or `broken`.
  public static let as4Requests = MeasureFamily(
    "sdkrelay_as4_requests_total", help: "Requests of other access points, by outcome.", labels: ["outcome"])
  public static let as4Time = MeasureFamily(
    "sdkrelay_as4_request_duration_seconds", help: "How long requests of other access points took.", labels: [],
    buckets: [0.01, 0.05, 0.1, 0.5, 1, 5, 10, 60, 600])
  /// What our own sendings came to: `acknowledged`, `again` (the next attempt follows) or `failed` (the end).
  public static let transferAttempts = MeasureFamily(
    "sdkrelay_transfer_attempts_total", help: "Sendings to other access points, by outcome.", labels: ["outcome"])
}

/// The figures that a process keeps while it runs. They begin at nought with it.
public final class Measures: Sendable {
  /// One series: how often, and for times also how long altogether and how many within each bucket's bound.
  public struct Value: Hashable, Sendable {
    public fileprivate(set) var count: UInt64 = 0
    public fileprivate(set) var sum = 0.0
    public fileprivate(set) var buckets: [UInt64] = []
  }

  private let series = Mutex<[MeasureFamily: [[String]: Value]]>([:])
  /// More are counted together, under labels that say `other`.
  private static let mostSeries = 200

  public init() {}

  /// Counts one.
  /// - Parameter labels: in the family's order.
  public func count(_ family: MeasureFamily, _ labels: String...) {
    change(family, labels) { $0.count += 1 }
  }

  /// Takes down how long something took.
  public func time(_ family: MeasureFamily, _ labels: String..., took duration: Duration) {
    let seconds = duration.seconds
    change(family, labels) { value in
      let bounds = family.buckets ?? []
      if value.buckets.isEmpty { value.buckets = bounds.map { _ in 0 } }
      for (index, bound) in bounds.enumerated() where seconds <= bound { value.buckets[index] += 1 }
      value.count += 1
      value.sum += seconds
    }
  }

  /// Everything so far.
  public var all: [MeasureFamily: [[String]: Value]] { series.withLock { $0 } }

  private func change(_ family: MeasureFamily, _ labels: [String], _ change: (inout Value) -> Void) {
    series.withLock { series in
      let isNew = series[family]?[labels] == nil
      let isFull = isNew && (series[family]?.count ?? 0) >= Self.mostSeries
      let key = isFull ? labels.map { _ in "other" } : labels
      change(&series[family, default: [:]][key, default: Value()])
    }
  }
}
