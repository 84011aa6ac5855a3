import Foundation

/// The names of lanes: what shares a limit (JobQueue.swift).
enum Lane {
  /// Messages to one access point. Large ones have a lane of their own, so that small ones overtake them (Q7).
  static func send(to url: URL?, size: Int) -> String {
    sending + (url?.absoluteString ?? "?") + suffix(size)
  }

  /// Both lanes to one access point.
  static func send(toEither url: URL) -> [String] { [send(to: url, size: 0), send(to: url, size: .max)] }

  /// What the lanes to one access point have in common.
  static func peer(_ lane: String) -> Substring { lane.dropLast(isLarge(lane) ? large.count : 0) }

  /// Received messages of one participant.
  static func open(_ participant: ParticipantID, size: Int) -> String {
    opening + participant.comparable + suffix(size)
  }

  static let receiptClock = "receiptClock"
  static let sending = "send "
  static let opening = "open "

  static func isLarge(_ lane: String) -> Bool { lane.hasSuffix(large) }

  private static func suffix(_ size: Int) -> String { size > 1_000_000 ? large : "" }

  private static let large = " large"
}

/// How many jobs of each lane may run at the same time. Pure: counts, no clock.
///
/// The lanes to one access point share its limit, of which large messages take half at most, so that small ones always
/// find room; all lanes of opening share theirs.
struct LaneGate: Sendable {
  /// Messages on their way to one access point at once.
  let perDestination: Int
  /// Messages being opened at once, over all participants: they cost the processor.
  let opening: Int
  /// Messages on their way at once, so that many dead peers do not hold every thread and descriptor.
  var sending = 128

  private var running: [String: Int] = [:]

  init(perDestination: Int, opening: Int) {
    self.perDestination = perDestination
    self.opening = opening
  }

  /// How many more may start in the lane.
  func room(in lane: String) -> Int {
    let own = running[lane, default: 0]
    if lane == Job.suspects { return 1 - own }
    if lane == Lane.receiptClock { return opening - own }
    let isSending = lane.hasPrefix(Lane.sending)
    let whole = isSending ? perDestination : opening
    let most = Lane.isLarge(lane) ? max(1, whole / 2) : whole
    let sharing = count { isSending ? Lane.peer($0) == Lane.peer(lane) : $0.hasPrefix(Lane.opening) }
    let free = isSending ? sending - count { $0.hasPrefix(Lane.sending) } : .max
    return max(0, min(most - own, whole - sharing, free))
  }

  mutating func started(_ lane: String) { running[lane, default: 0] += 1 }

  mutating func ended(_ lane: String) {
    running[lane, default: 0] -= 1
    if running[lane] == 0 { running[lane] = nil }
  }

  private func count(_ isMeant: (String) -> Bool) -> Int {
    running.reduce(0) { isMeant($1.key) ? $0 + $1.value : $0 }
  }
}

/// Keeps load off an access point that does not answer (threats.md Q6): after three failures in a row one message at a
/// time is tried, after growing waits, and the others wait without losing one of their attempts. The first success opens
/// the way again. Pure: time and chance are given.
struct CircuitBreaker: Sendable {
  private struct Peer {
    var failures = 0
    /// Seconds between two probes.
    var interval = 0.0
    var probeAt = Date.distantPast
    var isProbing = false
  }

  /// What a message may do now.
  enum Turn: Hashable, Sendable {
    case go
    /// Ask again after this time: somebody else finds out whether the peer is back.
    case wait(Duration)
  }

  private var peers: [String: Peer] = [:]
  private static let patience = 3
  private static let longestInterval = 60.0

  /// - Parameter chance: a random number in 0..<1, so that those who wait do not come back together.
  mutating func turn(for peer: String, now: Date, chance: Double) -> Turn {
    guard let state = peers[peer], state.failures >= Self.patience else { return .go }
    // A probe that is further away than its wait was planned before the clock was set back.
    let left = state.probeAt.timeIntervalSince(now)
    guard state.isProbing || left > 0 && left <= state.interval else {
      peers[peer]?.isProbing = true
      return .go
    }
    return .wait(.seconds(min(max(left, 0), state.interval) + state.interval * (0.1 + chance)))
  }

  /// The peer has answered.
  /// - Returns: whether messages have been kept waiting for it.
  mutating func succeeded(_ peer: String) -> Bool {
    let state = peers.removeValue(forKey: peer)
    return (state?.failures ?? 0) >= Self.patience
  }

  /// - Parameter chance: a random number in 0..<1.
  mutating func failed(_ peer: String, now: Date, chance: Double) {
    var state = peers[peer] ?? Peer()
    state.failures += 1
    state.isProbing = false
    state.interval = min(Self.longestInterval, pow(2, Double(min(state.failures, 10) - Self.patience)))
    state.probeAt = now.addingTimeInterval(state.interval * (0.5 + chance / 2))
    peers[peer] = state
  }
}
