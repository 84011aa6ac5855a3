import Foundation
import Testing

@testable import SDKRelay

@Suite("Hostile HTTP requests")
struct HostileRequestTests {
  private static let start = "POST /as4 HTTP/1.1\r\nHost: ap.example.se\r\nContent-Type: multipart/related\r\n"

  /// What a raw client gets for a request: everything until the endpoint closes.
  private func answer(
    to request: String, handler: CountingHandler = CountingHandler(),
    adjust: (inout AS4EndpointSettings) -> Void = { _ in }
  ) async throws -> (text: String, closed: Bool) {
    try await withEndpoint(handler: handler, adjust: adjust) { _, port in
      try await blocking {
        let socket = try RawSocket(port: port)
        socket.write(request)
        return socket.readToEnd(seconds: 5)
      }
    }
  }

  @Test(
    "T4: a request that two servers could frame differently is answered 400 and the connection closed",
    arguments: [
      ("content length and chunked", "Content-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\nX"),
      ("two content lengths", "Content-Length: 5\r\nContent-Length: 6\r\n\r\nabcdef"),
      ("two equal content lengths", "Content-Length: 3\r\nContent-Length: 3\r\n\r\nabc"),
      ("a list of content lengths", "Content-Length: 3, 3\r\n\r\nabc"),
      ("a signed content length", "Content-Length: +3\r\n\r\nabc"),
      ("a huge content length", "Content-Length: 99999999999999999999\r\n\r\nabc"),
      ("a negative content length", "Content-Length: -1\r\n\r\n"),
      ("a folded header", "Content-Length: 3\r\nX-Other: a\r\n b\r\n\r\nabc"),
      ("a space before the colon", "Content-Length : 3\r\n\r\nabc"),
      ("chunked twice", "Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n"),
      ("chunked not last", "Transfer-Encoding: chunked, identity\r\n\r\n0\r\n\r\n"),
      ("a disguised chunked", "Transfer-Encoding: xchunked\r\n\r\n0\r\n\r\n"),
      ("a wrong chunk size", "Transfer-Encoding: chunked\r\n\r\nzz\r\nabc\r\n0\r\n\r\n"),
      ("an overflowing chunk size", "Transfer-Encoding: chunked\r\n\r\nfffffffffffffffff\r\nabc\r\n0\r\n\r\n"),
      ("a chunk longer than its size", "Transfer-Encoding: chunked\r\n\r\n2\r\nabcd\r\n0\r\n\r\n"),
      ("a NUL in a header", "X-Other: a\0b\r\nContent-Length: 0\r\n\r\n"),
      ("headers beyond the limit", "X-Other: \(String(repeating: "a", count: 40_000))\r\nContent-Length: 0\r\n\r\n"),
    ])
  func framing(_ name: String, _ rest: String) async throws {
    let (text, closed) = try await answer(to: Self.start + rest)
    #expect(closed)
    #expect(["HTTP/1.1 400", "HTTP/1.1 501"].contains(String(text.prefix(12))), "\(name): \(text.prefix(80))")
    #expect(text.components(separatedBy: "HTTP/1.1 ").count == 2, "one answer only")
  }

  @Test("T4: chunk extensions and trailers are accepted and mean nothing")
  func chunkExtensions() async throws {
    let handler = CountingHandler()
    let body = "Transfer-Encoding: chunked\r\nConnection: close\r\n\r\n3;name=value\r\nabc\r\n0\r\nX-Trailer: a\r\n\r\n"
    let (text, _) = try await answer(to: Self.start + body, handler: handler)
    #expect(text.hasPrefix("HTTP/1.1 200"))
    #expect(handler.seen.map(\.head) == [Array("abc".utf8)])
  }

  @Test(
    "what is no HTTP is answered 400 and closed",
    arguments: ["\u{16}\u{3}\u{1}\0\0", "GARBAGE\r\n\r\n", "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"])
  func garbage(_ bytes: String) async throws {
    let (text, closed) = try await answer(to: bytes)
    #expect(closed)
    #expect(!text.contains("200 OK") && !text.contains("SETTINGS"), "\(text)")
  }

  @Test(
    "only POST to the configured path with a content type is taken",
    arguments: [
      ("GET /as4 HTTP/1.1\r\nHost: a\r\n\r\n", 405), ("HEAD /as4 HTTP/1.1\r\nHost: a\r\n\r\n", 405),
      ("POST / HTTP/1.1\r\nHost: a\r\nContent-Type: a/b\r\nContent-Length: 0\r\n\r\n", 404),
      ("POST /as4/ HTTP/1.1\r\nHost: a\r\nContent-Type: a/b\r\nContent-Length: 0\r\n\r\n", 404),
      ("POST /as4 HTTP/1.1\r\nHost: a\r\nContent-Length: 0\r\n\r\n", 415),
      (
        "POST /as4 HTTP/1.1\r\nHost: a\r\nContent-Type: a/b\r\nContent-Encoding: gzip\r\nContent-Length: 0\r\n\r\n", 415
      ),
    ])
  func otherRequests(_ request: String, _ status: Int) async throws {
    let handler = CountingHandler()
    let (text, closed) = try await answer(to: request, handler: handler)
    #expect(text.hasPrefix("HTTP/1.1 \(status) "))
    #expect(closed && handler.seen.isEmpty)
  }

  @Test("T9: a declared size above the limit is refused at once, without reading the body")
  func declaredTooLarge() async throws {
    let handler = CountingHandler()
    let (text, closed) = try await answer(
      to: Self.start + "Expect: 100-continue\r\nContent-Length: 200000000\r\n\r\n", handler: handler)
    #expect(text.hasPrefix("HTTP/1.1 413 "))
    #expect(closed && handler.seen.isEmpty)
  }

  @Test("T9: a chunked body is cut off at the limit, whatever the sender still has")
  func chunkedTooLarge() async throws {
    let handler = CountingHandler()
    try await withEndpoint(handler: handler, adjust: { $0.maximumBody = 1_000_000 }) { _, port in
      let (taken, text, closed) = try await blocking { () -> (Int, String, Bool) in
        let socket = try RawSocket(port: port)
        socket.write(Self.start + "Transfer-Encoding: chunked\r\n\r\n")
        let chunk = "10000\r\n" + String(repeating: "a", count: 65_536) + "\r\n"
        var taken = 0
        while taken < 200_000_000, socket.write(chunk) { taken += 65_536 }
        let (text, closed) = socket.readToEnd()
        return (taken, text, closed)
      }
      // Beyond the limit only what fits in the sockets' buffers.
      #expect(taken < 30_000_000)
      #expect(text.isEmpty || text.hasPrefix("HTTP/1.1 413 "))
      #expect(closed)
    }
    #expect(handler.seen.map(\.problem) == [.tooLarge])
  }

  @Test("T9: a decent client sees the 413")
  func clientSeesTooLarge() async throws {
    try await withEndpoint(handler: CountingHandler(), adjust: { $0.maximumBody = 1_000_000 }) { _, port in
      try await withClient { client in
        let url = try #require(URL(string: "http://127.0.0.1:\(port)/as4"))
        let body = WireBody(Array(repeating: 0, count: 20_000_000))
        #expect(try await client.send(body, contentType: "multipart/related", to: url).status == 413)
      }
    }
  }

  @Test("a client that asks with Expect: 100-continue is told to go on")
  func continues() async throws {
    let handler = CountingHandler()
    try await withEndpoint(handler: handler) { _, port in
      let (first, text) = try await blocking { () -> (String, String) in
        let socket = try RawSocket(port: port)
        socket.write(Self.start + "Expect: 100-continue\r\nConnection: close\r\nContent-Length: 3\r\n\r\n")
        let first = String(decoding: socket.read() ?? [], as: UTF8.self)
        socket.write("abc")
        return (first, socket.readToEnd().text)
      }
      #expect(first == "HTTP/1.1 100 Continue\r\n\r\n")
      #expect(text.hasPrefix("HTTP/1.1 200 OK"))
    }
    #expect(handler.seen.map(\.head) == [Array("abc".utf8)])
  }

  @Test(
    "HTTP/1.0, and close among other options, end the connection after the answer",
    arguments: [
      ("1.0", "", true), ("1.0", "Connection: keep-alive\r\n", true), ("1.1", "Connection: close, TE\r\n", true),
      ("1.1", "Connection: te , Close\r\n", true), ("1.1", "Connection: close-not\r\n", false), ("1.1", "", false),
    ])
  func connectionOptions(_ version: String, _ option: String, _ closes: Bool) async throws {
    try await withEndpoint(handler: CountingHandler()) { _, port in
      try await blocking {
        let socket = try RawSocket(port: port)
        socket.write("POST /as4 HTTP/\(version)\r\nHost: a\r\nContent-Type: a/b\r\n\(option)Content-Length: 1\r\n\r\na")
        let (text, closed) = socket.readToEnd(seconds: 1)
        #expect(text.hasPrefix("HTTP/1.1 200 "))
        #expect(closed == closes && text.lowercased().contains("connection: close") == closes)
      }
    }
  }

  @Test(
    "a body that the connection did not bring whole is no message",
    arguments: ["Content-Length: 10\r\n\r\nabc", "Transfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n"])
  func truncated(_ rest: String) async throws {
    let handler = CountingHandler()
    try await withEndpoint(handler: handler) { _, port in
      try await blocking {
        let socket = try RawSocket(port: port)
        socket.write(Self.start + rest)
        shutdown(socket.descriptor, Int32(SHUT_WR))
        #expect(!socket.readToEnd().text.contains("200 OK"))
      }
    }
    #expect(handler.seen.map(\.problem) == [.incomplete])
  }

  @Test("a handler that leaves the rest of a small body unread keeps the connection, of a large one it ends")
  func unreadBody() async throws {
    let handler = CountingHandler(readsBody: false)
    try await withEndpoint(handler: handler) { _, port in
      try await blocking {
        let socket = try RawSocket(port: port)
        for _ in 0..<2 {
          socket.write(Self.start + "Content-Length: 3\r\n\r\nabc")
          #expect(socket.readAnswer().hasPrefix("HTTP/1.1 200"))
        }
        socket.write(Self.start + "Content-Length: 100000000\r\n\r\n" + String(repeating: "a", count: 1_200_000))
        let (text, closed) = socket.readToEnd(seconds: 20)
        #expect(text.hasPrefix("HTTP/1.1 200") && text.lowercased().contains("connection: close"))
        #expect(closed)
      }
    }
  }
}
