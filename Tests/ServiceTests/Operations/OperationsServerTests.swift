import AsyncHTTPClient
import Foundation
import Logging
import NIOHTTP1
import SDKRelay
import Testing

@testable import Mailbox
@testable import Service

@Suite("Operations listener", .serialized, .timeLimit(.minutes(1)))
struct OperationsServerTests {
  private func with(_ kit: ServiceKit, _ body: (String) async throws -> Void) async throws {
    let section = try SettingsFile.parse("port: 0", file: "node.yaml", folder: URL(filePath: "/"))
    var logger = Logger(label: "test")
    logger.logLevel = .critical
    let (ports, told) = AsyncStream.makeStream(of: Int.self)
    let server = OperationsServer(
      try OperationsSettings(section), mailbox: kit.nodes[0].service, service: nil, logger: logger
    ) { told.yield($0) }
    let running = Task { try await server.run() }
    defer { running.cancel() }
    for await port in ports {
      try await body("http://127.0.0.1:\(port)")
      break
    }
  }

  private func get(_ address: String) async throws -> (status: Int, text: String, took: Duration) {
    let start = ContinuousClock.now
    let answer = try await OwnQuestion.get(address, within: .seconds(20))
    return (answer.status, String(decoding: answer.body, as: UTF8.self), .now - start)
  }

  private func checks(_ text: String) throws -> [String: String] {
    let report = try JSONDecoder().decode(HealthReport.self, from: Data(text.utf8))
    return Dictionary(uniqueKeysWithValues: report.checks.map { ($0.name, $0.status.rawValue) })
  }

  @Test("a running node is live and ready, tells its work, and answers within its bound while the database is busy")
  func running() async throws {
    try await ServiceKit.with { kit in
      try await with(kit) { address in
        try await expectWork(kit, address)
        try await expectAnswersWhileBusy(kit, address)
      }
    }
  }

  private func expectWork(_ kit: ServiceKit, _ address: String) async throws {
    #expect(try await get(address + "/health/live").text == "{\"status\":\"ok\"}")
    let ready = try await get(address + "/health/ready")
    #expect(ready.status == 200, "\(ready.text)")
    #expect(try checks(ready.text)["workers"] == "ok")
    #expect(try await get(address + "/").status == 404)
    #expect(try await get(address + "/v1/sdk/messages").status == 404)

    let token = try await kit.token()
    let sent = try await kit.request("POST", "/v1/sdk/messages", token: token, body: kit.creation())
    #expect(sent.status == 201)
    _ = try await kit.request("GET", "/v1/sdk/messages/191212121212", token: token)
    _ = try await kit.listed("", at: 1, token: kit.token(at: 1))
    // The sender's transfer ends a moment after the recipient has the message.
    var metrics = ""
    for _ in 0..<100 where !metrics.contains("transfer_attempts_total{outcome=\"acknowledged\"}") {
      metrics = try await get(address + "/metrics").text
      try await Task.sleep(for: .milliseconds(50))
    }
    for line in [
      "sdkrelay_api_requests_total{route=\"/v1/sdk/messages\",method=\"POST\",status=\"201\"} 1",
      "sdkrelay_api_requests_total{route=\"/v1/sdk/messages/{id}\",method=\"GET\",status=\"404\"} 1",
      "sdkrelay_messages{direction=\"out\",status=",
      "sdkrelay_transfer_attempts_total{outcome=\"acknowledged\"} 1",
      "sdkrelay_certificate_expiry_days{certificate=",
      "process_open_fds ", "sdkrelay_audit_entries ",
    ] { #expect(metrics.contains("\n" + line), "\(line)") }
    #expect(!metrics.contains("1912") && !metrics.contains("0203") && !metrics.contains("example"))
  }

  private func expectAnswersWhileBusy(_ kit: ServiceKit, _ address: String) async throws {
    let relay = kit.nodes[0].service.relay
    let blocker = Task { try await relay.write { _ in Thread.sleep(forTimeInterval: 3) } }
    try await Task.sleep(for: .milliseconds(100))
    let live = try await get(address + "/health/live")
    #expect(live.status == 200 && live.took < .seconds(1))
    let ready = try await get(address + "/health/ready")
    #expect(ready.status == 503 && ready.took < .seconds(4))
    #expect(try checks(ready.text)["database"] == "fail")
    let metrics = try await get(address + "/metrics")
    #expect(metrics.status == 200 && metrics.took < .seconds(4) && metrics.text.contains("sdkrelay_audit_entries"))
    try await blocker.value
    #expect(try await get(address + "/health/ready").status == 200)
  }

  @Test("work that hangs is begun once, and whoever waits is let go")
  func bounded() async throws {
    let (begun, tell) = AsyncStream.makeStream(of: Int.self)
    let work = Bounded<Int> {
      tell.yield(1)
      try await Task.sleep(for: .milliseconds(300))
      return 7
    }
    async let first = work.result(within: .milliseconds(20))
    async let second = work.result(within: .seconds(5))
    #expect(await first == nil)
    #expect(try await second?.get() == 7)
    tell.finish()
    var count = 0
    for await one in begun { count += one }
    #expect(count == 1)
  }
}
