import Foundation
import Testing

@testable import SDKRelay

@Suite("Pure decisions of the delivery")
struct ScheduleTests {
  // MARK: Status

  @Test("statuses lead forward along the code list, and the final ones lead nowhere")
  func statusPaths() {
    let out: [MessageStatus] = [
      .scheduled, .submitted, .scheduledForResend, .acknowledged, .waitingForReceipt, .accepted,
    ]
    let inward: [MessageStatus] = [.retrieved, .receiptSent, .new]
    for path in [out, inward] {
      for (earlier, later) in zip(path, path.dropFirst()) { #expect(earlier.allows(later)) }
      for (index, later) in path.enumerated() {
        for earlier in path[..<index] { #expect(!later.allows(earlier), "\(later) \(earlier)") }
      }
    }
    for status in MessageStatus.allCases where status.isFinal {
      for next in MessageStatus.allCases { #expect(!status.allows(next), "\(status) \(next)") }
    }
  }

  @Test("a message receipt may overtake the transport receipt, and never precede the sending")
  func overtaking() {
    #expect(MessageStatus.submitted.allows(.accepted))
    #expect(MessageStatus.scheduledForResend.allows(.rejected))
    #expect(!MessageStatus.scheduled.allows(.accepted))
    #expect(!MessageStatus.scheduledForResend.allows(.submitted))
  }

  @Test("REJECTED is shown to clients as MESSAGE_EXCHANGE_ERROR")
  func reported() {
    #expect(MessageStatus.rejected.reported == .messageExchangeError)
    #expect(MessageStatus.accepted.reported == .accepted)
  }

  // MARK: Retry

  @Test(
    "SDK-AS4-07, Q6: 12;4 gives four repetitions in growing slots within twelve minutes, spread by chance",
    arguments: [(1, 0.0, 48.0), (2, 48.0, 144.0), (3, 144.0, 336.0), (4, 336.0, 720.0)])
  func slots(attempts: Int, from: Double, to: Double) {
    let schedule = RetrySchedule(retries: 4, period: .seconds(720))
    for chance in [0, 0.25, 0.5, 0.999] {
      guard case .retry(let wait) = schedule.next(attempts: attempts, elapsed: .seconds(from), chance: chance) else {
        Issue.record("no repetition")
        return
      }
      let start = from + wait.seconds
      #expect(start >= from && start <= to + 0.3)
      #expect(abs(start - max(from + (to - from) * chance, from + 0.2)) < 0.001)
    }
  }

  @Test("SDK-AS4-07: after the last repetition, or past the window, there is none")
  func end() {
    let schedule = RetrySchedule(retries: 4, period: .seconds(720))
    #expect(schedule.next(attempts: 5, elapsed: .seconds(400), chance: 0) == .giveUp)
    #expect(schedule.next(attempts: 1, elapsed: .seconds(720), chance: 0) == .giveUp)
    #expect(RetrySchedule(retries: 0).next(attempts: 1, elapsed: .zero, chance: 0.5) == .giveUp)
  }

  @Test("a late repetition never starts in the past")
  func late() {
    let step = RetrySchedule(retries: 4, period: .seconds(720)).next(attempts: 1, elapsed: .seconds(700), chance: 0)
    #expect(step == .retry(after: .milliseconds(200)))
  }

  // MARK: Receipt clock

  @Test("SDK-KVT-09: alarm after an hour, once, and the end after a day")
  func clock() {
    let clock = ReceiptClock()
    #expect(clock.step(age: .zero, hasAlarmed: false) == .wait(.seconds(3_600)))
    #expect(clock.step(age: .seconds(3_600), hasAlarmed: false) == .alarm(thenAfter: .seconds(82_800)))
    #expect(clock.step(age: .seconds(3_601), hasAlarmed: true) == .wait(.seconds(82_799)))
    #expect(clock.step(age: .seconds(86_400), hasAlarmed: true) == .expire)
    #expect(
      ReceiptClock(alarmAfter: .seconds(5), timeout: .seconds(2)).step(age: .seconds(1), hasAlarmed: false)
        == .wait(.seconds(1)))
  }

  // MARK: Lanes

  @Test("Q7: large messages to a destination leave room for small ones, and suspects run alone")
  func lanes() throws {
    var gate = LaneGate(perDestination: 4, opening: 2)
    let url = try #require(URL(string: "https://ap.example.se/as4"))
    let (small, large) = (Lane.send(to: url, size: 10_000), Lane.send(to: url, size: 30_000_000))
    #expect(small != large)
    #expect(gate.room(in: large) == 2)
    gate.started(large)
    gate.started(large)
    #expect(gate.room(in: large) == 0)
    #expect(gate.room(in: small) == 2)
    gate.ended(large)
    #expect(gate.room(in: large) == 1)
    #expect(gate.room(in: small) == 3)
    #expect(gate.room(in: Job.suspects) == 1)
    gate.started(Job.suspects)
    #expect(gate.room(in: Job.suspects) == 0)
  }

  @Test("Q6: both lanes to an access point together keep to its limit", arguments: [1, 2, 8])
  func perDestination(limit: Int) throws {
    var gate = LaneGate(perDestination: limit, opening: 2)
    let url = try #require(URL(string: "https://ap.example.se/as4"))
    let lanes = Lane.send(toEither: url).reversed()
    var started = 0
    for lane in Array(lanes) + Array(lanes) {
      while gate.room(in: lane) > 0 {
        gate.started(lane)
        started += 1
      }
    }
    #expect(started == limit)
    #expect(gate.room(in: Lane.send(to: URL(string: "https://other.example.se/as4"), size: 0)) == limit)
  }

  @Test("opening is limited over all participants together")
  func opening() throws {
    var gate = LaneGate(perDestination: 4, opening: 2)
    let lanes = try ["a", "b"].map { Lane.open(try ParticipantID("0203:\($0).example.se"), size: 0) }
    gate.started(lanes[0])
    gate.started(lanes[0])
    #expect(gate.room(in: lanes[1]) == 0)
  }

  @Test("Q6: a peer that does not answer gets one probe at a time, and the first success opens the way")
  func breaker() {
    var breaker = CircuitBreaker()
    let start = Date(timeIntervalSince1970: 1_800_000_000)
    func turn(_ peer: String, _ time: Date) -> CircuitBreaker.Turn { breaker.turn(for: peer, now: time, chance: 0.5) }
    for _ in 0..<3 {
      #expect(turn("peer", start) == .go)
      breaker.failed("peer", now: start, chance: 0.5)
    }
    guard case .wait(let time) = turn("peer", start) else { return #expect(Bool(false), "not kept waiting") }
    #expect(time > .zero && time < .seconds(3))
    #expect(turn("another", start) == .go)
    let later = start.addingTimeInterval(60)
    #expect(turn("peer", later) == .go, "the probe")
    #expect(turn("peer", later) != .go, "one at a time")
    let hadOthersWaiting = breaker.succeeded("peer")
    #expect(hadOthersWaiting)
    #expect(turn("peer", later) == .go)
    #expect(turn("peer", later) == .go)
    let hasOthersWaiting = breaker.succeeded("peer")
    #expect(!hasOthersWaiting)
  }

  @Test("I11: a clock that is set back or forward keeps nobody from probing, and nobody waits longer for it")
  func breakerAndClock() {
    let start = Date(timeIntervalSince1970: 1_800_000_000)
    for jump in [-86_400.0, -3_600, 3_600, 86_400] {
      var breaker = CircuitBreaker()
      for _ in 0..<20 { breaker.failed("peer", now: start, chance: 0.5) }
      let jumped = start.addingTimeInterval(jump)
      #expect(breaker.turn(for: "peer", now: jumped, chance: 0.5) == .go, "the probe")
      guard case .wait(let time) = breaker.turn(for: "peer", now: jumped, chance: 0.5) else {
        Issue.record("two probes at once")
        continue
      }
      #expect(time <= .seconds(130))
      breaker.failed("peer", now: jumped, chance: 0.5)
      #expect(breaker.turn(for: "peer", now: jumped, chance: 0.5) != .go)
    }
  }

  @Test("I11: no step of a schedule is longer than its window, and none comes at once, whatever the clock says")
  func schedulesAndClock() {
    let retry = RetrySchedule(), receipt = ReceiptClock()
    for attempts in 1...4 {
      // The sender counts a negative time as none.
      guard case .retry(let wait) = retry.next(attempts: attempts, elapsed: .zero, chance: 0.9) else {
        Issue.record("given up")
        continue
      }
      #expect(wait >= .milliseconds(200) && wait <= retry.period)
      #expect(retry.next(attempts: attempts, elapsed: .seconds(86_400), chance: 0.9) == .giveUp)
    }
    #expect(receipt.step(age: .seconds(-3_600), hasAlarmed: false) == .wait(.seconds(7_200)))
    #expect(receipt.step(age: .seconds(-3_600), hasAlarmed: true) == .wait(.seconds(25 * 3_600)))
  }

  @Test("I11: a clock that was set is told from one that runs")
  func comparison() {
    let start = Date(timeIntervalSince1970: 1_800_000_000), steady = ContinuousClock.now
    var comparison = ClockComparison(wall: start, steady: steady)
    #expect(comparison.jump(wall: start + 61, steady: steady + .seconds(60)) == nil)
    #expect(comparison.jump(wall: start - 3_538, steady: steady + .seconds(61)) == .seconds(-3_600))
    #expect(comparison.jump(wall: start - 3_537, steady: steady + .seconds(62)) == nil)
    #expect(comparison.jump(wall: start + 64, steady: steady + .seconds(63)) == .seconds(3_600))
  }
}
