import AsyncHTTPClient
public import Foundation
import HTTPTypes
import NIOCore
import NIOHTTP1
import NIOPosix
import NIOSSL

/// Sends AS4 messages to other access points over HTTP/1.1 and TLS.
///
/// Connections are kept and used again. Redirects are never followed. The answer of whatever status is the caller's to
/// judge: an HTTP status is not a receipt.
public final class AS4Client: Sendable {
  private let client: HTTPClient
  private let settings: AS4ClientSettings

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
    configuration.http1_1ConnectionDebugInitializer = { channel in
      do {
        try policy.check(channel.remoteAddress)
        KillPoint.reached(.connected)
        return channel.eventLoop.makeSucceededVoidFuture()
      } catch {
        return channel.eventLoop.makeFailedFuture(error)
      }
    }
    client = HTTPClient(eventLoopGroupProvider: .singleton, configuration: configuration)
  }

  /// Sends one message and gives the answer, of whatever status.
  ///
  /// A kept connection that the other side had ended meanwhile is replaced once, at once; receivers recognise the
  /// repeat by its message id. All other trying again is the caller's.
  public func send(_ body: WireBody, contentType: String, to url: URL) async throws(TransportProblem) -> AS4Answer {
    let start = ContinuousClock.now
    do {
      return try await sendOnce(body, contentType: contentType, to: url)
    } catch  where error.kind == .connectionClosed && ContinuousClock.now - start < .seconds(1) {
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
    request.body = .stream(WireBodyChunks(body: body), length: .known(Int64(body.length)))
    do {
      let response = try await client.execute(request, deadline: .now() + TimeAmount(settings.totalTime))
      guard !(300..<400).contains(response.status.code) else {
        throw TransportProblem(.redirect, "the other side answers \(response.status.code)")
      }
      let bytes = try await response.body.collect(upTo: settings.maximumAnswer)
      return AS4Answer(
        status: Int(response.status.code), contentType: response.headers.first(name: "Content-Type"),
        body: Array(bytes.readableBytesView))
    } catch {
      throw TransportProblem(error)
    }
  }
}

/// What the other access point answered.
public struct AS4Answer: Hashable, Sendable {
  public let status: Int
  public let contentType: String?
  public let body: [UInt8]

  public init(status: Int, contentType: String?, body: [UInt8]) {
    self.status = status
    self.contentType = contentType
    self.body = body
  }
}
