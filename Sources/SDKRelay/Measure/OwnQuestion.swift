import AsyncHTTPClient
import Foundation
import NIOCore
import NIOHTTP1

/// A question to a node on this machine or beside it: what its operations listener says.
public enum OwnQuestion {
  /// The answer's status and its body of at most 1 MiB.
  /// - Throws: ``FileProblem`` where nobody answers in time.
  public static func get(_ address: String, within limit: Duration) async throws(FileProblem) -> (
    status: Int, body: [UInt8]
  ) {
    do {
      let response = try await HTTPClient.shared.execute(
        HTTPClientRequest(url: address), timeout: .milliseconds(Int64(limit.seconds * 1_000)))
      let body = try await response.body.collect(upTo: 1 << 20)
      return (Int(response.status.code), Array(body.readableBytesView))
    } catch {
      throw FileProblem(path: address, reason: "does not answer")
    }
  }
}
