import Foundation
import NIOCore
import NIOHTTP1
import NIOPosix
import Synchronization
import Testing
import XMLSecurity

@testable import SDKRelay

/// How often a message really goes over the wire.
@Suite("Transmissions")
struct TransmissionTests {
  @Test("SDK-AS4-07: a new connection that the other side ends costs one transmission, not two")
  func newConnection() async throws {
    let server = ScriptedServer { _ in .hangUp }
    try await server.serving { url in
      try await withClient { client in
        for _ in 0..<3 {
          let problem = await #expect(throws: TransportProblem.self) {
            try await client.send(WireBody([1]), contentType: "a/b", to: url)
          }
          #expect(problem?.kind == .connectionClosed && problem?.isTransient == true)
        }
      }
    }
    #expect(server.count == 3)
  }

  @Test("a kept connection that the other side ends under a message is replaced once")
  func keptConnection() async throws {
    let server = ScriptedServer { $0 == 2 ? .hangUp : .answer(200) }
    try await server.serving { url in
      try await withClient { client in
        for _ in 0..<2 {
          let answer = try await client.send(WireBody([1]), contentType: "a/b", to: url)
          #expect(answer.status == 200)
          // The connection is kept a moment after its answer has been handed over.
          try await Task.sleep(for: .milliseconds(200))
        }
      }
    }
    #expect(server.count == 3)
  }

  @Test(
    "SDK-AS4-07: a p-mode of 1+4 makes five transmissions, whatever comes back, and EBMS:0301 at their end",
    arguments: [ScriptedServer.Reply.hangUp, .answer(200), .answer(302), .answer(413)])
  func repetitions(_ reply: ScriptedServer.Reply) async throws {
    let server = ScriptedServer { _ in reply }
    try await withNet(
      change: { $0.delivery.retry = RetrySchedule(retries: 4, period: .seconds(2)) }, running: [0]
    ) { net in
      try await server.serving { url in
        net.directory.set(
          TestDirectory.Entry(
            url: url, accessPoint: net.keys.accessPoints[1].certificate, organization: net.b))
        let id = try await net.nodes[0].relay.submit(net.draft())
        let message = try #require(try await net.nodes[0].wait(id, .outgoing, for: .messageExchangeError))
        #expect(message.status == .messageExchangeError)
        #expect(try net.nodes[0].events().contains { $0.hasPrefix("! EBMS:0301 MissingReceipt") })
      }
    }
    // A peer that seems down is spared some of the attempts (Q6).
    if case .hangUp = reply { #expect((1...5).contains(server.count)) } else { #expect(server.count == 5) }
  }
}

/// An HTTP server that does what it is told with each request, and counts them.
final class ScriptedServer: Sendable {
  enum Reply: Sendable {
    case hangUp
    case answer(Int)
  }

  /// What to do with the request of this number, counted from 1.
  private let script: @Sendable (Int) -> Reply
  private let requests = Mutex(0)

  init(_ script: @escaping @Sendable (Int) -> Reply) {
    self.script = script
  }

  /// Requests whose head has arrived.
  var count: Int { requests.withLock { $0 } }

  fileprivate func next() -> Reply {
    script(
      requests.withLock {
        $0 += 1
        return $0
      })
  }

  func serving<Value>(_ body: (URL) async throws -> Value) async throws -> Value {
    let channel = try await ServerBootstrap(group: MultiThreadedEventLoopGroup.singleton)
      .childChannelInitializer { channel in
        channel.eventLoop.makeCompletedFuture {
          try channel.pipeline.syncOperations.configureHTTPServerPipeline()
          try channel.pipeline.syncOperations.addHandler(ScriptHandler(self))
        }
      }
      .bind(host: "127.0.0.1", port: 0).get()
    let url = try #require(URL(string: "http://127.0.0.1:\(channel.localAddress?.port ?? 0)/as4"))
    do {
      let value = try await body(url)
      try await channel.close()
      return value
    } catch {
      try? await channel.close()
      throw error
    }
  }
}

private final class ScriptHandler: ChannelInboundHandler {
  typealias InboundIn = HTTPServerRequestPart
  typealias OutboundOut = HTTPServerResponsePart
  private let server: ScriptedServer
  private var reply = ScriptedServer.Reply.hangUp

  init(_ server: ScriptedServer) {
    self.server = server
  }

  func channelRead(context: ChannelHandlerContext, data: NIOAny) {
    switch unwrapInboundIn(data) {
    case .head: reply = server.next()
    case .body: break
    case .end:
      guard case .answer(let status) = reply else { return context.close(promise: nil) }
      let head = HTTPResponseHead(
        version: .http1_1, status: .init(statusCode: status),
        headers: ["Content-Length": "0", "Location": "http://127.0.0.1:9/"])
      context.write(wrapOutboundOut(.head(head)), promise: nil)
      context.writeAndFlush(wrapOutboundOut(.end(nil)), promise: nil)
    }
  }
}
