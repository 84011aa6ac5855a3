import Foundation
import Testing

@testable import SDKRelay

@Suite("Decisions without clock or network")
struct DecisionTests {
  @Test("Q6, SDK-AS4-07: at most four repetitions, all within twelve minutes, growing, and spread by chance")
  func retrySchedule() {
    let schedule = RetrySchedule()
    for chance in stride(from: 0.0, to: 1.0, by: 0.1) {
      var elapsed = Duration.zero, attempts = 1
      while case .retry(let wait) = schedule.next(attempts: attempts, elapsed: elapsed, chance: chance) {
        #expect(wait > .zero)
        elapsed += wait
        attempts += 1
        #expect(elapsed <= .seconds(12 * 60))
      }
      #expect(attempts == 5)
    }
    #expect(schedule.next(attempts: 2, elapsed: .seconds(721), chance: 0) == .giveUp)
    #expect(RetrySchedule(retries: 0).next(attempts: 1, elapsed: .zero, chance: 0) == .giveUp)
  }

  @Test("statuses move forward only")
  func statuses() {
    #expect(MessageStatus.allCases.filter(\.isFinal).count == 4)
  }

  @Test("SDK-KVT-09: the clock alarms once and then ends the wait")
  func receiptClock() {
    let clock = ReceiptClock()
    #expect(clock.step(age: .seconds(10), hasAlarmed: false) == .wait(.seconds(3_590)))
    #expect(clock.step(age: .seconds(3_600), hasAlarmed: false) == .alarm(thenAfter: .seconds(23 * 3_600)))
    #expect(clock.step(age: .seconds(3_700), hasAlarmed: true) == .wait(.seconds(24 * 3_600 - 3_700)))
    #expect(clock.step(age: .seconds(24 * 3_600), hasAlarmed: true) == .expire)
  }

  @Test("Q6: an access point that does not answer is probed by one message at a time")
  func circuitBreaker() {
    var breaker = CircuitBreaker()
    let start = Date()
    for _ in 0..<3 {
      let may = breaker.mayTry("peer", now: start)
      #expect(may)
      breaker.failed("peer", now: start, chance: 0)
    }
    let try1 = breaker.mayTry("peer", now: start)
    #expect(!try1)
    let try2 = breaker.mayTry("other", now: start)
    #expect(try2)
    let later = start.addingTimeInterval(120)
    let try3 = breaker.mayTry("peer", now: later)
    #expect(try3)
    let try4 = breaker.mayTry("peer", now: later)
    #expect(!try4)
    breaker.succeeded("peer")
    let try5 = breaker.mayTry("peer", now: later)
    #expect(try5)
    let try6 = breaker.mayTry("peer", now: later)
    #expect(try6)
  }

  @Test("Q7: a lane never takes the room of all")
  func lanes() throws {
    var gate = LaneGate(perDestination: 4, opening: 2)
    let lane = Lane.send(to: URL(string: "https://a.example.se/as4"), size: 10)
    for _ in 0..<4 {
      #expect(gate.room(in: lane) > 0)
      gate.started(lane)
    }
    #expect(gate.room(in: lane) == 0)
    #expect(gate.room(in: Lane.send(to: URL(string: "https://a.example.se/as4"), size: 10_000_000)) == 2)
    #expect(gate.room(in: Job.suspects) == 1)
    gate.ended(lane)
    #expect(gate.room(in: lane) == 1)
  }
}
