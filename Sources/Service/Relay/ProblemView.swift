import Foundation
import Hummingbird
import NIOCore

/// An error as the node's own interface tells it (RFC 7807). Codes and places, never content.
struct ProblemView: Encodable {
  let type = "about:blank"
  let title: String
  let status: Int
  let detail: String
  let issues: [Issue]?

  struct Issue: Encodable {
    /// The field, by its names in the description.
    let place: String
    let reason: String
  }

  static let schema = Schema.object(
    .required("type", .text()), .required("title", .text()), .required("status", .integer(from: 400, to: 599)),
    .required("detail", .text()),
    .optional("issues", .list(.object(.required("place", .text()), .required("reason", .text())))))
}

extension Problem {
  static let nothing = Problem(
    status: .notFound, title: "Not Found", detail: "there is nothing such, or not for you")

  static func conflict(_ detail: String) -> Problem {
    Problem(status: .conflict, title: "Conflict", detail: detail)
  }

  static let usersOnly = Problem(status: .forbidden, title: "Forbidden", detail: "only users may do this")

  static let busy = Problem(
    status: .tooManyRequests, title: "Too Many Requests", detail: "too many at once; try again later",
    headers: [.retryAfter: "10"])

  /// The answer in the form of the node's own interface.
  func view() -> Response {
    let issues = issues.map { ProblemView.Issue(place: $0.in, reason: $0.title) }
    let view = ProblemView(
      title: title, status: status.code, detail: issues.isEmpty ? detail : "see the issues",
      issues: issues.isEmpty ? nil : issues)
    var response = Response.json(view, status: status)
    response.headers[.contentType] = "application/problem+json"
    response.headers[.xContentTypeOptions] = "nosniff"
    for header in headers { response.headers[header.name] = header.value }
    return response
  }
}
