import Foundation
import Testing

@testable import StructuredBridge

@Suite("Leaving a failing core alone")
struct CoreBreakerTests {
  @Test("pauses double up to ten minutes, and a success ends them")
  func pauses() {
    var breaker = CoreBreaker()
    var now = someNow
    for _ in 0..<CoreBreaker.limit {
      breaker.note(success: false, at: now)
    }
    for expected in [30.0, 60, 120, 240, 480, 600, 600] {
      let early = breaker.admits(at: now + expected - 1)
      now += expected
      let due = breaker.admits(at: now)
      // While one call is under way no other is let through.
      let second = breaker.admits(at: now)
      #expect(!early && due && !second)
      breaker.note(success: false, at: now)
    }
    breaker.note(success: true, at: now)
    let free = breaker.admits(at: now)
    #expect(free && breaker.state == .up && !breaker.isOpen)
  }

  @Test("a clock that is set back does not keep it closed for longer")
  func clock() {
    var breaker = CoreBreaker()
    for _ in 0..<CoreBreaker.limit { breaker.note(success: false, at: someNow) }
    let (soon, later) = (breaker.admits(at: someNow - 60), breaker.admits(at: someNow - 86_400))
    #expect(!soon && later)
  }

  @Test("what never answered is down at once; what did answer is not down for one failure")
  func states() {
    var breaker = CoreBreaker()
    breaker.note(success: false, at: someNow)
    #expect(breaker.state == .down)
    breaker.note(success: true, at: someNow)
    breaker.note(success: false, at: someNow)
    #expect(breaker.state == .up)
  }
}
