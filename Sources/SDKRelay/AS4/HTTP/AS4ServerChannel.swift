import HummingbirdCore
import Logging
import NIOCore
import NIOSSL
import Synchronization

/// Sets up one accepted connection: address cap, TLS, HTTP/1.1, pace. No other protocol is offered (T6).
struct AS4ServerChannel: ServerChildChannel {
  let http: HTTP1Channel
  let connections: OpenConnections
  /// Nil for plain HTTP.
  let tls: CurrentTLS?
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
      let handler = NIOSSLServerHandler(context: tls.context)
      try channel.pipeline.syncOperations.addHandler(handler)
    }.flatMap {
      http.setup(channel: channel, logger: logger)
    }.map { value in
      // Only now: a failed set-up would count as the listener's own fault.
      if !isWelcome { channel.close(mode: .all, promise: nil) }
      return value
    }
  }

  func handle(value: HTTP1Channel.Value, logger: Logger) async {
    await http.handle(value: value, logger: logger)
  }
}

/// The key and certificate in use. Looked up for each connection: a new key serves from the next handshake on.
final class CurrentTLS: Sendable {
  private let current: Mutex<NIOSSLContext>

  init(_ context: NIOSSLContext) {
    self.current = Mutex(context)
  }

  var context: NIOSSLContext { current.withLock { $0 } }

  func replace(with context: NIOSSLContext) {
    current.withLock { $0 = context }
  }
}
