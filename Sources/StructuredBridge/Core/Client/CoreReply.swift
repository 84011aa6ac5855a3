import AsyncHTTPClient
import Foundation
import NIOHTTP1

/// What came back, before its content is looked at.
struct CoreReply: Sendable {
  let head: CoreHead
  let body: [UInt8]
  private let contentType: String?
  private let retryAfter: String?

  init(_ response: HTTPClientResponse, _ body: [UInt8], tracking: UUID) {
    let headers = response.headers
    func number(_ name: String, _ range: ClosedRange<Int>) -> Int? {
      headers.first(name: name).flatMap(Int.init).flatMap { range.contains($0) ? $0 : nil }
    }
    var head = CoreHead(tracking: tracking, status: Int(response.status.code))
    head.responseTime = number(CoreNames.Header.responseTime, 0...86_400_000)
    head.confidentiality = number(CoreNames.Header.confidentiality, 1...4)
    head.correctness = number(CoreNames.Header.correctness, 1...4)
    head.availability = number(CoreNames.Header.availability, 1...4)
    head.traceability = number(CoreNames.Header.traceability, 1...4)
    self.head = head
    self.body = body
    contentType = headers.first(name: "Content-Type")
    retryAfter = headers.first(name: "Retry-After")
  }

  /// Why it is no success.
  func problem(hiding secret: CoreSecret, now: Date) -> CoreProblem? {
    if head.status == 200 || head.status == 201 {
      return isJSON ? nil : CoreProblem(.contentType, status: head.status)
    }
    var problem = CoreProblem(Self.kind(head.status), status: head.status)
    problem.form = CoreErrorForm(body, hiding: secret)
    problem.retryAfter = wait(now)
    return problem
  }

  private static func kind(_ status: Int) -> CoreProblem.Kind {
    switch status {
    case 401: .credentials
    case 403: .forbidden
    case 404: .notFound
    case 409: .conflict
    case 429: .busy
    case 500...: .failing
    default: .refused
    }
  }

  /// `application/json`, or a type built on it, in UTF-8.
  private var isJSON: Bool {
    let parts = (contentType ?? "").lowercased().split(separator: ";")
      .map { $0.trimmingCharacters(in: .whitespaces) }
    guard let type = parts.first,
      type == "application/json" || type.hasPrefix("application/") && type.hasSuffix("+json")
    else { return false }
    return parts.dropFirst().allSatisfy {
      !$0.hasPrefix("charset=") || $0.dropFirst(8).trimmingCharacters(in: ["\""]) == "utf-8"
    }
  }

  /// `Retry-After` in seconds or as a time of HTTP.
  private func wait(_ now: Date) -> Duration? {
    guard let retryAfter else { return nil }
    if let seconds = Int(retryAfter) { return (0...86_400).contains(seconds) ? .seconds(seconds) : nil }
    let formatter = DateFormatter()
    formatter.locale = Locale(identifier: "en_US_POSIX")
    formatter.timeZone = .gmt
    formatter.dateFormat = "EEE, dd MMM yyyy HH:mm:ss zzz"
    guard let date = formatter.date(from: retryAfter) else { return nil }
    return .seconds(min(max(date.timeIntervalSince(now), 0), 86_400))
  }
}
