import Foundation
import NIOCore
import NIOHTTP1
import NIOPosix
import NIOSSL
import Synchronization

@testable import Mailbox
@testable import SDKRelay

/// A receiver of webhooks on a loopback port, in TLS.
final class WebhookServer: Sendable {
  struct Request: Sendable {
    var head: HTTPRequestHead
    var body: [UInt8] = []
  }

  private let log: Log
  let port: Int
  private let channel: any Channel

  final class Log: Sendable {
    let requests = Mutex<[Request]>([])
    /// The statuses it answers with, in turn; 200 thereafter. Nil hangs.
    let statuses: Mutex<[Int?]>
    init(_ statuses: [Int?]) { self.statuses = Mutex(statuses) }
  }

  init(_ statuses: [Int?] = []) async throws {
    let log = Log(statuses)
    self.log = log
    let context = try NIOSSLContext(configuration: TLSKit.server())
    channel = try await ServerBootstrap(group: MultiThreadedEventLoopGroup.singleton)
      .childChannelInitializer { channel in
        channel.eventLoop.makeCompletedFuture {
          try channel.pipeline.syncOperations.addHandler(NIOSSLServerHandler(context: context))
          try channel.pipeline.syncOperations.configureHTTPServerPipeline()
          try channel.pipeline.syncOperations.addHandler(WebhookSession(log))
        }
      }
      .bind(host: "127.0.0.1", port: 0).get()
    port = channel.localAddress?.port ?? 0
  }

  func stop() async throws { try await channel.close() }

  var requests: [Request] { log.requests.withLock { $0 } }
  var address: String { "https://localhost:\(port)/larm" }
  static let secret = Array("en hemlighet av minst trettiotvå tecken".utf8)

  func host(_ change: (inout WebhookHost) -> Void = { _ in }) throws -> WebhookHost {
    var host = WebhookHost(host: "localhost", port: port, secret: Self.secret)
    host.authorities = try TLSKit.trust()
    change(&host)
    return host
  }
}

private final class WebhookSession: ChannelInboundHandler {
  typealias InboundIn = HTTPServerRequestPart
  typealias OutboundOut = HTTPServerResponsePart
  private let log: WebhookServer.Log
  private var request: WebhookServer.Request?

  init(_ log: WebhookServer.Log) { self.log = log }

  func channelRead(context: ChannelHandlerContext, data: NIOAny) {
    switch unwrapInboundIn(data) {
    case .head(let head): request = WebhookServer.Request(head: head)
    case .body(let bytes): request?.body += bytes.readableBytesView
    case .end:
      if let request { log.requests.withLock { $0.append(request) } }
      let status = log.statuses.withLock { $0.isEmpty ? 200 : $0.removeFirst() }
      guard let status else { return }
      let headers: HTTPHeaders = ["Content-Length": "0", "Location": "https://localhost:1/"]
      let head = HTTPResponseHead(version: .http1_1, status: .init(statusCode: status), headers: headers)
      context.write(wrapOutboundOut(.head(head)), promise: nil)
      context.writeAndFlush(wrapOutboundOut(.end(nil)), promise: nil)
    }
  }
}
