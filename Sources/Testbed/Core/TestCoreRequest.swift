import Foundation
package import NIOHTTP1
import SDKRelay
package import StructuredBridge

/// A request as a test core got it.
package struct TestCoreRequest: Sendable {
  let method: String
  package let operation: CoreOperation?
  package let query: [String: String]
  package let headers: HTTPHeaders
  let body: JSONValue?

  init(_ head: HTTPRequestHead, _ bytes: [UInt8]) {
    method = head.method.rawValue
    let parts = URLComponents(string: head.uri)
    let path = parts?.path ?? ""
    let name = method
    operation = CoreOperation.allCases.first { operation in
      operation.method == name && path.hasSuffix("/\(CoreNames.version)\(operation.path)")
    }
    query = (parts?.queryItems ?? []).reduce(into: [:]) { $0[$1.name] = $1.value }
    headers = head.headers
    body = try? JSONDecoder().decode(JSONValue.self, from: Data(bytes))
  }

  package func header(_ name: String) -> String? { headers.first(name: name) }
}

/// What a test core answers.
struct TestCoreAnswer: Sendable {
  var status: Int
  var headers: [(String, String)] = []
  var body: [UInt8]
  var delay: Duration?
  /// Ends the connection after so many bytes of the body.
  var cut: Int?

  init(_ status: Int, _ body: JSONValue) {
    self.status = status
    let bytes = try? JSONEncoder.stable().encode(body)
    self.body = [UInt8](bytes ?? Data())
    headers = [("Content-Type", "application/json")]
  }
}
