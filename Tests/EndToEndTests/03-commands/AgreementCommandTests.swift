import Foundation
import Testbed
import Testing

@testable import SDKRelay

/// Agreements on the command line, and two nodes that keep to one.
@Suite("03 Agreements", .timeLimit(.minutes(3)))
struct AgreementCommandTests {
  private static let examples = Package.root.appending(path: "config/agreements").path

  @Test("check, show and diff answer for people and for scripts")
  func commands() async throws {
    let checked = try await Sdkrelay.run("agreement", "check", Self.examples)
    #expect(checked.exitCode == 0, "\(checked.complaint)")
    #expect(checked.lines.count == 3)
    let shown = try await Sdkrelay.run(
      "agreement", "show", "komvux-arbetsformedlingen", "--version", "1", "--folder", Self.examples)
    #expect(shown.exitCode == 0, "\(shown.complaint)")
    #expect(shown.output.contains("In force     2026-03-01 – 2026-08-31"))
    #expect(shown.output.contains("application, admission, other"))
    let unknown = try await Sdkrelay.run("agreement", "show", "sfi", "--folder", Self.examples)
    #expect(unknown.complaint == "sdkrelay: no agreement sfi: there are komvux-arbetsformedlingen, sfi-etablering\n")
    #expect(unknown.exitCode == 1)
    let files = ["1", "2"].map { "\(Self.examples)/komvux-arbetsformedlingen.\($0).yaml" }
    let difference = try await Sdkrelay.run(["agreement", "diff"] + files)
    #expect(difference.exitCode == 0, "\(difference.complaint)")
    #expect(difference.lines.contains("~ fileTypes: application/pdf → application/pdf, image/jpeg, image/png"))
    #expect(
      difference.lines.contains(
        "+ 0203:komvux.kommun.example.se/sdk:sfi:0203:komvux.kommun.example.se: Svenska för invandrare"))
    let json = try await Sdkrelay.run(["agreement", "diff", "--json"] + files).json()
    #expect((json["changes"] as? [[String: Any]])?.isEmpty == false)
  }

  @Test("a wrong file is a verdict with one line a problem and exit code 1, a missing one could not be read")
  func wrong() async throws {
    let folder = try TemporaryFolder()
    let right = try String(contentsOfFile: "\(Self.examples)/sfi-etablering.yaml", encoding: .utf8)
    _ = try folder.file("one.yaml", right.replacing("date: 2026-03-17", with: "date: 2026-03-32"))
    _ = try folder.file("two.yaml", right.replacing("id: sfi", with: "idd: sfi"))
    let checked = try await Sdkrelay.run("agreement", "check", folder.url.path)
    #expect(checked.exitCode == 1)
    #expect(checked.complaint == "sdkrelay: 2 problems\n")
    #expect(
      checked.lines.first == "\(folder.url.path)/one.yaml:5: date: must be a day such as 2026-03-01, not “2026-03-32”")
    #expect(checked.lines.last?.contains("two.yaml:3: idd: unknown key") == true)
    let json = try await Sdkrelay.run("agreement", "check", folder.url.path, "--json").json()
    #expect(json["valid"] as? Bool == false)
    #expect((json["problems"] as? [[String: Any]])?.first?["line"] as? Int == 5)
    #expect(try await Sdkrelay.run("agreement", "check", "/no/such.yaml").exitCode == 2)
  }

  @Test("send keeps to the agreement, both sides remember its version, and a running node takes a new one")
  func sending() async throws {
    let folder = try TemporaryFolder()
    let field = try KillField(furtherSettings: "agreements: \(folder.url.path)\n")
    func place(_ kinds: String) throws {
      try Data(Self.agreement(field.federation, kinds).utf8)
        .write(to: folder.url.appending(path: "ours.yaml"), options: .atomic)
    }
    try place("application")
    try await field.start(0)
    try await field.start(1)
    let (own, other) = (field.federation.nodeA.organisation, field.federation.nodeB.organisation)
    func send(_ more: String..., from index: Int = 0) async throws -> CommandResult {
      try await Sdkrelay.run(
        [
          "send", "--config", field.federation.nodeA.settings.path, "--from", own.mailboxes[index].address,
          "--to", "\(other.id)/\(other.mailboxes[0].address)", "--subject", "Kurs", "--text", "Hej", "--json",
        ] + more)
    }

    let refused = try await send()
    #expect(refused.exitCode == 1)
    #expect(
      refused.complaint == """
        sdkrelay: by the agreement ours (version 1) \(own.mailboxes[0].address) writes to \(other.mailboxes[0].address) \
        about application, and not about other\n
        """)
    #expect(try await send(from: 1).complaint.contains("has no mailbox \(own.mailboxes[1].address) of \(own.id)"))
    #expect(try field.relays[0].messages().isEmpty)

    let sent = try await send("--kind", "application", "--wait", "30")
    #expect(sent.exitCode == 0, "\(sent.complaint)")
    let id = try #require(try sent.json()["id"] as? String)
    for (node, kind) in zip(field.federation.nodes, ["application", nil]) {
      let shown = try await Sdkrelay.run("messages", "show", id, "--json", "--config", node.settings.path).json()
      let agreement = try #require(shown["agreement"] as? [String: Any])
      #expect(agreement["id"] as? String == "ours")
      #expect(agreement["version"] as? Int == 1)
      #expect(agreement["kind"] as? String == kind)
    }

    try place("nothing")
    let broken = try await send("--kind", "application")
    #expect(broken.exitCode == 2)
    #expect(broken.complaint.contains("ours.yaml:40: routes[0].kinds[0]: must be one of"), "\(broken.complaint)")
    try await isTold(field, "the agreements are refused, and the present ones stay")
    try place("other")
    try await isTold(field, "the agreements have been taken anew: 1 versions")
    #expect(try await send().exitCode == 0)
  }

  /// The running nodes write into their event lists what has become of the agreements.
  private func isTold(_ field: KillField, _ text: String) async throws {
    for relay in field.relays {
      for _ in 0..<100 where try !relay.events(after: 0, limit: 1_000).contains(where: { $0.text.hasPrefix(text) }) {
        try await Task.sleep(for: .milliseconds(100))
      }
      #expect(try relay.events(after: 0, limit: 1_000).contains { $0.text.hasPrefix(text) })
    }
  }

  /// The first mailboxes of both write to each other.
  private static func agreement(_ federation: TestFederation, _ kinds: String) -> String {
    let organisations = federation.nodes.map(\.organisation)
    let boxes = organisations.map(\.mailboxes[0].address)
    let parties = organisations.map { organisation in
      """
        - participant: \(organisation.id)
          name: \(organisation.label)
          administrator:
            name: Samverkan
            contact: samverkan@kommun.example.se
          mailboxes:
            - address: \(organisation.mailboxes[0].address)
              name: \(organisation.mailboxes[0].label)
              purpose: Utbildning
              hours: vardagar 8–16
              contact: inkorg@kommun.example.se

      """
    }.joined()
    return """
      id: ours
      version: 1
      date: 2020-01-01
      title: Utbyte
      validity:
        from: 2020-01-01
      legalBasis: [1 a § lagen (2000:625)]
      fileTypes: [application/pdf]
      maximumSize: 20 MB
      answerWithinWorkingDays: 5
      retention:
        days: 730
        rule: Två år
      parties:
      \(parties)routes:
        - from: \(boxes[0])
          to: \(boxes[1])
          kinds: [\(kinds)]

      """
  }
}
