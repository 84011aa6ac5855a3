import Foundation
import Testbed
import Testing

/// `register` and `retention`, as people and scripts run them.
@Suite("03 Records commands")
struct RecordsCommandTests {
  private let node: OwnData
  private static let organisation = "0203:komvux.kommun.example.se"
  private static let address = "sdk:sfi:0203:komvux.kommun.example.se"
  private static let mailbox = "\(organisation)/\(address)"

  init() throws { node = try OwnData() }

  @discardableResult
  private func run(_ arguments: String..., code: Int32 = 0) async throws -> CommandResult {
    let result = try await node.run(arguments)
    #expect(result.exitCode == code, "\(arguments.joined(separator: " ")): \(result.complaint)")
    return result
  }

  private func sent() async throws -> String {
    let sent = try await run(
      "send", "--from", Self.address, "--to",
      "0203:arbetsformedlingen.example.se/sdk:utbildning:0203:arbetsformedlingen.example.se", "--subject",
      "Kursstart", "--text", "Höstens kurser", "--reference", "dnr=KOM-2026/7", "--json")
    for name in ["anna", "bo"] {
      try await run("user", "add", name, "--name", name, "--organisation", Self.organisation)
    }
    try await run("user", "grant", "anna", "registrar", "--mailbox", Self.mailbox)
    return try #require(try sent.json()["id"] as? String)
  }

  @Test(
    "a message is registered with what it proposes, corrected for a reason, and shown to the public without secrets")
  func register() async throws {
    let id = try await sent()
    #expect(try await run("register", "figure", "--as", "anna").lines.last?.contains("  1  ") == true)
    let set = try await run(
      "register", "set", id, "--secret-matter", "--provision", "26 kap. 1 § OSL", "--as", "anna", "--json"
    ).json()
    #expect(set["dnr"] as? String == "KOM-2026/7" && set["matter"] as? String == "Kursstart")
    try await run("register", "set", id, "--matter", "Kurs", "--as", "anna", code: 1)
    try await run("register", "set", id, "--matter", "Kurs", "--version", "0", "--reason", "r", "--as", "anna", code: 1)
    let corrected = try await run(
      "register", "set", id, "--matter", "Kurs", "--reason", "tydligare", "--as", "anna", "--json"
    ).json()
    #expect(corrected["secretMatter"] as? Bool == true && corrected["secrecy"] != nil, "what is not given stays")
    let open = try await run("register", "list", "--public", "--as", "anna", "--json").output
    #expect(open.contains("KOM-2026/7") && !open.contains("Kurs") && !open.contains(id))
    #expect(try await run("register", "list", "--public", "--as", "anna").output.contains("(secret)"))
    #expect(try await run("register", "list", "--as", "bo").output == "No lines.\n")
    try await run("register", "withdraw", id, "--reason", "r", "--as", "bo", code: 1)
    try await run("register", "hand-over", id, "--system", "s", "--content", "00", "--as", "anna", code: 1)
    let trail = try await run("audit", "search").output
    #expect(trail.contains("as user anna") && !trail.contains("Kurs"))
  }

  @Test("without rules there is nothing to plan; a hold is set, listed and lifted by a registrar")
  func retention() async throws {
    let id = try await sent()
    #expect(try await run("retention", "plan", "--as", "anna", code: 1).complaint.contains("no rule of retention"))
    #expect(try await run("retention", "list").output == "There are no plans.\n")
    #expect(try await run("retention", "log").output == "Nothing has been culled.\n")
    try await run("retention", "run", "1", code: 1)
    try await run("retention", "approve", "1", "--digest", "000000000000", "--as", "anna", code: 1)
    try await run("retention", "hold", "set", "--mailbox", Self.mailbox, "--reason", "r", "--as", "anna", code: 2)
    let set = ["retention", "hold", "set", "--mailbox", Self.mailbox, "--message", id, "--reason", "tillsyn"]
    let refused = try await node.run(set + ["--as", "bo"])
    #expect(refused.exitCode == 1)
    let hold = try await node.run(set + ["--as", "anna", "--json"])
    #expect(try hold.json()["message"] as? String == id)
    #expect(try await run("register", "list", "--as", "anna").output.contains("held"))
    #expect(try await run("retention", "hold", "list", "--as", "bo").output == "There are no holds.\n")
    try await run("retention", "hold", "lift", "1", "--reason", "slut", "--as", "anna")
    #expect(try await run("retention", "hold", "list", "--as", "anna").output == "There are no holds.\n")
  }
}
