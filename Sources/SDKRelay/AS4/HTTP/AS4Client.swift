import AsyncHTTPClient
public import Foundation
import HTTPTypes
import NIOCore
import NIOHTTP1
import NIOPosix
import NIOSSL
import Synchronization

/// Sends AS4 messages to other access points over HTTP/1.1 and TLS.
///
/// Connections are kept and used again. The answer of whatever status is the caller's to judge: an HTTP status is not a
/// receipt, and a redirect, which is never followed, is an answer like any other (threats.md T8).
public final class AS4Client: Sendable {
  private let client: HTTPClient
  private let settings: AS4ClientSettings
  private let opened = Opened()
  /// All connections of a client live on one loop: see ``WireBodyChunks``.
  private let loop = MultiThreadedEventLoopGroup.singleton.any()

  /// How many connections have been opened.
  private final class Opened: Sendable {
    private let number = Atomic(0)

    var count: Int { number.load(ordering: .relaxed) }
    func add() { number.add(1, ordering: .relaxed) }
  }

  /// Opens no connection yet.
  public init(_ settings: AS4ClientSettings) {
    self.settings = settings
    var configuration = HTTPClient.Configuration(
      tlsConfiguration: TLSProfile.client(settings.identity, servers: settings.authorities),
      redirectConfiguration: .disallow,
      timeout: .init(
        connect: TimeAmount(settings.connectTime), read: TimeAmount(settings.answerTime),
        write: TimeAmount(settings.answerTime)),
      connectionPool: .init(
        idleTimeout: TimeAmount(settings.keepTime),
        concurrentHTTP1ConnectionsPerHostSoftLimit: settings.connectionsPerPeer),
      ignoreUncleanSSLShutdown: false,
      decompression: .disabled)
    configuration.httpVersion = .http1Only
    // A refused connection is this attempt's answer; the retry schedule is the caller's.
    configuration.connectionPool.retryConnectionEstablishment = false
    let policy = settings.addresses
    configuration.http1_1ConnectionDebugInitializer = { [opened] channel in
      opened.add()
      do {
        try policy.check(channel.remoteAddress)
        KillPoint.reached(.connected)
        return channel.eventLoop.makeSucceededVoidFuture()
      } catch {
        return channel.eventLoop.makeFailedFuture(error)
      }
    }
    client = HTTPClient(eventLoopGroupProvider: .shared(loop), configuration: configuration)
  }

  /// Sends one message and gives the answer, of whatever status.
  ///
  /// A kept connection that the other side had ended meanwhile is replaced once, at once; receivers recognise the
  /// repeat by its message id. Where a connection has been opened meanwhile it may have been this message's, so the
  /// message counts as sent: no p-mode allows more (SDK-AS4-07). All other trying again is the caller's.
  ///
  /// - Parameters:
  ///   - body: the HTTP body, streamed.
  ///   - contentType: its Content-Type.
  ///   - url: where to; held against ``AS4ClientSettings/addresses``.
  /// - Throws: ``TransportProblem`` when no whole answer came.
  public func send(_ body: WireBody, contentType: String, to url: URL) async throws(TransportProblem) -> AS4Answer {
    let (start, count) = (ContinuousClock.now, opened.count)
    do {
      return try await sendOnce(body, contentType: contentType, to: url)
    } catch
      where error.kind == .connectionClosed && opened.count == count && ContinuousClock.now - start < .seconds(1)
    {
      return try await sendOnce(body, contentType: contentType, to: url)
    }
  }

  /// Closes the connections. Call once, when nothing is being sent.
  public func shutdown() async {
    try? await client.shutdown()
  }

  private func sendOnce(
    _ body: WireBody, contentType: String, to url: URL
  ) async throws(TransportProblem) -> AS4Answer {
    try settings.addresses.check(url)
    var request = HTTPClientRequest(url: url.absoluteString)
    request.method = .POST
    request.headers.add(name: "Content-Type", value: contentType)
    request.body = .stream(WireBodyChunks(body: body, loop: loop), length: .known(Int64(body.length)))
    var head: HTTPClientResponse?
    var bytes: [UInt8] = []
    do {
      let response = try await client.execute(request, deadline: .now() + TimeAmount(settings.totalTime))
      head = response
      for try await piece in response.body {
        guard bytes.count + piece.readableBytes <= settings.maximumAnswer else {
          throw NIOTooManyBytesError(maxBytes: settings.maximumAnswer)
        }
        bytes += piece.readableBytesView
      }
      return AS4Answer(response, bytes)
    } catch {
      // An answer may come before the whole message has left. Once it is all there, what becomes of the rest of the
      // message and of the connection takes nothing from it.
      if let head, head.headers.first(name: "Content-Length").flatMap(Int.init) == bytes.count {
        return AS4Answer(head, bytes)
      }
      if head != nil, error as? HTTPClientError == .bodyLengthMismatch {
        // The library's word for an answer that came first; the message itself is sound.
        throw TransportProblem(.connectionClosed, "the other side ended the connection")
      }
      throw TransportProblem(error)
    }
  }
}

/// What the other access point answered.
public struct AS4Answer: Hashable, Sendable {
  /// The HTTP status code.
  public let status: Int
  /// The Content-Type as sent; nil when there is none.
  public let contentType: String?
  /// The whole body, no more than ``AS4ClientSettings/maximumAnswer`` bytes.
  public let body: [UInt8]

  public init(status: Int, contentType: String?, body: [UInt8]) {
    self.status = status
    self.contentType = contentType
    self.body = body
  }
}

extension AS4Answer {
  init(_ response: HTTPClientResponse, _ body: [UInt8]) {
    self.init(
      status: Int(response.status.code), contentType: response.headers.first(name: "Content-Type"), body: body)
  }
}
