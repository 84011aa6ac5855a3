import Foundation
import SDKRelay
import Testbed
import Testing

/// Commands on running nodes.
@Suite("03 Commands on nodes", .timeLimit(.minutes(3)))
struct NodeCommandTests {
  @Test("send, status, messages and ping work together, and every refusal is one sentence")
  func commands() async throws {
    let field = try KillField()
    try await field.start(0)
    try await field.start(1)
    let id = try await sends(field)
    try await answers(field, id)
    try await pings(field)
    try await refuses(field)
    try await isRejected(field)
  }

  private func config(_ field: KillField, _ index: Int) -> [String] {
    ["--config", field.federation.nodes[index].settings.path]
  }

  private func route(_ field: KillField, from index: Int) -> [String] {
    let (own, other) = (field.federation.nodes[index].organisation, field.federation.nodes[1 - index].organisation)
    return ["--from", own.mailboxes[1].address, "--to", "\(other.id)/\(other.mailboxes[1].address)"]
  }

  /// Text from standard input, an attachment, references and secrecy; followed until it is accepted.
  private func sends(_ field: KillField) async throws -> String {
    let attachment = try field.draft("Studieplan").attachments[0].file
    let arguments = ["--subject", "Kursstart", "--text-file", "-", "--attach", attachment.path, "--confidential"]
    let result = try await Sdkrelay.run(
      ["send"] + config(field, 0) + route(field, from: 0) + arguments
        + ["--reference", "dnr=KOM-2026/1", "--wait", "30", "--json"],
      input: "Kursen börjar **vecka 34**.\n")
    #expect(result.exitCode == 0, "\(result.complaint)")
    let sent = try result.json()
    #expect(sent["status"] as? String == "ACCEPTED")
    let id = try #require(sent["id"] as? String)

    let shown = try await Sdkrelay.run(["messages", "show", id, "--json"] + config(field, 1)).json()
    #expect(shown["confidential"] as? Bool == true)
    #expect(shown["texts"] as? [String] == ["Kursen börjar **vecka 34**.\n"])
    #expect((shown["references"] as? [[String: Any]])?.first?["value"] as? String == "KOM-2026/1")
    #expect((shown["files"] as? [[String: Any]])?.first?["name"] as? String == "Studieplan.pdf")
    return id
  }

  /// SDK-PAY-15: an answer goes on with the conversation and returns the sender's references.
  private func answers(_ field: KillField, _ id: String) async throws {
    let result = try await Sdkrelay.run(
      ["send"] + config(field, 1) + route(field, from: 1)
        + ["--subject", "Svar", "--text", "Tack.", "--reply-to", id, "--wait", "30", "--json"])
    #expect(result.exitCode == 0, "\(result.complaint)")
    let answer = try #require(try result.json()["id"] as? String)
    let shown = try await Sdkrelay.run(["messages", "show", answer, "--json"] + config(field, 0)).json()
    #expect(shown["conversationID"] as? String == id)
    #expect(shown["refToMessageID"] as? String == id)
    #expect((shown["returnedReferences"] as? [[String: Any]])?.first?["value"] as? String == "KOM-2026/1")
    let status = try await Sdkrelay.run(["status", answer, "--wait", "30"] + config(field, 0))
    #expect(status.lines.last?.contains("NEW") == true)
    #expect(status.exitCode == 0)
  }

  /// The sender reads why: the lines of the recipient's receipt, wherever the message is shown.
  private func isRejected(_ field: KillField) async throws {
    let picture = field.federation.folder.appending(path: "karta.png")
    try Data("png".utf8).write(to: picture)
    let sent = try await Sdkrelay.run(
      ["send"] + config(field, 0) + route(field, from: 0)
        + ["--subject", "Karta", "--attach", picture.path, "--wait", "30"])
    #expect(sent.exitCode == 1)
    #expect(sent.complaint == "sdkrelay: the message ended as REJECTED\n")
    let words = sent.lines.last?.split(separator: " ").map(String.init) ?? []
    #expect(words.prefix(2) == ["BV", "not-supported"])
    #expect(words.dropFirst(2).first?.hasSuffix("/ns:contentType") == true, "\(words)")

    let id = try #require(sent.lines.first?.split(separator: " ").last.map(String.init))
    for command in [["status", id], ["messages", "show", id]] {
      let shown = try await Sdkrelay.run(command + config(field, 0))
      #expect(shown.output.contains("  BV  not-supported  /"))
      let json = try await Sdkrelay.run(command + ["--json"] + config(field, 0)).json()
      let reasons = try #require(json["reasons"] as? [[String: Any]])
      #expect(reasons.map { $0["cause"] as? String } == ["BV"])
      #expect(reasons.first?["detail"] as? String == "not-supported")
      #expect((reasons.first?["lineID"] as? String)?.isEmpty == false)
      #expect((reasons.first?["reason"] as? String)?.contains("is not allowed") == true)
    }
    #expect(Set(try FileManager.default.contentsOfDirectory(atPath: field.incoming(0).path)).isEmpty)
  }

  private func pings(_ field: KillField) async throws {
    let other = field.federation.nodeB.organisation.id
    let result = try await Sdkrelay.run(["ping", other] + config(field, 0))
    #expect(result.output.hasPrefix("\(other) answered with a valid receipt after"))
    #expect(result.exitCode == 0)
    let unknown = try await Sdkrelay.run(["ping", "0203:nobody.example.se"] + config(field, 0))
    #expect(unknown.exitCode == 2)
  }

  private func refuses(_ field: KillField) async throws {
    let text = ["--subject", "Fel", "--text", "Hej"]
    let other = field.federation.nodeB.organisation
    let own = ["--from", field.federation.nodeA.organisation.mailboxes[0].address]
    let noMailbox = try await Sdkrelay.run(
      ["send"] + config(field, 0) + own + ["--to", "\(other.id)/sdk:nowhere"] + text)
    #expect(noMailbox.exitCode == 1)
    #expect(noMailbox.complaint.split(separator: "\n").count == 1)
    let noSender = try await Sdkrelay.run(
      ["send"] + config(field, 0) + ["--from", "sdk:nowhere", "--to", "\(other.id)/sdk:nowhere"] + text)
    #expect(noSender.exitCode == 1)
    let longSubject = try await Sdkrelay.run(
      ["send"] + config(field, 0) + route(field, from: 0)
        + ["--subject", String(repeating: "x", count: 257), "--text", "Hej"])
    #expect(longSubject.exitCode == 1)
    #expect(!longSubject.complaint.contains("xxx"))
    // SDK case 2.3.1: blocked before sending.
    let large = field.federation.folder.appending(path: "large.pdf")
    try Data(count: 32 << 20).write(to: large)
    let tooLarge = try await Sdkrelay.run(
      ["send"] + config(field, 0) + route(field, from: 0) + ["--subject", "Stor", "--attach", large.path])
    #expect(tooLarge.exitCode == 1)
    // One process at a time may run on a data folder.
    let second = try await Sdkrelay.run(["serve"] + config(field, 0))
    #expect(second.exitCode == 2)
    #expect(try field.messages("Fel", on: 0).isEmpty && field.messages("Stor", on: 0).isEmpty)
  }
}
