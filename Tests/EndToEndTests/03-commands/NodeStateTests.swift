import Foundation
import Testbed
import Testing

@testable import SDKRelay

/// What an operator sees of a node and does about it, on a node that does not run and on one that does.
@Suite("03 The node's state", .timeLimit(.minutes(2)))
struct NodeStateTests {
  private func run(_ arguments: String..., on field: KillField) async throws -> CommandResult {
    try await Sdkrelay.run(arguments + ["--config", field.federation.nodeA.settings.path])
  }

  @Test("status without an id tells whether the node runs, what waits for whom and why, alarms and the disk's room")
  func state() async throws {
    let field = try KillField()
    let (own, other) = (field.federation.nodeA.organisation.id, field.federation.nodeB.organisation.id)
    _ = try await field.relays[0].submit(field.draft("waits"))
    let still = try await run("status", "--json", on: field).json()
    #expect(still["running"] as? Bool == false)
    #expect(still["participants"] as? [String] == [own])
    #expect((still["messages"] as? [String: Int])?["SCHEDULED"] == 1)
    #expect(((still["disk"] as? [String: Any])?["free"] as? Int ?? 0) > 0)

    // Nobody listens at the other organisation's access point.
    try await field.start(0)
    var waiting: [String: Any] = [:]
    for _ in 0..<100 where waiting["problem"] == nil {
      let state = try await run("status", "--json", on: field).json()
      #expect(state["running"] as? Bool == true)
      waiting = (state["toSend"] as? [[String: Any]])?.first ?? [:]
    }
    #expect(waiting["organisation"] as? String == other)
    #expect(waiting["count"] as? Int == 1)
    #expect((waiting["problem"] as? String)?.contains("attempt 1 failed") == true, "\(waiting)")
    try await field.stop(0)

    try await field.relays[0].store.write { db in
      try EventLog.add(NewEvent(text: "look\u{9b} here", isAlarm: true), at: Date(), in: db)
    }
    let text = try await run("status", on: field)
    #expect(text.exitCode == 0)
    for words in ["does not run", "Waiting to be sent", "attempt 1 failed", "look\\u{9b} here", "free; nothing new"] {
      #expect(text.output.contains(words), "\(words)")
    }
  }

  @Test("what is set aside is listed, and released or dismissed by its number, also while the node runs")
  func aside() async throws {
    let field = try KillField()
    let relay = field.relays[0]
    #expect(try await run("aside", on: field).output == "Nothing is set aside.\n")
    _ = try await relay.submit(field.draft("aside"))
    try await relay.store.write { db in
      let lane = try #require(try JobQueue.lanes(in: db).first?.lane)
      let job = try #require(try JobQueue.claim(lane: lane, by: "test", now: Date(), in: db))
      try JobQueue.setAside(job, reason: "broken\u{9b}", now: Date(), in: db)
    }
    try await field.start(0)
    let listed = try await run("aside", "list", on: field)
    #expect(listed.output.contains("broken\\u{9b}"))
    let number = try #require(listed.lines.last?.split(separator: " ").first.map(String.init))

    let ended = try await run("aside", "release", number, on: field)
    #expect(ended.exitCode == 1)
    #expect(ended.complaint.contains("cannot go on"))
    #expect(try relay.setAsideItems().count == 1, "refused is not forgotten")
    let unknown = try await run("aside", "release", "4711", on: field)
    #expect(unknown.exitCode == 1)
    #expect(unknown.complaint == "sdkrelay: nothing is set aside under the number 4711\n")
    let dismissed = try await run("aside", "dismiss", number, on: field)
    #expect(dismissed.output == "\(number) dismissed\n")
    #expect(try relay.setAsideItems().isEmpty)
    #expect(try relay.events(after: 0).contains { $0.text.hasPrefix("dismissed by hand: number \(number)") })
    try await field.stop(0)
  }
}
