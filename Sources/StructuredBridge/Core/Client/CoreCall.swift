import AsyncHTTPClient
import Foundation
import NIOHTTP1
import SDKRelay
import XMLSecurity

/// One call of the structured core, before it is sent.
struct CoreCall: Sendable {
  let operation: CoreOperation
  let user: CoreUser
  var query: [(name: String, value: String)] = []
  var body: JSONValue?
  /// The key by which the same report is known when it comes again.
  var key: String?
  let tracking = randomUUID()

  init(_ operation: CoreOperation, _ user: CoreUser) {
    self.operation = operation
    self.user = user
  }

  /// Whether it may be sent again when nobody knows what became of it: questions, and reports with a key.
  var isRepeatable: Bool { !operation.isReport || key != nil }

  func request(_ settings: CoreSettings) -> HTTPClientRequest {
    var address = settings.url.absoluteString
    while address.hasSuffix("/") { address.removeLast() }
    address += "/\(CoreNames.version)\(operation.path)"
    if !query.isEmpty {
      address += "?" + query.map { "\($0.name)=\(Self.escaped($0.value))" }.joined(separator: "&")
    }
    var request = HTTPClientRequest(url: address)
    request.method = .RAW(value: operation.method)
    request.headers = headers(settings)
    if let body, let bytes = try? JSONEncoder.stable().encode(body) {
      request.headers.add(name: "Content-Type", value: "application/json")
      request.body = .bytes([UInt8](bytes))
    }
    return request
  }

  private func headers(_ settings: CoreSettings) -> HTTPHeaders {
    var headers: HTTPHeaders = [
      "Accept": "application/json",
      CoreNames.Header.clientID: settings.clientID,
      CoreNames.Header.clientSecret: settings.secret.value,
      CoreNames.Header.tracking: tracking.uuidString.lowercased(),
      CoreNames.Header.system: settings.systemID,
      CoreNames.Header.user: user.value,
      CoreNames.Header.environment: settings.environment,
    ]
    if operation.request != nil { headers.add(name: CoreNames.Header.personUser, value: user.value) }
    if let key { headers.add(name: CoreNames.Header.idempotency, value: key) }
    return headers
  }

  private static func escaped(_ text: String) -> String {
    text.addingPercentEncoding(withAllowedCharacters: .alphanumerics) ?? ""
  }
}
