import HummingbirdCore
import Logging
import NIOCore
import NIOHTTP1
import NIOSSL

/// Sets up one accepted connection: address cap, TLS, HTTP/1.1, pace. No other protocol is offered (T6).
struct AS4ServerChannel: ServerChildChannel {
  let http: HTTP1Channel
  let connections: OpenConnections
  /// Nil for plain HTTP.
  let tls: NIOSSLContext?
  let log: Logger

  func setup(channel: any Channel, logger: Logger) -> EventLoopFuture<HTTP1Channel.Value> {
    let address = channel.remoteAddress?.ipAddress ?? "unknown"
    let isWelcome = connections.enter(channel, from: address)
    if !isWelcome {
      log.debug("Connection refused: too many from this address", metadata: ["address": "\(address)"])
    }
    // Receipts are small and awaited: never hold them back to fill a packet.
    return channel.setOption(.tcpOption(.tcp_nodelay), value: 1).flatMapThrowing {
      guard let tls else { return }
      let handler = NIOSSLServerHandler(context: tls)
      try channel.pipeline.syncOperations.addHandler(handler)
    }.flatMap {
      http.setup(channel: channel, logger: logger)
    }.flatMapThrowing { value in
      let pipeline = channel.pipeline.syncOperations
      try pipeline.addHandler(
        OldProtocolHandler(), position: .after(pipeline.handler(type: ByteToMessageHandler<HTTPRequestDecoder>.self)))
      // Only now: a failed set-up would count as the listener's own fault.
      if !isWelcome { channel.close(mode: .all, promise: nil) }
      return value
    }
  }

  func handle(value: HTTP1Channel.Value, logger: Logger) async {
    await http.handle(value: value, logger: logger)
  }
}

/// Marks a request of HTTP/1.0 as the last of its connection, which it is unless both sides agree otherwise (RFC 9112
/// §9.3). Further on the version is no longer known.
private final class OldProtocolHandler: ChannelInboundHandler {
  typealias InboundIn = HTTPServerRequestPart
  typealias InboundOut = HTTPServerRequestPart

  func channelRead(context: ChannelHandlerContext, data: NIOAny) {
    guard case .head(var head) = unwrapInboundIn(data), head.version.major == 1, head.version.minor == 0 else {
      return context.fireChannelRead(data)
    }
    head.headers.replaceOrAdd(name: "Connection", value: "close")
    context.fireChannelRead(wrapInboundOut(.head(head)))
  }
}
