import AsyncHTTPClient
package import Foundation
import NIOCore
import NIOHTTP1
import NIOSSL
import SDKRelay
import XMLSecurity

/// Posts a signed event to a webhook of a host that the settings name. No redirect is followed, and of the answer only the
/// status counts.
package struct WebhookClient: Sendable {
  let host: WebhookHost

  package init(host: WebhookHost) {
    self.host = host
  }

  /// - Parameter body: the event, as JSON.
  package func send(_ body: [UInt8], to address: WebhookAddress, at now: Date) async throws(NotificationProblem) {
    let status: Int
    do {
      status = try await post(body, WebhookSignature(secret: host.secret, time: now, body: body), to: address)
    } catch {
      throw NotificationProblem(error)
    }
    switch status {
    case 200..<300: return
    // A request that was too early, one of too many, or one that took too long may fare better later.
    case 408, 425, 429, 500...: throw NotificationProblem("the webhook answers with \(status)")
    default: throw NotificationProblem("the webhook answers with \(status)", isFinal: true)
    }
  }

  private func post(
    _ body: [UInt8], _ signature: WebhookSignature, to address: WebhookAddress
  ) async throws -> Int {
    let time = TimeAmount(host.totalTime)
    var configuration = HTTPClient.Configuration(
      tlsConfiguration: TLSProfile.client(nil, servers: host.authorities), redirectConfiguration: .disallow,
      timeout: .init(connect: .seconds(10), read: time, write: time), decompression: .disabled)
    configuration.httpVersion = .http1Only
    configuration.connectionPool.retryConnectionEstablishment = false
    let client = HTTPClient(eventLoopGroupProvider: .singleton, configuration: configuration)
    do {
      var request = HTTPClientRequest(url: address.description)
      request.method = .POST
      request.headers.add(name: "Content-Type", value: "application/json")
      request.headers.add(name: WebhookSignature.timeHeader, value: signature.time)
      request.headers.add(name: WebhookSignature.header, value: signature.value)
      request.body = .bytes(body)
      let response = try await client.execute(request, deadline: .now() + time)
      // Whatever it says beyond its status is not read.
      try? await client.shutdown()
      return Int(response.status.code)
    } catch {
      try? await client.shutdown()
      throw error
    }
  }
}

/// The proof that an event comes from this node and is new: HMAC-SHA256 over the time, a full stop and the body.
struct WebhookSignature: Hashable, Sendable {
  static let header = "SDKRelay-Signature"
  static let timeHeader = "SDKRelay-Timestamp"

  /// In whole seconds since 1970.
  let time: String
  /// `v1=` and the HMAC in lower-case hexadecimal.
  let value: String

  init(secret: [UInt8], time: Date, body: [UInt8]) {
    self.time = "\(Int64(time.timeIntervalSince1970))"
    value = "v1=" + Hexadecimal.encode(hmacSHA256(key: secret, Array("\(self.time).".utf8) + body))
  }
}
