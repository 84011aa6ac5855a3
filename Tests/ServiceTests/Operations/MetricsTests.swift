import Foundation
import Mailbox
import SDKRelay
import Testing

@testable import Service

@Suite("Metrics")
struct MetricsTests {
  @Test(
    "an operation's label never has what a caller wrote",
    arguments: [
      ("/v1/sdk/messages", "/v1/sdk/messages"), ("/v1/sdk/messages/191212121212", "/v1/sdk/messages/{id}"),
      ("/v1/sdk/messages/sdk:sfi:0203:x.example.se", "/v1/sdk/messages/{id}"), ("/oauth/token", "/oauth/token"),
      ("/v1/anna/messages", "/v1/{id}/messages"), ("/.env", "other"), ("/191212121212", "other"), ("", "other"),
    ])
  func routes(_ path: String, _ expected: String) {
    #expect(APIRoute.template(path) == expected)
  }

  @Test("W10 whatever callers do, there is a bounded number of series")
  func bounded() {
    let measures = Measures()
    for number in 0..<10_000 { measures.count(.apiRequests, "/v1/\(number)", "GET", "200") }
    let series = measures.all[.apiRequests] ?? [:]
    #expect(series.count == 201)
    #expect(series[["other", "other", "other"]]?.count == 9_800)
  }

  @Test("a histogram's buckets count what is within their bounds")
  func histogram() {
    let measures = Measures()
    for milliseconds in [1, 7, 70, 90_000] { measures.time(.apiTime, "/v1", took: .milliseconds(milliseconds)) }
    let lines = Self.metrics(measures).split(separator: "\n").filter { $0.hasPrefix(MeasureFamily.apiTime.name) }
    let name = MeasureFamily.apiTime.name
    #expect(lines.first == "\(name)_bucket{route=\"/v1\",le=\"0.005\"} 1")
    #expect(lines.contains("\(name)_bucket{route=\"/v1\",le=\"0.1\"} 3"))
    #expect(lines.contains("\(name)_bucket{route=\"/v1\",le=\"+Inf\"} 4"))
    #expect(lines.contains("\(name)_sum{route=\"/v1\"} 90.078") && lines.last == "\(name)_count{route=\"/v1\"} 4")
  }

  @Test("every family has its help and type once, and every line its form")
  func form() throws {
    let measures = Measures()
    measures.count(.as4Requests, "receipt")
    let text = Self.metrics(measures)
    let lines = text.split(separator: "\n", omittingEmptySubsequences: false).dropLast()
    let sample = /[a-zA-Z_:][a-zA-Z0-9_:]*(\{[a-z_]+="[^"\\\n]*"(,[a-z_]+="[^"\\\n]*")*\})? -?[0-9.e+-]+/
    for line in lines where !line.hasPrefix("#") { #expect(line.wholeMatch(of: sample) != nil, "\(line)") }
    let types = lines.filter { $0.hasPrefix("# TYPE ") }
    #expect(types.count == Set(types).count && types.count == lines.count { $0.hasPrefix("# HELP ") })
    #expect(text.hasSuffix("\n"))
  }

  @Test("values are escaped as the format asks")
  func escaped() {
    var out = PrometheusText()
    out.sample("a", [("b", "x\\\"\ny")], 0.5)
    #expect(out.text == "a{b=\"x\\\\\\\"\\ny\"} 0.5\n")
  }

  private static func metrics(_ measures: Measures) -> String {
    NodeMetrics(
      figures: nil, measures: measures.all, certificates: [], freeBytes: 1, reserve: 1, process: ProcessFigures(),
      now: .now
    ).text
  }
}
