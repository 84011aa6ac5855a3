import Foundation
import NIOCore
import NIOPosix
import NIOSSL
import Testing

@testable import SDKRelay

@Suite("Refused uploads over TLS")
struct PiecemealTests {
  @Test("SDK-AS4-04: a refusal reaches a client whose TLS records arrive in pieces", .timeLimit(.minutes(1)))
  func pieces() async throws {
    let security = AS4EndpointSettings.Security.oneWayTLS(try TLSKit.server())
    let handler = CountingHandler(readsBody: false)
    let text = try await withEndpoint(security, handler: handler, adjust: { $0.maximumBody = 5_000_000 }) { _, port in
      try await answer(port: port, bytes: 9_000_000)
    }
    #expect(text.hasPrefix("HTTP/1.1 413 "), "\(text)")
  }

  /// Writes head and body whole, more than any buffer on the way takes, and gives what came back by the end.
  private func answer(port: Int, bytes: Int) async throws -> String {
    var configuration = TLSConfiguration.makeClientConfiguration()
    configuration.certificateVerification = .none
    let context = try NIOSSLContext(configuration: configuration)
    let ended = MultiThreadedEventLoopGroup.singleton.any().makePromise(of: String.self)
    let channel = try await ClientBootstrap(group: MultiThreadedEventLoopGroup.singleton)
      .channelInitializer { channel in
        channel.eventLoop.makeCompletedFuture {
          let pipeline = channel.pipeline.syncOperations
          try pipeline.addHandler(Pieces())
          try pipeline.addHandler(NIOSSLClientHandler(context: context, serverHostname: nil))
          try pipeline.addHandler(Collector(ended))
        }
      }.connect(host: "127.0.0.1", port: port).get()
    let head = """
      POST /as4 HTTP/1.1\r
      Host: ap.example.se\r
      Content-Type: multipart/related\r
      Content-Length: \(bytes)\r
      \r

      """
    try await channel.writeAndFlush(ByteBuffer(string: head))
    try await channel.writeAndFlush(ByteBuffer(repeating: 0x61, count: bytes))
    return try await ended.futureResult.get()
  }
}

/// Sends what is written in pieces of less than a TLS record, one a millisecond.
private final class Pieces: ChannelOutboundHandler {
  typealias OutboundIn = ByteBuffer
  typealias OutboundOut = ByteBuffer

  private var waiting = CircularBuffer<(ByteBuffer, EventLoopPromise<Void>?)>()
  private var isSending = false

  func write(context: ChannelHandlerContext, data: NIOAny, promise: EventLoopPromise<Void>?) {
    var buffer = unwrapOutboundIn(data)
    while let piece = buffer.readSlice(length: min(9_000, buffer.readableBytes)), piece.readableBytes > 0 {
      waiting.append((piece, buffer.readableBytes == 0 ? promise : nil))
    }
    if !isSending { send(context) }
  }

  func flush(context: ChannelHandlerContext) {}

  private func send(_ context: ChannelHandlerContext) {
    isSending = false
    guard let (piece, promise) = waiting.popFirst() else { return }
    isSending = true
    context.writeAndFlush(wrapOutboundOut(piece), promise: promise)
    context.eventLoop.assumeIsolated().scheduleTask(in: .milliseconds(1)) { self.send(context) }
  }
}

private final class Collector: ChannelInboundHandler {
  typealias InboundIn = ByteBuffer

  private let ended: EventLoopPromise<String>
  private var text = ""

  init(_ ended: EventLoopPromise<String>) {
    self.ended = ended
  }

  func channelRead(context: ChannelHandlerContext, data: NIOAny) {
    text += String(buffer: unwrapInboundIn(data))
  }

  func channelInactive(context: ChannelHandlerContext) {
    ended.succeed(text)
  }

  func errorCaught(context: ChannelHandlerContext, error: any Error) {
    context.close(promise: nil)
  }
}
