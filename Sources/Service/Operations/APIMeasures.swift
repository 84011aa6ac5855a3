import Hummingbird
import SDKRelay

extension MeasureFamily {
  static let apiRequests = MeasureFamily(
    "sdkrelay_api_requests_total", help: "Requests of case systems, by operation and answer.",
    labels: ["route", "method", "status"])
  static let apiTime = MeasureFamily(
    "sdkrelay_api_request_duration_seconds", help: "How long requests of case systems took.", labels: ["route"],
    buckets: [0.005, 0.01, 0.05, 0.1, 0.5, 1, 5, 30])
}

extension Measures {
  /// Takes down a request and its answer.
  func take(_ request: Request, _ response: Response, took duration: Duration) {
    let route = APIRoute.template(request.uri.path)
    let method = APIRoute.methods.contains(request.method) ? request.method.rawValue : "other"
    count(.apiRequests, route, method, "\(response.status.code)")
    time(.apiTime, route, took: duration)
  }
}

/// An operation's address without what varies in it.
enum APIRoute {
  static let methods: Set<HTTPRequest.Method> = [.get, .post, .put, .patch, .delete]

  /// The words of the interfaces' addresses. Everything else is an id, and may be somebody's.
  private static let words: Set<Substring> = [
    "v1", "sdk", "messages", "openapi.json", "oauth", "token", "relay", "principal", "mailboxes", "settings", "members",
    "grants", "events", "stream", "search", "status", "attachments", "receipts", "evidence", "handling", "steps",
    "seen",
    "notes", "conversations", "hand-over",
  ]

  /// The path with `{id}` instead of every word that is not the interface's own; `other` for what is none of its paths.
  static func template(_ path: String) -> String {
    let words = path.split(separator: "/").prefix(8)
    guard let first = words.first, Self.words.contains(first) else { return "other" }
    return "/" + words.map { Self.words.contains($0) ? String($0) : "{id}" }.joined(separator: "/")
  }
}
