import Foundation
import NIOCore
import Testing

@testable import SDKRelay

@Suite("Slow and many clients")
struct SlowClientTests {
  private static let start = "POST /as4 HTTP/1.1\r\nHost: ap.example.se\r\nContent-Type: multipart/related\r\n"

  private func seconds(_ body: () throws -> Void) rethrows -> Double {
    let duration = try ContinuousClock().measure(body)
    return Double(duration.components.seconds) + Double(duration.components.attoseconds) / 1e18
  }

  @Test("T5: silence, a dripping head, a stalled body and a dripping body are cut off", arguments: 0..<4)
  func slow(_ kind: Int) async throws {
    let handler = CountingHandler()
    try await withEndpoint(
      handler: handler,
      adjust: {
        $0.headerTime = .milliseconds(1_200)
        $0.bodyStallTime = .milliseconds(1_200)
      }
    ) { _, port in
      let time = try await blocking {
        let socket = try RawSocket(port: port)
        if kind >= 2 { socket.write(Self.start + "Content-Length: 1000000\r\n\r\n") }
        return seconds {
          switch kind {
          case 1, 3:
            // 20 bytes a second: below any sensible rate, never silent for long.
            for character in String(repeating: "POST", count: 100) {
              guard socket.write(String(character)) else { break }
              usleep(50_000)
            }
          default:
            break
          }
          _ = socket.readToEnd(seconds: 12)
        }
      }
      #expect(time > 1 && time < 8, "cut off after \(time) s")
    }
    #expect(handler.seen.map(\.problem) == (kind >= 2 ? [.incomplete] : []))
  }

  @Test("T5: a later request on a kept connection has its own head time, idleness another")
  func keptConnection() async throws {
    try await withEndpoint(
      handler: CountingHandler(),
      adjust: {
        $0.headerTime = .milliseconds(1_500)
        $0.idleTime = .seconds(8)
      }
    ) { _, port in
      try await blocking {
        let socket = try RawSocket(port: port)
        let request = Self.start + "Content-Length: 1\r\n\r\na"
        socket.write(request)
        _ = socket.readAnswer()
        usleep(2_000_000)
        socket.write(request)
        #expect(!socket.readAnswer().isEmpty, "kept beyond the head time")
        socket.write("POST")
        #expect(seconds { _ = socket.readToEnd(seconds: 9) } < 6, "half a head is not idleness")
      }
    }
  }

  @Test("T5: our own slowness does not cost the client its connection")
  func slowHandler() async throws {
    struct Sluggish: AS4RequestHandler {
      func handle(contentType: String, body: AS4RequestBody, peer: AS4Peer) async -> AS4Reply {
        var bytes = 0
        do {
          for try await chunk in body {
            if bytes == 0 { try await Task.sleep(for: .milliseconds(1_200)) }
            bytes += chunk.readableBytes
          }
        } catch { return AS4Reply(status: 500) }
        return AS4Reply(status: 200, contentType: "text/plain", body: Array("\(bytes)".utf8))
      }
    }
    try await withEndpoint(handler: Sluggish(), adjust: { $0.bodyStallTime = .milliseconds(400) }) { _, port in
      try await withClient { client in
        let url = try #require(URL(string: "http://127.0.0.1:\(port)/as4"))
        let body = WireBody(Array(repeating: 0, count: 20_000_000))
        #expect(try await client.send(body, contentType: "a/b", to: url).body == Array("20000000".utf8))
      }
    }
  }

  @Test("T5: one address has a limited number of connections, and gets room again")
  func addressCap() async throws {
    try await withEndpoint(handler: CountingHandler(), adjust: { $0.connectionsPerAddress = 5 }) { _, port in
      try await blocking {
        let request = Self.start + "Content-Length: 1\r\n\r\na"
        var kept: [RawSocket] = []
        for _ in 0..<5 {
          let socket = try RawSocket(port: port)
          socket.write(request)
          #expect(!socket.readAnswer().isEmpty)
          kept.append(socket)
        }
        let sixth = try RawSocket(port: port)
        sixth.write(request)
        let (text, closed) = sixth.readToEnd()
        #expect(text.isEmpty && closed)

        kept.removeLast()
        usleep(200_000)
        let seventh = try RawSocket(port: port)
        seventh.write(request)
        #expect(!seventh.readAnswer().isEmpty)
      }
    }
  }

  /// 2,000 with SDKRELAY_SLOW=1, where the system allows that many descriptors.
  private static let crowd = ProcessInfo.processInfo.environment["SDKRELAY_SLOW"] == nil ? 400 : 2_000

  @Test("T5: hundreds of idle connections leave others their service")
  func idleCrowd() async throws {
    try await withEndpoint(handler: CountingHandler(), adjust: { $0.connectionsPerAddress = 3_000 }) { _, port in
      let crowd = try await blocking { UncheckedBox(try (0..<Self.crowd).map { _ in try RawSocket(port: port) }) }
      try await withClient { client in
        let url = try #require(URL(string: "http://127.0.0.1:\(port)/as4"))
        for _ in 0..<20 {
          let start = ContinuousClock.now
          #expect(try await client.send(WireBody([1]), contentType: "a/b", to: url).status == 200)
          #expect(ContinuousClock.now - start < .seconds(5))
        }
      }
      #expect(crowd.value.count == Self.crowd)
    }
  }

  // In a process of its own: the limit is the process's.
  @Test("Q12: out of descriptors, the endpoint refuses new connections, finishes old ones and recovers")
  func descriptors() async throws {
    await #expect(processExitsWith: .success) {
      // Room for ninety more than are open already.
      let open = try FileManager.default.contentsOfDirectory(atPath: "/proc/self/fd").compactMap { Int($0) }.max() ?? 0
      var limit = rlimit(rlim_cur: rlim_t(open + 90), rlim_max: rlim_t(open + 90))
      try #require(setrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limit) == 0)
      try await withEndpoint(handler: CountingHandler()) { _, port in
        let text = try await blocking { () -> [String] in
          let request = Self.start + "Content-Length: 1\r\n\r\na"
          let first = try RawSocket(port: port)
          first.write(request)
          _ = first.readAnswer()
          // Both ends are in this process: nothing is left after some forty.
          var crowd: [RawSocket] = []
          while crowd.count < 200, let socket = try? RawSocket(port: port) { crowd.append(socket) }
          usleep(300_000)
          first.write(request)
          let during = first.readAnswer()
          crowd = []
          usleep(1_500_000)
          let later = try RawSocket(port: port)
          later.write(request)
          return [during, later.readAnswer()]
        }
        try #require(text.allSatisfy { $0.hasPrefix("HTTP/1.1 200") }, "\(text)")
      }
    }
  }

  struct UncheckedBox: @unchecked Sendable {
    let value: [RawSocket]
    init(_ value: [RawSocket]) { self.value = value }
  }
}

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
    pace.requestEnded()
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
    pace.requestEnded()
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
    pace.answerEnded(closing: true, at(3))
    #expect(pace.isClosing)
    pace.bytesArrived(at(4))
    #expect(pace.deadline == at(5))
  }

  @Test("pipelined requests are all answered before idleness begins")
  func pipelining() {
    var pace = ConnectionPace(limits, now: at(0))
    pace.headArrived()
    pace.requestEnded()
    pace.headArrived()
    pace.requestEnded()
    pace.answerEnded(closing: false, at(1))
    #expect(pace.deadline == nil)
    pace.answerEnded(closing: false, at(2))
    #expect(pace.deadline == at(62))
  }
}
