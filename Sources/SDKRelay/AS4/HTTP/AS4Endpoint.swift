import HummingbirdCore
public import Logging
import NIOCore
import NIOPosix
import NIOSSL
public import ServiceLifecycle
import Synchronization

/// The access point's HTTP address: takes AS4 messages over HTTP/1.1 and gives them to a handler.
///
/// Hostile clients cost little: TLS with authenticated encryption only, strict framing, limits on size, time and
/// connections (threats.md T4–T7, T9). On graceful shutdown it stops listening, lets running requests finish and
/// closes idle connections.
public final class AS4Endpoint: Service {
  private let server: Server<AS4ServerChannel>
  private let listening: EventLoopPromise<Int>
  private let connections: OpenConnections
  private let shutdownTime: Duration
  private let isStopping = Mutex(false)

  /// Prepares the endpoint; ``run()`` opens the port.
  public init(
    _ settings: AS4EndpointSettings, handler: any AS4RequestHandler,
    logger: Logger = Logger(label: "sdkrelay.as4.endpoint")
  ) throws(TLSProblem) {
    let tls = try Self.tls(settings)
    let responder = AS4Responder(
      path: settings.path, maximumBody: settings.maximumBody, handler: handler, logger: logger)
    let pace = settings.paceLimits
    let http = HTTP1Channel(
      responder: { try await responder.respond(to: $0, with: $1, on: $2) },
      configuration: .init(
        additionalChannelHandlers: [PaceHandler(pace)],
        httpDecoderConfiguration: .init(maxHeaderFieldSize: 16_384, maxHeaderListSize: 32_768, maxHeaderFieldCount: 100)
      ))
    let openConnections = OpenConnections(limit: settings.connectionsPerAddress)
    connections = openConnections
    shutdownTime = settings.shutdownTime
    let mostConnections = DescriptorLimit.connections(of: DescriptorLimit.raise())
    let listening = MultiThreadedEventLoopGroup.singleton.any().makePromise(of: Int.self)
    self.listening = listening
    // The server's own log speaks of its inner workings, at error level even when it is cancelled.
    var silent = logger
    silent.logLevel = .critical
    server = Server(
      childChannelSetup: AS4ServerChannel(
        http: http, connections: openConnections, tls: tls, log: logger),
      configuration: ServerConfiguration(
        address: .hostname(settings.host, port: settings.port), backlog: 1_024,
        availableConnectionsDelegate: MaximumAvailableConnections(mostConnections)),
      onServerRunning: { listening.succeed($0.localAddress?.port ?? settings.port) },
      eventLoopGroup: MultiThreadedEventLoopGroup.singleton,
      logger: silent)
  }

  /// Nil for plain HTTP.
  private static func tls(_ settings: AS4EndpointSettings) throws(TLSProblem) -> NIOSSLContext? {
    switch settings.security {
    case .mutualTLS(let identity, let trust):
      return try TLSProfile.context(TLSProfile.server(identity, clients: trust))
    case .oneWayTLS(let identity):
      return try TLSProfile.context(TLSProfile.server(identity, clients: nil))
    case .plain:
      guard AS4EndpointSettings.isLoopback(settings.host) else {
        throw TLSProblem(reason: "without TLS only a loopback address can be listened on")
      }
      return nil
    }
  }

  deinit {
    listening.fail(CancellationError())
  }

  /// Listens until graceful shutdown or cancellation. Throws when the port cannot be had, or is lost.
  public func run() async throws {
    do {
      try await withGracefulShutdownHandler {
        try await server.run()
      } onGracefulShutdown: {
        Task { try await self.shutdown() }
      }
    } catch {
      listening.fail(error)
      throw error
    }
    // Told to end before it listened: whoever waits for the port waits for nothing.
    listening.fail(CancellationError())
    let isExpected = isStopping.withLock { $0 } || Task.isCancelled || Task.isShuttingDownGracefully
    guard isExpected else { throw ListenerEnded() }
  }

  /// The system took the listening socket away.
  struct ListenerEnded: Error, CustomStringConvertible {
    var description: String { "the endpoint's port no longer takes connections" }
  }

  /// The port listened on, once it is open; throws what ``run()`` throws.
  public var port: Int {
    get async throws { try await listening.futureResult.get() }
  }

  /// Stops listening and returns when the running requests have been answered. Those that take too long are cut off:
  /// their senders repeat them.
  public func shutdown() async throws {
    isStopping.withLock { $0 = true }
    let cutOff = Task {
      try await Task.sleep(for: shutdownTime)
      connections.closeAll()
    }
    defer { cutOff.cancel() }
    try await server.shutdownGracefully()
  }
}
