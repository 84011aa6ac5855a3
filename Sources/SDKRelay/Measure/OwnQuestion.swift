import AsyncHTTPClient
import Foundation
import NIOCore
import NIOHTTP1

/// A question to a node on this machine or beside it: what its operations listener says.
public enum OwnQuestion {
  /// The answer's status and its body of at most 1 MiB.
  /// - Throws: ``FileProblem`` where nobody answers in time.
  public static func get(
    _ address: String, within limit: Duration
  ) async throws(FileProblem) -> (status: Int, body: [UInt8]) {
    var configuration = HTTPClient.Configuration(redirectConfiguration: .disallow)
    // Whoever is not there now is the answer.
    configuration.connectionPool.retryConnectionEstablishment = false
    let client = HTTPClient(eventLoopGroupProvider: .singleton, configuration: configuration)
    let answer = try? await ask(client, address, .milliseconds(Int64(limit.seconds * 1_000)))
    try? await client.shutdown()
    guard let answer else { throw FileProblem(path: address, reason: "does not answer") }
    return answer
  }

  private static func ask(
    _ client: HTTPClient, _ address: String, _ limit: TimeAmount
  ) async throws -> (status: Int, body: [UInt8]) {
    let response = try await client.execute(HTTPClientRequest(url: address), timeout: limit)
    let body = try await response.body.collect(upTo: 1 << 20)
    return (Int(response.status.code), Array(body.readableBytesView))
  }
}
