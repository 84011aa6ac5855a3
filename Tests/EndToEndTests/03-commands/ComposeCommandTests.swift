import Foundation
import Testbed
import Testing

@testable import SDKRelay

/// `messages draft`, `reply`, `supplement`, `forward`, `failed` and `done`, as an operator runs them in a user's name.
@Suite("03 Commands for writing")
struct ComposeCommandTests {
  private let node: OwnData
  private static let organisation = "0203:komvux.kommun.example.se"
  private static let mailbox = "\(organisation)/sdk:sfi:0203:komvux.kommun.example.se"
  private static let other = "0203:arbetsformedlingen.example.se"
  private static let recipients = [
    "\(other)/sdk:utbildning:\(other)", "\(other)/sdk:etablering:\(other)",
  ]

  init() throws { node = try OwnData() }

  private func enrol() async throws {
    _ = try await node.run(["user", "add", "u1", "--name", "Handläggare", "--organisation", Self.organisation])
    let granted = try await node.run(["user", "grant", "u1", "caseworker", "--mailbox", Self.mailbox])
    #expect(granted.exitCode == 0, "\(granted.complaint)")
  }

  private func run(_ arguments: String..., dyingAt point: String? = nil) async throws -> CommandResult {
    try await Sdkrelay.run(
      ["messages"] + arguments + ["--as", "u1"] + node.config,
      environment: point.map { ["SDKRELAY_KILL": $0] } ?? [:])
  }

  private func list(_ result: CommandResult) throws -> [[String: Any]] {
    try #require(try JSONSerialization.jsonObject(with: Data(result.output.utf8)) as? [[String: Any]])
  }

  private func sent(_ subject: String) throws -> [StoredMessage] {
    try Relay.open(NodeSettings(file: URL(filePath: node.config[1])))
      .messages(MessageFilter(direction: .outgoing)).filter { $0.subject == subject }
  }

  private func pdf(_ name: String) throws -> String { try node.folder.file(name, "%PDF-1.7 prov").path }

  @Test("a draft is written, changed, sent once to each recipient, and gone; what is sent is added to and passed on")
  func life() async throws {
    try await enrol()
    let new = try await run(
      "draft", "new", "--from", Self.mailbox, "--to", Self.recipients[0], "--subject", "Kurs", "--text", "Hej",
      "--attach", try pdf("plan.pdf"), "--json")
    #expect(new.exitCode == 0, "\(new.complaint)")
    let id = try #require(try new.json()["id"] as? String)
    let changed = try await run(
      "draft", "change", id, "--subject", "Kursstart", "--to", Self.recipients[0], "--to", Self.recipients[1])
    #expect(changed.exitCode == 0 && changed.output.contains("Kursstart"), "\(changed.complaint)")
    #expect(try list(try await run("draft", "list", "--json")).map { $0["id"] as? String } == [id])
    _ = try await run("draft", "attach", id, try pdf("mer.pdf"))
    #expect(try await run("draft", "attach", id, "--remove", "1").output.contains("mer.pdf"))
    #expect(try await run("draft", "show", id).output.contains("Hej"))
    #expect(try await run("draft", "show", MessageID.new().value).exitCode == 1)
    let first = try await run("draft", "send", id, "--json")
    #expect(first.exitCode == 0, "\(first.complaint)")
    #expect(try list(first).map { $0["status"] as? String } == ["SCHEDULED", "SCHEDULED"])
    #expect(try await run("draft", "send", id).exitCode == 1)
    #expect(try sent("Kursstart").count == 2)

    let more = try await run("supplement", id, "--text", "Mer", "--subject", "Mer")
    #expect(more.exitCode == 0, "\(more.complaint)")
    #expect(try sent("Mer").map(\.refToMessageID) == [MessageID(id)])
    let forward = try await run(
      "forward", id, "--to", Self.recipients[1], "--without-texts", "--subject", "Vidare", "--draft", "--json")
    #expect(forward.exitCode == 0, "\(forward.complaint)")
    #expect((try forward.json()["files"] as? [[String: Any]])?.map { $0["name"] as? String } == ["mer.pdf"])
    let kept = try #require(try forward.json()["id"] as? String)
    #expect(try await run("draft", "discard", kept).exitCode == 0)
    #expect(try await run("reply", id, "--text", "Svar").exitCode == 1)
    #expect(try await run("draft", "list").lines == ["No drafts."])
    let wrong = try await run("forward", id, "--to", "\(Self.other)/sdk:finns-inte", "--subject", "Fel")
    #expect(wrong.exitCode == 1 && wrong.complaint.contains("no mailbox"), "\(wrong.complaint)")
    #expect(try await run("draft", "list").lines == ["No drafts."], "what could not be sent leaves nothing")
    #expect(try await run("failed").lines == ["No failed deliveries."])
    #expect(try await run("done", id).exitCode == 1)
    let trail = try await node.run(["audit", "search"]).output
    #expect(trail.contains("as user u1") && !trail.contains("Kursstart") && !trail.contains("plan.pdf"))
  }

  @Test(
    "Q9: a process killed while it sends a draft loses no message and sends none twice",
    arguments: ["synced:1", "synced:2", "rowCommitted:1", "rowCommitted:2", "beforeReply:1"])
  func killed(_ point: String) async throws {
    try await enrol()
    let subject = "Utskick \(point)"
    let new = try await run(
      "draft", "new", "--from", Self.mailbox, "--to", Self.recipients[0], "--to", Self.recipients[1], "--subject",
      subject, "--text", "Hej", "--attach", try pdf("plan.pdf"), "--json")
    let id = try #require(try new.json()["id"] as? String)
    let died = try await run("draft", "send", id, dyingAt: point)
    #expect(died.exitCode == 128 + SIGKILL, "\(point) was not passed")
    let stored = ["synced:1": 0, "synced:2": 1, "rowCommitted:1": 1, "rowCommitted:2": 2, "beforeReply:1": 1]
    #expect(try sent(subject).count == stored[point])
    let again = try await run("draft", "send", id)
    #expect(again.exitCode == (point == "rowCommitted:2" ? 1 : 0), "\(again.complaint)")
    let messages = try sent(subject)
    #expect(Set(messages.map { $0.recipient.mailbox?.value }).count == 2 && messages.count == 2)
    #expect(messages.allSatisfy { $0.conversationID == MessageID(id) && $0.content.files.count == 1 })
    #expect(try await run("draft", "list").lines == ["No drafts."])
  }
}
