import Foundation
import Testbed
import Testing

/// A mailbox's settings, as its administrator works with them.
@Suite("03 Mailbox commands")
struct MailboxCommandTests {
  private let node: OwnData
  private static let organisation = "0203:komvux.kommun.example.se"
  private static let mailbox = "\(organisation)/sdk:vux-antagning:0203:komvux.kommun.example.se"
  private static let other = "\(organisation)/sdk:sfi:0203:komvux.kommun.example.se"

  init() throws {
    node = try OwnData()
  }

  private func run(_ arguments: String...) async throws -> CommandResult { try await node.run(arguments) }

  @Test("an administrator sets and shows a mailbox, and nobody else does")
  func settings() async throws {
    _ = try await run("user", "add", "ansvarig", "--name", "Ansvarig", "--organisation", Self.organisation)
    _ = try await run("user", "add", "handlaggare", "--name", "En", "--organisation", Self.organisation)
    for mailbox in [Self.mailbox, Self.other] {
      _ = try await run("user", "grant", "ansvarig", "mailboxAdministrator", "--mailbox", mailbox)
    }
    _ = try await run("user", "grant", "handlaggare", "caseworker", "--mailbox", Self.mailbox)
    let set = try await run(
      "mailbox", "set", Self.mailbox, "--as", "ansvarig", "--name", "Intaget", "--handler", "handlaggare", "--forward",
      "sdk:sfi:0203:komvux.kommun.example.se", "--absence", "Stängt", "--absence-until", "2099-01-01T00:00:00Z",
      "--json")
    #expect(set.exitCode == 0, "\(set.complaint)")
    #expect(try set.json()["version"] as? Int == 1)
    let stale = try await run("mailbox", "set", Self.mailbox, "--as", "ansvarig", "--no-name", "--version", "0")
    #expect(stale.exitCode == 1 && stale.complaint.contains("version 0 was seen"))
    let refused = try await run("mailbox", "set", Self.mailbox, "--as", "handlaggare", "--no-name")
    #expect(refused.exitCode == 1 && refused.complaint.contains("configureMailbox"))
    let nobody = try await run("mailbox", "set", Self.mailbox, "--as", "nobody", "--no-name")
    #expect(nobody.exitCode == 1 && nobody.complaint.contains("there is no such mailbox"))
    let unoffered = try await run("mailbox", "set", Self.mailbox, "--as", "ansvarig", "--notify", "a@example.se")
    #expect(unoffered.exitCode == 1 && unoffered.complaint.contains("no mail server"))
    #expect(try await run("mailbox", "set", Self.mailbox, "--as", "ansvarig").exitCode == 2)
    #expect(try await run("mailbox", "set", Self.mailbox, "--as", "ansvarig", "--name", "A", "--no-name").exitCode == 2)
    let shown = try await run("mailbox", "show", Self.mailbox, "--as", "handlaggare").output
    #expect(shown.contains("name          Intaget") && shown.contains("member        handlaggare"))
    let operators = try await run("mailbox", "show", Self.mailbox).output
    #expect(operators.contains("Intaget") && operators.contains("Stängt"))
    let list = try await run("mailbox", "list", "--as", "handlaggare").output
    #expect(list.contains("forwarded to sdk:sfi") && list.contains("absent") && !list.contains(Self.other))
    let trail = try await run("audit", "search").output
    #expect(trail.contains("mailbox.configure") && trail.contains("as user ansvarig") && !trail.contains("Stängt"))
  }

  @Test("a template is added, replaced and removed")
  func templates() async throws {
    _ = try await run("user", "add", "ansvarig", "--name", "Ansvarig", "--organisation", Self.organisation)
    _ = try await run("user", "grant", "ansvarig", "mailboxAdministrator", "--mailbox", Self.mailbox)
    let text = try node.folder.file("text.txt", "Hej\r\nVi behöver mer.\n")
    let number = try node.folder.file("number.txt", "Om 19121212-1212")
    func template(_ arguments: String...) async throws -> CommandResult {
      try await node.run(["mailbox", "template", Self.mailbox, "Komplettering", "--as", "ansvarig"] + arguments)
    }
    #expect(try await template("--subject", "Mer", "--text", text.path).exitCode == 0)
    let refused = try await template("--subject", "Mer", "--text", number.path)
    #expect(refused.exitCode == 1 && !refused.complaint.contains("1912"))
    let replaced = try await template("--subject", "Komplettera", "--text", text.path)
    #expect(replaced.output.contains("template      Komplettering: Komplettera"))
    let json = try await run("mailbox", "show", Self.mailbox, "--json").output
    #expect(json.contains(#""text" : "Hej\nVi behöver mer.""#))
    #expect(try await template("--remove").exitCode == 0)
    #expect(try await template("--remove").exitCode == 1)
    #expect(try await template("--subject", "Mer").exitCode == 2)
  }
}
