import Foundation
import Hummingbird
import NIOCore
import SDKRelay

/// An error as the interface tells it: RFC 7807 with the federation's lengths (SDK digest §7). Sentences are for people
/// and hold no content.
struct Problem: Error {
  var status: HTTPResponse.Status
  var title: String
  var detail: String
  /// What it is about, such as a message id.
  var instance: String?
  var issues: [Issue] = []
  var headers: HTTPFields = [:]

  /// One thing that is wrong, and where.
  struct Issue: Encodable {
    var typeCode: String
    var title: String
    var detail: String
    var `in`: String
    var dateTime: String?
  }

  static func badRequest(_ detail: String, issues: [Issue] = [], instance: String? = nil) -> Problem {
    Problem(status: .badRequest, title: "Bad Request", detail: detail, instance: instance, issues: issues)
  }

  /// One field that is wrong.
  static func wrong(_ field: String, _ reason: String) -> Problem {
    badRequest(
      "MESSAGE_EXCHANGE_ERROR",
      issues: [Issue(typeCode: "MESSAGE_EXCHANGE_ERROR", title: reason, detail: "NA", in: field)])
  }

  static let notFound = Problem(status: .notFound, title: "Not Found", detail: "there is no such message")

  /// - Parameter error: OAuth's word for it (RFC 6750, section 3.1); nil where no token was given.
  static func unauthorized(_ error: String? = nil) -> Problem {
    let challenge = error.map { "Bearer error=\"\($0)\"" } ?? "Bearer"
    return Problem(
      status: .unauthorized, title: "Unauthorized", detail: "a valid access token for this is needed",
      headers: [.wwwAuthenticate: challenge])
  }

  static func unavailable(_ detail: String) -> Problem {
    Problem(
      status: .serviceUnavailable, title: "Service Unavailable", detail: detail, headers: [.retryAfter: "30"])
  }
}

extension Problem {
  private struct Body: Encodable {
    let type: String
    let title: String
    let status: Int
    let detail: String
    let instance: String?
    let eventIssues: [Issue]?
  }

  func response() -> Response {
    let issues = issues.prefix(100).map { issue in
      Issue(
        typeCode: issue.typeCode, title: issue.title.limited(to: 120), detail: issue.detail.limited(to: 128),
        in: issue.in.limited(to: 2_048), dateTime: issue.dateTime)
    }
    let body = Body(
      type: "urn:problem-type:sdk:badRequest", title: title.limited(to: 120), status: status.code,
      detail: detail.limited(to: 128), instance: instance?.limited(to: 2_048),
      eventIssues: issues.isEmpty ? nil : issues)
    var response = Response.json(body, status: status)
    response.headers.append(contentsOf: headers)
    return response
  }
}

extension Response {
  /// The published description names `application/json` for every body, problems included.
  static func json(_ value: some Encodable, status: HTTPResponse.Status = .ok) -> Response {
    let encoder = JSONEncoder.stable()
    encoder.dateEncodingStrategy = .custom { try APITime.text($0).encode(to: $1) }
    guard let data = try? encoder.encode(value) else { return Response(status: .internalServerError) }
    return Response(
      status: status, headers: [.contentType: "application/json", .cacheControl: "no-store"],
      body: ResponseBody(byteBuffer: ByteBuffer(bytes: data)))
  }
}

extension String {
  /// At most so many characters as the federation counts them: Unicode scalars.
  func limited(to count: Int) -> String {
    unicodeScalars.count <= count ? self : String(String.UnicodeScalarView(unicodeScalars.prefix(count - 1))) + "…"
  }
}
