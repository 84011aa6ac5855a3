import NIOCore

/// How long a client may take, decided without clock or socket: times go in, a deadline comes out (threats.md T5).
///
/// A request's head must be whole within ``Limits/head`` of its first byte. A body has ``Limits/bodyCredit`` of waiting
/// time to spend; bytes earn it back at ``Limits/bodyRate``, so a client that stalls or drips runs out of it, while our
/// own slowness (nothing asked for, nothing waited for) costs it nothing. Between requests ``Limits/idle`` applies.
///
/// A refusal is given at once, yet most clients read it only after they have written their whole message, and a reset
/// would hide it from them. So what they still send is taken and thrown away, within ``Limits/refusedBytes``,
/// ``Limits/refusedTime`` and ``Limits/refusedStall`` (a lingering close; T9: never for ever).
struct ConnectionPace {
  struct Limits: Sendable {
    var head: TimeAmount = .seconds(10)
    var idle: TimeAmount = .seconds(60)
    var bodyCredit: TimeAmount = .seconds(30)
    /// Bytes a second.
    var bodyRate = 10_000
    /// For the client to read a refusal before the connection is cut.
    var linger: TimeAmount = .seconds(2)
    /// How much of a refused message is taken and thrown away.
    var refusedBytes = 300_000_000
    /// How long a refused message may take to end.
    var refusedTime: TimeAmount = .seconds(600)
    /// How long the sender of a refused message may be silent; bytes earn it back at ``bodyRate``. A busy machine sends
    /// large messages in fits and starts.
    var refusedStall: TimeAmount = .seconds(10)
  }

  private enum Phase { case head, idle, body, answer, refused, closing }

  private let limits: Limits
  private var phase = Phase.head
  private var phaseEnd: NIODeadline
  private var credit: TimeAmount
  private var waitingSince: NIODeadline?
  private var openRequests = 0
  /// Whether a body is on its way whose end can be told.
  private var isBodyComing = false
  private var refusedBytes = 0
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
    case .refused: waitingSince.map { min($0 + credit, phaseEnd) } ?? phaseEnd
    case .answer: nil
    }
  }

  /// Whether the requests taken in have been read to their ends.
  var isRequestRead: Bool { phase == .answer }

  /// Whether the rest of a refused message is read, for nobody.
  var isRefusing: Bool { phase == .refused }

  /// Whether the last answer has been given: what still arrives is nobody's request.
  var isEnding: Bool { phase == .closing || phase == .refused }

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
    case .head, .body, .refused, .closing:
      break
    }
  }

  /// - Parameter awaitsContinue: the client said `Expect: 100-continue`.
  mutating func headArrived(awaitsContinue: Bool = false) {
    openRequests += 1
    nextHeadBegan = false
    isBodyComing = !awaitsContinue
    phase = .body
    credit = limits.bodyCredit
    waitingSince = nil
  }

  mutating func bodyArrived(_ bytes: Int, _ now: NIODeadline) {
    isBodyComing = true
    let waited = waitingSince.map { now - $0 } ?? .zero
    waitingSince = nil
    let earned = TimeAmount.nanoseconds(Int64(bytes) * 1_000_000_000 / Int64(limits.bodyRate))
    credit = min(phase == .refused ? limits.refusedStall : limits.bodyCredit, credit - waited + earned)
    guard phase == .refused else { return }
    refusedBytes += bytes
    if refusedBytes > limits.refusedBytes { close(now) }
  }

  /// A request has arrived whole.
  mutating func requestEnded(_ now: NIODeadline) {
    guard phase != .refused else { return close(now) }
    phase = .answer
    endedInThisRead = true
  }

  /// The client was told to send its body.
  mutating func continueSent() {
    isBodyComing = true
  }

  /// The framing cannot be followed any more.
  mutating func broke(_ now: NIODeadline) {
    isBodyComing = false
    if phase == .refused { close(now) }
  }

  /// The answer was written. `closing`: it announced the end of the connection.
  mutating func answerEnded(closing: Bool, _ now: NIODeadline) {
    openRequests -= 1
    if closing, phase == .body, isBodyComing {
      phase = .refused
      phaseEnd = now + limits.refusedTime
      credit = min(credit, limits.refusedStall)
      waitingSince = nil
    } else if closing {
      close(now)
    } else if phase == .answer, openRequests == 0 {
      phase = nextHeadBegan ? .head : .idle
      phaseEnd = now + (nextHeadBegan ? limits.head : limits.idle)
    }
  }

  /// From now on the connection only lingers for the client to read the answer; nothing more is read.
  private mutating func close(_ now: NIODeadline) {
    phase = .closing
    phaseEnd = now + limits.linger
  }
}
