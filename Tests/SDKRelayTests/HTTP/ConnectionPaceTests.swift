import NIOCore
import Testing

@testable import SDKRelay

@Suite("Connection pace")
struct ConnectionPaceTests {
  private let limits = ConnectionPace.Limits()
  private func at(_ seconds: Int64) -> NIODeadline { .uptimeNanoseconds(0) + .seconds(1_000 + seconds) }

  @Test("a head has ten seconds from its first byte, idleness a minute")
  func heads() {
    var pace = ConnectionPace(limits, now: at(0))
    #expect(pace.deadline == at(10))
    pace.bytesArrived(at(9))
    #expect(pace.deadline == at(10))
    pace.headArrived()
    pace.requestEnded(at(0))
    pace.bytesArrived(at(10))
    #expect(pace.deadline == nil)
    pace.answerEnded(closing: false, at(20))
    #expect(pace.deadline == at(80))
    pace.bytesArrived(at(30))
    #expect(pace.deadline == at(40))
  }

  @Test("a head that begins while the answer is given has its ten seconds from then on")
  func earlyHead() {
    var pace = ConnectionPace(limits, now: at(0))
    pace.headArrived()
    pace.requestEnded(at(0))
    pace.bytesArrived(at(1))
    pace.bytesArrived(at(2))
    pace.answerEnded(closing: false, at(3))
    #expect(pace.deadline == at(13))
  }

  @Test("waiting spends a body's credit, bytes earn it back, never beyond the start")
  func credit() {
    var pace = ConnectionPace(limits, now: at(0))
    pace.headArrived()
    #expect(pace.deadline == nil)
    pace.readRequested(at(0))
    #expect(pace.deadline == at(30))
    pace.bodyArrived(50_000, at(20))
    pace.readRequested(at(20))
    #expect(pace.deadline == at(35))
    pace.bodyArrived(100_000_000, at(21))
    pace.readRequested(at(21))
    #expect(pace.deadline == at(51))
  }

  @Test("time in which nothing was asked for is not the client's")
  func backPressure() {
    var pace = ConnectionPace(limits, now: at(0))
    pace.headArrived()
    pace.readRequested(at(0))
    pace.bodyArrived(10_000, at(2))
    #expect(pace.deadline == nil)
    pace.readRequested(at(500))
    #expect(pace.deadline == at(529))
  }

  @Test("a closing answer leaves two seconds, whatever else arrives")
  func closing() {
    var pace = ConnectionPace(limits, now: at(0))
    pace.headArrived()
    pace.requestEnded(at(0))
    pace.answerEnded(closing: true, at(3))
    #expect(pace.isEnding && !pace.isRefusing)
    pace.bytesArrived(at(4))
    #expect(pace.deadline == at(5))
  }

  @Test("T9: a client that waits to be told to go on, or whose framing is broken, has only to read the refusal")
  func nothingToDiscard() {
    var waiting = ConnectionPace(limits, now: at(0))
    waiting.headArrived(awaitsContinue: true)
    waiting.answerEnded(closing: true, at(3))
    #expect(!waiting.isRefusing && waiting.deadline == at(5))

    var broken = ConnectionPace(limits, now: at(0))
    broken.headArrived()
    broken.broke(at(2))
    broken.answerEnded(closing: true, at(3))
    #expect(!broken.isRefusing && broken.deadline == at(5))
  }

  @Test("T9: what is left of a refused message is taken to its end, while bytes come, up to a size and a time")
  func refused() {
    func refused() -> ConnectionPace {
      var pace = ConnectionPace(limits, now: at(0))
      pace.headArrived()
      pace.readRequested(at(0))
      pace.bodyArrived(100_000, at(0))
      pace.answerEnded(closing: true, at(3))
      #expect(pace.isEnding && pace.isRefusing)
      pace.readRequested(at(3))
      return pace
    }
    var pace = refused()
    #expect(pace.deadline == at(13), "ten seconds of silence")
    pace.bodyArrived(10_000_000, at(4))
    pace.readRequested(at(4))
    #expect(pace.deadline == at(14))
    pace.requestEnded(at(5))
    #expect(!pace.isRefusing && pace.deadline == at(7), "at the end it has two seconds to read")

    pace = refused()
    pace.bodyArrived(300_000_001, at(4))
    #expect(!pace.isRefusing && pace.deadline == at(6), "beyond the size nothing more is taken")

    pace = refused()
    for second in 4...602 {
      pace.bodyArrived(20_000, at(Int64(second)))
      pace.readRequested(at(Int64(second)))
    }
    #expect(pace.deadline == at(603), "nor after ten minutes")
  }

  @Test("pipelined requests are all answered before idleness begins")
  func pipelining() {
    var pace = ConnectionPace(limits, now: at(0))
    pace.headArrived()
    pace.requestEnded(at(0))
    pace.headArrived()
    pace.requestEnded(at(0))
    pace.answerEnded(closing: false, at(1))
    #expect(pace.deadline == nil)
    pace.answerEnded(closing: false, at(2))
    #expect(pace.deadline == at(62))
  }
}
