import Foundation
import NIOCore
import Testing

@testable import SDKRelay

@Suite("AS4 over HTTP")
struct HTTPRoundTripTests {
  private let type = "multipart/related; boundary=x"

  @Test("a message reaches the handler byte for byte and its answer comes back")
  func roundTrip() async throws {
    let handler = CountingHandler()
    try await withEndpoint(handler: handler) { _, port in
      try await withClient { client in
        let url = try #require(URL(string: "http://127.0.0.1:\(port)/as4"))
        let body = WireBody([.bytes(Array("abc".utf8)), .bytes([1, 2])])
        let answer = try await client.send(body, contentType: type, to: url)
        #expect(answer == AS4Answer(status: 200, contentType: "text/plain", body: Array("5".utf8)))
      }
    }
    let seen = try #require(handler.seen.first)
    #expect(seen.contentType == type)
    #expect(seen.peer == AS4Peer(address: "127.0.0.1"))
  }

  @Test("connections are kept: twenty messages over one")
  func keepAlive() async throws {
    try await withEndpoint(handler: CountingHandler(), adjust: { $0.connectionsPerAddress = 1 }) { _, port in
      try await withClient { client in
        let url = try #require(URL(string: "http://127.0.0.1:\(port)/as4"))
        for _ in 0..<20 {
          #expect(try await client.send(WireBody([1]), contentType: type, to: url).status == 200)
        }
      }
    }
  }

  @Test("a kept connection that the other side ended is replaced at once")
  func staleConnection() async throws {
    try await withEndpoint(handler: CountingHandler(), adjust: { $0.idleTime = .milliseconds(300) }) { _, port in
      try await withClient { client in
        let url = try #require(URL(string: "http://127.0.0.1:\(port)/as4"))
        for pause in [0, 298, 299, 300, 301, 302, 303, 305] {
          try await Task.sleep(for: .milliseconds(pause))
          #expect(try await client.send(WireBody([1]), contentType: type, to: url).status == 200)
        }
      }
    }
  }

  // In a process of its own: memory is measured.
  @Test("100 MB stream from a file through endpoint and handler in flat memory")
  func large() async throws {
    await #expect(processExitsWith: .success) {
      let folder = try TemporaryFolder()
      let file = folder.url.appending(path: "message")
      let megabyte = Data((0..<1_000_000).map { UInt8(truncatingIfNeeded: $0 &* 7) })
      try Data().write(to: file)
      let writer = try FileHandle(forWritingTo: file)
      for _ in 0..<100 { try writer.write(contentsOf: megabyte) }
      try writer.close()
      let body = try WireBody(file: file)
      try #require(body.length == 100_000_000)

      let before = try httpPeakMemory()
      try await withEndpoint(handler: CountingHandler()) { _, port in
        try await withClient { client in
          let url = try #require(URL(string: "http://127.0.0.1:\(port)/as4"))
          let answer = try await client.send(body, contentType: "multipart/related", to: url)
          try #require(answer.body == Array("100000000".utf8))
        }
      }
      let growth = try httpPeakMemory() - before
      try #require(growth < 80_000_000, "grew by \(growth) bytes")
    }
  }

  @Test("pieces of several files arrive in order")
  func segments() async throws {
    let folder = try TemporaryFolder()
    let file = folder.url.appending(path: "part")
    try Data((0..<UInt8(200))).write(to: file)
    let handler = CountingHandler()
    let body = WireBody([.bytes([9, 9]), .file(file, offset: 10, count: 100), .bytes([]), .bytes([8])])
    #expect(body.length == 103)
    try await withEndpoint(handler: handler) { _, port in
      try await withClient { client in
        let url = try #require(URL(string: "http://127.0.0.1:\(port)/as4"))
        #expect(try await client.send(body, contentType: type, to: url).status == 200)
      }
    }
    #expect(handler.seen.first?.head == [9, 9] + Array(10..<110) + [8])
  }

  @Test("a message whose file vanished is a permanent problem, not a broken connection")
  func missingFile() async throws {
    try await withEndpoint(handler: CountingHandler()) { _, port in
      try await withClient { client in
        let url = try #require(URL(string: "http://127.0.0.1:\(port)/as4"))
        let body = WireBody([.file(URL(filePath: "/no/such/file"), offset: 0, count: 10)])
        let problem = await #expect(throws: TransportProblem.self) {
          try await client.send(body, contentType: type, to: url)
        }
        #expect(problem?.kind == .body)
        #expect(problem?.isTransient == false)
      }
    }
  }

  @Test("graceful shutdown answers the running request before it returns")
  func gracefulShutdown() async throws {
    let handler = CountingHandler(delay: .milliseconds(400))
    try await withEndpoint(handler: handler) { endpoint, port in
      try await withClient { client in
        let url = try #require(URL(string: "http://127.0.0.1:\(port)/as4"))
        async let answer = client.send(WireBody([1, 2, 3]), contentType: type, to: url)
        try await handler.waitForRequest()
        try await endpoint.shutdown()
        #expect(handler.seen.count == 1)
        #expect(try await answer.status == 200)
      }
    }
  }

  @Test("a request that takes too long is cut off at shutdown")
  func boundedShutdown() async throws {
    let handler = CountingHandler()
    try await withEndpoint(handler: handler, adjust: { $0.shutdownTime = .milliseconds(300) }) { endpoint, port in
      let socket = try RawSocket(port: port)
      socket.write("POST /as4 HTTP/1.1\r\nHost: a\r\nContent-Type: a/b\r\nContent-Length: 10\r\n\r\nabc")
      try await handler.waitForRequest()
      let time = try await ContinuousClock().measure { try await endpoint.shutdown() }
      #expect(time > .milliseconds(200) && time < .seconds(10))
    }
    #expect(handler.seen.map(\.problem) == [.incomplete])
  }

  @Test("a client that is served nothing gives up in time")
  func timeOut() async throws {
    var settings = AS4ClientSettings(identity: nil, authorities: .system)
    settings.addresses.allowsPlainLoopback = true
    settings.answerTime = .milliseconds(300)
    try await withEndpoint(handler: CountingHandler(delay: .seconds(1))) { _, port in
      try await withClient(settings) { client in
        let url = try #require(URL(string: "http://127.0.0.1:\(port)/as4"))
        let problem = await #expect(throws: TransportProblem.self) {
          try await client.send(WireBody([1]), contentType: type, to: url)
        }
        #expect(problem?.kind == .timeout)
        #expect(problem?.isTransient == true)
      }
    }
  }
}
