import AsyncHTTPClient
import Foundation
import NIOCore
import NIOHTTP1
import NIOPosix
import Testing

@testable import Mailbox
@testable import SDKRelay
@testable import Service

@Suite("Event streams over the network")
struct ServedStreamTests {
  /// The kit's interface behind a port, until the body ends.
  private func serving(_ kit: RelayKit, _ body: (Int) async throws -> Void) async throws {
    let (_, settings) = try RelayKit.shared.get()
    let (ports, told) = AsyncStream.makeStream(of: Int.self)
    let server = APIServer(settings, responder: kit.responder, logger: .silent) { told.yield($0) }
    let task = Task { try await server.run() }
    let port = await ports.first { _ in true } ?? 0
    do {
      try await body(port)
    } catch {
      task.cancel()
      throw error
    }
    task.cancel()
    _ = await task.result
  }

  @Test("a stream comes event by event over HTTP, and a client that goes gives its place back") func follows()
    async throws
  {
    let kit = try await RelayKit(pace: EventPace(heartbeat: .milliseconds(200), recheck: .milliseconds(100)))
    let token = try await kit.user("u1")
    try await serving(kit) { port in
      for _ in 0..<10 {
        var request = HTTPClientRequest(url: "http://127.0.0.1:\(port)/relay/v1/events/stream?after=now")
        request.headers.add(name: "Authorization", value: "Bearer \(token)")
        let end = ContinuousClock.now + .seconds(10)
        var response = try await HTTPClient.shared.execute(request, timeout: .seconds(20))
        // Those that went are noticed when nothing can be written to them.
        while response.status == .tooManyRequests, .now < end {
          try await Task.sleep(for: .milliseconds(50))
          response = try await HTTPClient.shared.execute(request, timeout: .seconds(20))
        }
        #expect(response.status == .ok && response.headers.first(name: "Content-Length") == nil)
        var text = ""
        var id: String?
        for try await piece in response.body {
          text += String(buffer: piece)
          if id == nil, text.contains("retry:") { id = try await kit.put().id.value }
          if let id, text.contains(id) { break }
        }
        #expect(id.map(text.contains) == true)
      }
    }
  }

  @Test("a reader who takes nothing is let go") func slow() async throws {
    let kit = try await RelayKit(
      pace: EventPace(heartbeat: .seconds(60), recheck: .milliseconds(50), patience: .milliseconds(500)))
    let token = try await kit.user("u1")
    let message = try await kit.put()
    // More than the buffers between two processes hold.
    try await kit.service.relay.write { db in
      for _ in 0..<8_000 {
        let text = String(repeating: "x", count: 4_000)
        try EventLog.add(
          NewEvent(participant: message.participant, messageID: message.id, text: text), at: .now, in: db)
      }
    }
    try await serving(kit) { port in
      let request = """
        GET /relay/v1/events/stream HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer \(token)\r\n\r\n
        """
      let closed = try await withSilentReader(port, request)
      #expect(closed < .seconds(15))
    }
  }

  /// Sends the request, reads nothing, and tells how long the other side kept the connection.
  private func withSilentReader(_ port: Int, _ request: String) async throws -> Duration {
    let channel = try await ClientBootstrap(group: MultiThreadedEventLoopGroup.singleton)
      .channelOption(.autoRead, value: false).channelOption(.socketOption(.so_rcvbuf), value: 4_096)
      .connect(host: "127.0.0.1", port: port).get()
    let start = ContinuousClock.now
    try await channel.writeAndFlush(ByteBuffer(string: request))
    let end = start + .seconds(15)
    // A connection that was reset can be written to no longer.
    while ContinuousClock.now < end {
      try await Task.sleep(for: .milliseconds(100))
      guard channel.isActive, (try? await channel.writeAndFlush(ByteBuffer(string: "x"))) != nil else { break }
    }
    try? await channel.close()
    return .now - start
  }
}
