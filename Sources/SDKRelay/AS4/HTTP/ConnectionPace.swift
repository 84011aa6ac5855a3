import NIOCore

/// How long a client may take, decided without clock or socket: times go in, a deadline comes out (threats.md T5).
///
/// A request's head must be whole within ``Limits/head`` of its first byte. A body has ``Limits/bodyCredit`` of waiting
/// time to spend; bytes earn it back at ``Limits/bodyRate``, so a client that stalls or drips runs out of it, while our
/// own slowness (nothing asked for, nothing waited for) costs it nothing. Between requests ``Limits/idle`` applies.
struct ConnectionPace {
  struct Limits: Sendable {
    var head: TimeAmount = .seconds(10)
    var idle: TimeAmount = .seconds(60)
    var bodyCredit: TimeAmount = .seconds(30)
    /// Bytes a second.
    var bodyRate = 10_000
    /// For the client to read a refusal before the connection is cut.
    var linger: TimeAmount = .seconds(2)
  }

  private enum Phase { case head, idle, body, answer, closing }

  private let limits: Limits
  private var phase = Phase.head
  private var phaseEnd: NIODeadline
  private var credit: TimeAmount
  private var waitingSince: NIODeadline?
  private var openRequests = 0
  /// Bytes came while the answer was being given: the next head has begun.
  private var nextHeadBegan = false
  private var endedInThisRead = false

  /// A connection that has just been accepted; its handshake counts as part of the first head.
  init(_ limits: Limits, now: NIODeadline) {
    self.limits = limits
    self.phaseEnd = now + limits.head
    self.credit = limits.bodyCredit
  }

  /// When the connection must be closed unless something happens first; nil while the answer is ours to give.
  var deadline: NIODeadline? {
    switch phase {
    case .head, .idle, .closing: phaseEnd
    case .body: waitingSince.map { $0 + credit }
    case .answer: nil
    }
  }

  /// Whether the requests taken in have been read to their ends.
  var isRequestRead: Bool { phase == .answer }

  /// Whether the connection only lingers for the client to read the answer; nothing more is read.
  var isClosing: Bool { phase == .closing }

  /// More bytes were asked for from the network.
  mutating func readRequested(_ now: NIODeadline) {
    if waitingSince == nil { waitingSince = now }
  }

  /// Bytes arrived, whatever they amounted to; told after what they amounted to.
  mutating func bytesArrived(_ now: NIODeadline) {
    switch phase {
    case .idle:
      phase = .head
      phaseEnd = now + limits.head
    case .answer:
      nextHeadBegan = !endedInThisRead
      endedInThisRead = false
    case .head, .body, .closing:
      break
    }
  }

  mutating func headArrived() {
    openRequests += 1
    nextHeadBegan = false
    phase = .body
    credit = limits.bodyCredit
    waitingSince = nil
  }

  mutating func bodyArrived(_ bytes: Int, _ now: NIODeadline) {
    let waited = waitingSince.map { now - $0 } ?? .zero
    waitingSince = nil
    let earned = TimeAmount.nanoseconds(Int64(bytes) * 1_000_000_000 / Int64(limits.bodyRate))
    credit = min(limits.bodyCredit, credit - waited + earned)
  }

  mutating func requestEnded() {
    phase = .answer
    endedInThisRead = true
  }

  /// The answer was written. `closing`: it announced the end of the connection.
  mutating func answerEnded(closing: Bool, _ now: NIODeadline) {
    openRequests -= 1
    if closing {
      phase = .closing
      phaseEnd = now + limits.linger
    } else if phase == .answer, openRequests == 0 {
      phase = nextHeadBegan ? .head : .idle
      phaseEnd = now + (nextHeadBegan ? limits.head : limits.idle)
    }
  }
}
