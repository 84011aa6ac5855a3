import Foundation
import Testbed
import Testing

/// `messages search`, as an operator runs it in a user's name.
@Suite("03 Search command")
struct SearchCommandTests {
  private let node: OwnData
  private static let organisation = "0203:komvux.kommun.example.se"
  private static let address = "sdk:sfi:0203:komvux.kommun.example.se"

  init() throws {
    node = try OwnData()
  }

  private func run(_ arguments: String..., input: String? = nil) async throws -> CommandResult {
    try await node.run(arguments, input: input)
  }

  @Test("W4 a search finds what the user may see, by pages, and the trail names both")
  func search() async throws {
    for number in 1...3 {
      let sent = try await run(
        "send", "--from", Self.address, "--to",
        "0203:arbetsformedlingen.example.se/sdk:utbildning:0203:arbetsformedlingen.example.se", "--subject",
        "Kursstart \(number)", "--text", "Höstens kurser", "--reference", "dnr=KOM-2026/\(number)")
      #expect(sent.exitCode == 0, "\(sent.complaint)")
    }
    for name in ["inne", "ute"] {
      _ = try await run("user", "add", name, "--name", name, "--organisation", Self.organisation)
    }
    _ = try await run("user", "grant", "inne", "caseworker", "--mailbox", "\(Self.organisation)/\(Self.address)")
    func search(_ arguments: String...) async throws -> [[String: Any]] {
      let result = try await Sdkrelay.run(["messages", "search"] + arguments + ["--json"] + node.config)
      #expect(result.exitCode == 0, "\(result.complaint)")
      return try #require(try JSONSerialization.jsonObject(with: Data(result.output.utf8)) as? [[String: Any]])
    }
    let page = try await search("höstens", "kurs", "--as", "inne", "--limit", "2")
    #expect(page.count == 2)
    let last = try #require(page.last?["number"] as? Int)
    #expect(try await search("kurser", "--as", "inne", "--before", "\(last)").count == 1)
    #expect(try await search("KOM-2026/2", "--as", "inne").count == 1)
    #expect(try await search("kurser", "--as", "inne", "--incoming").isEmpty)
    #expect(try await search("kurser", "--as", "ute").isEmpty)
    #expect(try await search("kurser", "--as", "nobody").isEmpty)
    #expect(try await search("\"", "OR", "(", "--as", "inne").isEmpty)
    #expect(try await run("messages", "search", "kurser").exitCode == 2)
    let trail = try await run("audit", "search").output
    #expect(
      trail.contains("as user inne") && trail.contains("as user nobody") && !trail.lowercased().contains("kurser"))
  }
}
