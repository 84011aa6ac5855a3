import Foundation
import Testing

@testable import SDKRelay

@Suite("An endpoint that ends early") struct EarlyEndTests {
  @Test(
    "one that is told to end before it listens ends, and whoever waits for its port waits for nothing",
    .timeLimit(.minutes(1)))
  func cancelled() async throws {
    for _ in 0..<50 {
      let endpoint = try AS4Endpoint(
        AS4EndpointSettings(host: "127.0.0.1", port: 0, security: .plain), handler: CountingHandler())
      let run = Task { try await endpoint.run() }
      run.cancel()
      let port = Task { try await endpoint.port }
      _ = await run.result
      // Either it had begun to listen, or there is no port.
      _ = await port.result
    }
  }
}
