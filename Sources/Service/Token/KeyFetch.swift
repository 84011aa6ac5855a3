import AsyncHTTPClient
import Foundation
import NIOCore
import NIOHTTP1
import NIOSSL

/// Fetches a key set over TLS whose certificate must be right, within ten seconds and a bounded size, and follows no
/// redirect.
struct KeyFetch: Sendable {
  /// The authorities that the server's certificate must come from; nil for those of the system.
  var trust: URL?

  enum Problem: Error, CustomStringConvertible {
    case status(Int)

    var description: String {
      switch self {
      case .status(let code): "the answer is \(code)"
      }
    }
  }

  func callAsFunction(_ url: URL) async throws -> [UInt8] {
    var tls = TLSConfiguration.makeClientConfiguration()
    tls.minimumTLSVersion = .tlsv12
    if let trust { tls.trustRoots = .file(trust.path) }
    var configuration = HTTPClient.Configuration(
      tlsConfiguration: tls, redirectConfiguration: .disallow,
      timeout: .init(connect: .seconds(5), read: .seconds(5)), decompression: .disabled)
    configuration.httpVersion = .http1Only
    configuration.connectionPool.retryConnectionEstablishment = false
    let client = HTTPClient(eventLoopGroupProvider: .singleton, configuration: configuration)
    let answer: Result<[UInt8], any Error>
    do {
      let response = try await client.execute(HTTPClientRequest(url: url.absoluteString), timeout: .seconds(10))
      guard response.status == .ok else { throw Problem.status(Int(response.status.code)) }
      answer = .success(Array(try await response.body.collect(upTo: AuthorityKeys.largest).readableBytesView))
    } catch {
      answer = .failure(error)
    }
    try? await client.shutdown()
    return try answer.get()
  }
}
