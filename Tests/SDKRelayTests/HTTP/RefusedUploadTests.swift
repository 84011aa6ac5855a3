import Foundation
import Testing

@testable import SDKRelay

/// Many products write a message whole before they look for an answer: whatever is refused early must reach them too.
@Suite("Refused uploads")
struct RefusedUploadTests {
  private static let start = "POST /as4 HTTP/1.1\r\nHost: ap.example.se\r\nContent-Type: multipart/related\r\n"

  /// Writes everything, then reads.
  private func blockingAnswer(
    to head: String, bytes: Int, chunked: Bool = false, handler: CountingHandler,
    adjust: (inout AS4EndpointSettings) -> Void = { _ in }
  ) async throws -> (isWritten: Bool, text: String, closed: Bool) {
    try await withEndpoint(handler: handler, adjust: adjust) { _, port in
      try await blocking {
        let socket = try RawSocket(port: port)
        socket.write(head)
        let piece = [UInt8](repeating: 0x61, count: 100_000)
        let framed = chunked ? Array("186a0\r\n".utf8) + piece + Array("\r\n".utf8) : piece
        var isWritten = true
        for _ in 0..<bytes / piece.count where isWritten { isWritten = socket.write(framed) }
        if isWritten, chunked { isWritten = socket.write("0\r\n\r\n") }
        // The answer must not have been lost while the client did other things.
        usleep(100_000)
        let (text, closed) = socket.readToEnd()
        return (isWritten, text, closed)
      }
    }
  }

  @Test("SDK-AS4-04: a handler's early answer reaches a client that writes 30 MB first", arguments: [false, true])
  func early(asksToClose: Bool) async throws {
    let (isWritten, text, closed) = try await blockingAnswer(
      to: Self.start + (asksToClose ? "Connection: close\r\n" : "") + "Content-Length: 30000000\r\n\r\n",
      bytes: 30_000_000, handler: CountingHandler(readsBody: false))
    #expect(isWritten)
    #expect(text.hasPrefix("HTTP/1.1 200 ") && text.hasSuffix("\r\n\r\n0"), "\(text)")
    #expect(closed)
  }

  private func send(_ bytes: Int, _ count: Int, parallel: Int, to port: Int) async throws -> [Int] {
    try await withClient { client in
      let url = try #require(URL(string: "http://127.0.0.1:\(port)/as4"))
      let body = WireBody(Array(repeating: 0, count: bytes))
      var statuses: [Int] = []
      for _ in 0..<count / parallel {
        try await withThrowingTaskGroup(of: Int.self) { group in
          for _ in 0..<parallel {
            group.addTask { try await client.send(body, contentType: "a/b", to: url).status }
          }
          for try await status in group { statuses.append(status) }
        }
      }
      return statuses
    }
  }

  @Test("SDK-AS4-04: our own client, which is still sending, gets an early answer")
  func ownClientEarly() async throws {
    try await withEndpoint(handler: CountingHandler(readsBody: false)) { _, port in
      let statuses = try await send(20_000_000, 20, parallel: 1, to: port)
      #expect(statuses == Array(repeating: 200, count: 20))
    }
  }

  @Test("SDK-AS4-04: our own client gets every early answer, many at once, whose last bytes have not left")
  func ownClientEarlyAtOnce() async throws {
    try await withEndpoint(handler: CountingHandler(readsBody: false)) { _, port in
      let statuses = try await send(700_000, 600, parallel: 100, to: port)
      #expect(statuses == Array(repeating: 200, count: 600))
    }
  }

  @Test("T9: our own client, which is still sending, gets the 413, many at once too")
  func ownClientTooLarge() async throws {
    try await withEndpoint(handler: CountingHandler(), adjust: { $0.maximumBody = 1_000_000 }) { _, port in
      let statuses = try await send(5_000_000, 100, parallel: 50, to: port)
      #expect(statuses == Array(repeating: 413, count: 100))
    }
  }

  @Test("T9: a client that writes first gets the 413, declared or chunked", arguments: [false, true])
  func tooLarge(chunked: Bool) async throws {
    let handler = CountingHandler()
    let framing = chunked ? "Transfer-Encoding: chunked\r\n\r\n" : "Content-Length: 30000000\r\n\r\n"
    let (isWritten, text, closed) = try await blockingAnswer(
      to: Self.start + framing, bytes: 30_000_000, chunked: chunked, handler: handler,
      adjust: { $0.maximumBody = 20_000_000 })
    #expect(isWritten)
    #expect(text.hasPrefix("HTTP/1.1 413 "), "\(text)")
    #expect(closed)
    #expect(handler.seen.map(\.problem) == (chunked ? [.tooLarge] : []))
  }

  @Test("T9: a refused upload is not read for ever, however it is declared", arguments: [false, true])
  func endless(chunked: Bool) async throws {
    let handler = CountingHandler()
    try await withEndpoint(handler: handler, adjust: { $0.maximumBody = 1_000_000 }) { _, port in
      let (taken, closed) = try await blocking { () -> (Int, Bool) in
        let socket = try RawSocket(port: port)
        socket.write(
          Self.start + (chunked ? "Transfer-Encoding: chunked\r\n\r\n" : "Content-Length: 900000000000\r\n\r\n"))
        let piece = [UInt8](repeating: 0x61, count: 65_536)
        let framed = chunked ? Array("10000\r\n".utf8) + piece + Array("\r\n".utf8) : piece
        var taken = 0
        while taken < 200_000_000, socket.write(framed) { taken += piece.count }
        return (taken, socket.readToEnd().closed)
      }
      // Twice the limit beyond the limit, and what fits in the sockets' buffers.
      #expect(taken < 30_000_000)
      #expect(closed)
    }
  }

  @Test("T5, T9: the sender of a refused upload that falls silent or drips is cut off soon", arguments: [false, true])
  func silent(drips: Bool) async throws {
    try await withEndpoint(handler: CountingHandler(readsBody: false)) { _, port in
      let (text, seconds) = try await blocking { () -> (String, Double) in
        let socket = try RawSocket(port: port)
        socket.write(Self.start + "Content-Length: 30000000\r\n\r\n" + String(repeating: "a", count: 1_200_000))
        let start = Date()
        // Far below the rate that is waited for.
        while drips, Date().timeIntervalSince(start) < 20, socket.write("a") { usleep(50_000) }
        return (socket.readToEnd(seconds: 20).text, Date().timeIntervalSince(start))
      }
      #expect(drips || text.hasPrefix("HTTP/1.1 200 "))
      #expect(seconds > 8 && seconds < 17, "cut off after \(seconds) s")
    }
  }
}
