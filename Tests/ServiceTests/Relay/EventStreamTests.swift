import Foundation
import Hummingbird
import Synchronization
import Testing

@testable import Mailbox
@testable import SDKRelay
@testable import Service

@Suite("Event streams")
struct EventStreamTests {
  private static let quick = EventPace(
    heartbeat: .milliseconds(300), recheck: .milliseconds(100), patience: .seconds(30))

  /// A stream that is being read.
  private final class Reading: Sendable {
    let writer = CollectingWriter()
    private let task: Task<Void, any Error>

    init(_ response: Response) {
      let body = response.body
      task = Task { [writer] in try await body.write(writer) }
    }

    func expect(_ text: String, within time: Duration = .seconds(8)) async throws -> Bool {
      let end = ContinuousClock.now + time
      while ContinuousClock.now < end {
        if writer.text.contains(text) { return true }
        try await Task.sleep(for: .milliseconds(20))
      }
      return writer.text.contains(text)
    }

    /// Waits until it has ended by itself.
    func end() async { _ = await task.result }
    func leave() { task.cancel() }
  }

  private func open(_ kit: RelayKit, _ token: String, _ path: String = "?after=now", last: String? = nil) async throws
    -> Reading
  {
    let response = try await kit.response(
      "GET", "/relay/v1/events/stream\(path)", token: token, headers: last.map { ["Last-Event-ID": $0] } ?? [:])
    #expect(response.status == .ok && response.headers[.contentType] == "text/event-stream")
    return Reading(response)
  }

  @Test("a stream gives what happens, with signs of life, and goes on from the last id") func follows() async throws {
    let kit = try await RelayKit(pace: Self.quick)
    let token = try await kit.user("u1")
    let stream = try await open(kit, token)
    #expect(try await stream.expect("retry:"))
    let (first, hidden) = (try await kit.put(), try await kit.put { $0.mailbox = RelayKit.neighbour })
    #expect(try await stream.expect(first.id.value))
    #expect(try await stream.expect("\n: \nid: "))
    stream.leave()
    await stream.end()
    let ids = stream.writer.text.matches(of: /id: (\S+)/).map { String($0.1) }
    #expect(Set(ids).count == ids.count)
    let second = try await kit.put()
    let again = try await open(kit, token, "", last: ids.last)
    #expect(try await again.expect(second.id.value))
    #expect(!again.writer.text.contains(first.id.value))
    #expect(!stream.writer.text.contains(hidden.id.value) && !again.writer.text.contains(hidden.id.value))
    again.leave()
    await again.end()
    #expect(again.writer.text.hasSuffix("event: end\ndata: {\"reason\":\"node\"}\n\n"))
  }

  @Test("W4: a grant that ends in the middle ends an open stream, and the next answer, with a token that still holds")
  func revokedGrant() async throws {
    let kit = try await RelayKit(pace: Self.quick)
    let token = try await kit.user("u1")
    let message = try await kit.put()
    let stream = try await open(kit, token)
    #expect(try await stream.expect("retry:"))
    let path = "/relay/v1/messages/\(message.id.value)"
    #expect(try await kit.ask("GET", path, token: token).status == 200)
    try await kit.service.endGrant(1, by: .operator("test"))
    #expect(try await kit.ask("GET", path, token: token).status == 404)
    let hidden = try await kit.put()
    await stream.end()
    #expect(stream.writer.text.hasSuffix("event: end\ndata: {\"reason\":\"grant\"}\n\n"))
    #expect(!stream.writer.text.contains(hidden.id.value))
    #expect(try await kit.ask("GET", "/relay/v1/events", token: token).list("events").isEmpty)
  }

  @Test("W4: the grant for protected persons that ends in the middle silences them, and a mark hides what it marks")
  func revokedProtection() async throws {
    let kit = try await RelayKit(pace: Self.quick)
    let token = try await kit.user("u1", [.role(.caseworker), .protectedPersons])
    let stream = try await open(kit, token)
    let seen = try await kit.put { $0.isProtected = true }
    #expect(try await stream.expect(seen.id.value))
    let grant = try #require(try kit.service.grants(for: .operator("test")).first { $0.kind == .protectedPersons })
    try await kit.service.endGrant(grant.number, by: .operator("test"))
    let hidden = try await kit.put { $0.isProtected = true }
    let open = try await kit.put()
    #expect(try await stream.expect(open.id.value))
    #expect(!stream.writer.text.contains(hidden.id.value))
    stream.leave()
  }

  @Test("a stream ends with its user, its client, and its token's time") func ends() async throws {
    let kit = try await RelayKit(pace: Self.quick)
    let user = try await open(kit, try await kit.user("u1"))
    let client = try await open(kit, try await kit.client("case-system"))
    let short = try await kit.responder.relay.authority.token(
      for: UserID("u1"), at: .now.addingTimeInterval(1.6 - 600))
    // A token that began before its secret would not count.
    let brief = try await open(kit, short)
    #expect(try await user.expect("retry:"))
    await brief.end()
    #expect(brief.writer.text.hasSuffix("{\"reason\":\"token\"}\n\n"))
    try await kit.service.endUser(UserID("u1"), by: .operator("test"))
    try await kit.service.revokeClient(ClientID("case-system"), by: .operator("test"))
    for stream in [user, client] {
      await stream.end()
      #expect(stream.writer.text.hasSuffix("{\"reason\":\"token\"}\n\n"))
    }
  }

  @Test("streams and waits are bounded for each principal, and a place is given back") func bounded() async throws {
    let kit = try await RelayKit(pace: Self.quick)
    let (token, other) = (try await kit.user("u1"), try await kit.user("u2"))
    var streams: [Reading] = []
    for _ in 0..<8 { streams.append(try await open(kit, token)) }
    let full = try await kit.ask("GET", "/relay/v1/events/stream", token: token)
    #expect(full.status == 429 && full.headers["retry-after"] != nil)
    #expect(try await kit.ask("GET", "/relay/v1/events?wait=1", token: token).status == 429)
    #expect(try await kit.ask("GET", "/relay/v1/events", token: token).status == 200)
    streams.append(try await open(kit, other))
    for stream in streams { stream.leave() }
    for stream in streams { await stream.end() }
    streams = []
    let end = ContinuousClock.now + .seconds(5)
    var status = 429
    while status == 429, .now < end {
      status = try await kit.ask("GET", "/relay/v1/events?wait=1", token: token).status
    }
    #expect(status == 200)
  }
}
