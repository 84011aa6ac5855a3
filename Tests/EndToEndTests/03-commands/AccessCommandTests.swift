import Foundation
import Mailbox
import SDKRelay
import Testbed
import Testing

/// Users, clients and the audit trail, as an operator works with them.
@Suite("03 Access commands")
struct AccessCommandTests {
  private let node: OwnData
  private static let organisation = "0203:komvux.kommun.example.se"
  private static let mailbox = "\(organisation)/sdk:vux-antagning:0203:komvux.kommun.example.se"

  init() throws {
    node = try OwnData()
  }

  private func run(_ arguments: String..., input: String? = nil) async throws -> CommandResult {
    try await node.run(arguments, input: input)
  }

  @Test("a user is added, granted, revoked and listed, and each has its entry")
  func users() async throws {
    let added = try await run(
      "user", "add", "handlaggare-1", "--name", "Rad\u{1B}[2J", "--organisation", Self.organisation)
    #expect(added.exitCode == 1 && added.complaint.contains("control characters"))
    #expect(
      try await run("user", "add", "handlaggare-1", "--name", "En", "--organisation", Self.organisation).exitCode == 0)
    let granted = try await run("user", "grant", "handlaggare-1", "caseworker", "--mailbox", Self.mailbox, "--json")
    let number = try #require(try granted.json()["number"] as? Int)
    #expect(try await run("user", "grant", "handlaggare-1", "registrar").exitCode == 1)
    #expect(try await run("user", "grant", "handlaggare-1", "king").exitCode == 2)
    #expect(try await run("user", "list").output.contains("caseworker  \(Self.mailbox)"))
    #expect(try await run("user", "revoke", "handlaggare-1", "--grant", "\(number)").exitCode == 0)
    #expect(try await run("user", "revoke", "handlaggare-1", "--grant", "99").exitCode == 1)
    #expect(try await run("user", "list").output.contains("- grant \(number)"))
    let entries = try await run("audit", "search").output
    #expect(entries.contains("grant.end") && entries.contains("failed"))
    let verdict = try await run("audit", "verify", "--json")
    #expect(try verdict.json()["whole"] as? Bool == true)
    let mark = try #require(try verdict.json()["mark"] as? String)
    #expect(try await run("audit", "verify", "--mark", mark).exitCode == 0)
  }

  @Test("a client's secret is shown once, and its keys are public ones")
  func clients() async throws {
    let added = try await run(
      "client", "add", "arendesystem", "--name", "Ärenden", "--organisation", Self.organisation, "--scope",
      "urn:sdk.api:sendMessage", "--scope", "getMessage", "--mailbox", Self.mailbox, "--json")
    let secret = try #require(try added.json()["secret"] as? String)
    let list = try await run("client", "list", "--json")
    #expect(list.output.contains("urn:sdk.api:sendMessages") && !list.output.contains(secret))
    let keys = try node.folder.file("keys.json", #"{"keys":[{"kty":"RSA","n":"AA","e":"AQAB","d":"AA"}]}"#)
    let refused = try await run(
      "client", "add", "other", "--name", "B", "--organisation", Self.organisation, "--scope", "getMessage", "--jwks",
      keys.path)
    #expect(refused.exitCode == 1 && refused.complaint.contains("private"))
    #expect(try await run("client", "revoke", "arendesystem", "--reason", "bytt").exitCode == 0)
    #expect(try await run("client", "list").output.contains("revoked"))
  }

  @Test("a user's secret is shown once, is another each time, and is taken away")
  func userSecret() async throws {
    _ = try await run("user", "add", "handlaggare-1", "--name", "En", "--organisation", Self.organisation)
    let first = try #require(try await run("user", "secret", "handlaggare-1", "--json").json()["secret"] as? String)
    let second = try await run("user", "secret", "handlaggare-1")
    #expect(first.utf8.count == 43 && second.exitCode == 0 && !second.output.contains(first))
    let shown = try await run("user", "list", "--json").output + run("audit", "search").output
    #expect(!shown.contains(first) && shown.contains("user.secret"))
    #expect(try await run("user", "secret", "nobody").exitCode == 1)
    #expect(try await run("user", "secret", "handlaggare-1", "--remove").exitCode == 0)
    #expect(try await run("user", "secret", "handlaggare-1", "--remove").exitCode == 1)
  }

  @Test("W12 an edited row is found, and the exit code says so")
  func tampered() async throws {
    _ = try await run("user", "add", "a", "--name", "A", "--organisation", Self.organisation)
    _ = try await run("user", "add", "b", "--name", "B", "--organisation", Self.organisation)
    let database = node.folder.url.appending(path: "data/relay.sqlite").path
    let edit = Process()
    edit.executableURL = URL(filePath: "/usr/bin/env")
    edit.arguments = [
      "python3", "-c",
      """
      import sqlite3
      db = sqlite3.connect("\(database)")
      db.execute("DROP TRIGGER auditEntryUpdate")
      db.execute("UPDATE auditEntry SET principal = 'nobody' WHERE number = 1")
      db.commit()
      """,
    ]
    try edit.run()
    edit.waitUntilExit()
    let found = try await run("audit", "verify")
    #expect(found.exitCode == 1 && found.output.contains("broken at entry 1"))
  }

  @Test("W10 a person is searched for through standard input")
  func person() async throws {
    _ = try await run("user", "add", "a", "--name", "A", "--organisation", Self.organisation)
    #expect(try await run("audit", "search", "--person", input: "19121212-1212\n").output == "No entries.\n")
    #expect(try await run("audit", "search", "--person", input: "121212-1212\n").exitCode == 2)
    #expect(try await run("audit", "search", "--person", input: "191212121212").output.contains("audit.search"))
  }

  @Test("W12 what the operator sends, lists, shows and saves stands in the trail")
  func operatorReads() async throws {
    let sent = try await run(
      "send", "--from", "sdk:vux-antagning:0203:komvux.kommun.example.se", "--to",
      "0203:arbetsformedlingen.example.se/sdk:utbildning:0203:arbetsformedlingen.example.se", "--subject", "Kursstart",
      "--text", "Höstens kurser", "--json")
    let id = try #require(try sent.json()["id"] as? String)
    #expect(try await run("messages", "list").output.contains("Kursstart"))
    #expect(try await run("messages", "show", id).output.contains("Höstens kurser"))
    #expect(try await run("messages", "save", id, "--out", node.folder.url.appending(path: "o").path).exitCode == 0)
    let actions = try await run("audit", "search").lines.dropFirst().compactMap { line in
      ["message.read", "message.list", "message.send"].first { line.contains($0) }
    }
    #expect(actions == ["message.read", "message.read", "message.list", "message.send"])
    _ = try await run("user", "add", "u1", "--name", "En", "--organisation", Self.organisation)
    #expect(try await run("messages", "list", "--as", "u1").output == "No messages.\n")
    #expect(try await run("messages", "show", id, "--as", "u1").exitCode == 1)
    let denied = try await run(
      "send", "--from", Self.mailbox, "--to", Self.mailbox, "--subject", "a", "--text", "b",
      "--as", "u1")
    #expect(denied.exitCode == 1 && denied.complaint.contains("the right send is not granted"))

    _ = try await run("user", "grant", "u1", "caseworker", "--mailbox", Self.mailbox)
    #expect(try await run("user", "grant", "u1", "protectedPersons", "--mailbox", Self.mailbox).exitCode == 0)
    #expect(try await run("messages", "show", id, "--as", "u1").output.contains("Höstens kurser"))
    try await protect(id)
    let list = try await run("messages", "list").output
    #expect(list.contains("Skyddad uppgift") && !list.contains("Kursstart") && !list.contains("Arbetsförmedlingen"))
    let json = try await run("messages", "list", "--json").output
    #expect(json.contains("\"concealed\" : true") && !json.contains("Kursstart") && !json.contains("arbetsformedl"))
    for command in [["show", id], ["save", id, "--out", node.folder.url.appending(path: "p").path]] {
      let refused = try await node.run(["messages"] + command)
      #expect(refused.exitCode == 1 && refused.output.isEmpty && refused.complaint.contains("--reason"))
      #expect(try await node.run(["messages"] + command + ["--reason", "tillsyn"]).exitCode == 0)
    }
    #expect(try await run("audit", "search", "--message", id).output.contains("glass broken"))
  }

  /// Marks the message as the user's colleague would at their own interface.
  private func protect(_ id: String) async throws {
    let settings = try NodeSettings(file: URL(filePath: node.config[1]))
    let service = try MailboxService.open(settings)
    try await service.handle(try #require(MessageID(id)), .protect, version: 0, by: .user(UserID("u1")))
  }

  @Test("a mailbox or an organisation that nobody knows is refused, and what is there is not given or ended twice")
  func unknown() async throws {
    let stranger = try await run("user", "add", "a", "--name", "A", "--organisation", "0203:annan.example.se")
    #expect(stranger.exitCode == 1 && stranger.complaint.contains("it serves \(Self.organisation)"))
    _ = try await run("user", "add", "a", "--name", "A", "--organisation", Self.organisation)
    let nowhere = "\(Self.organisation)/sdk:ingen"
    let refused = try await run("user", "grant", "a", "caseworker", "--mailbox", nowhere)
    #expect(refused.exitCode == 1 && refused.complaint.contains("there are \(Self.organisation)/sdk:"))
    let client = try await run(
      "client", "add", "system", "--name", "S", "--organisation", Self.organisation, "--scope", "getMessage",
      "--mailbox", nowhere)
    #expect(client.exitCode == 1)
    #expect(try await run("client", "list").output == "There are no clients.\n", "no client without its mailbox")
    let grant = ["user", "grant", "a", "systemAdministrator"]
    let number = try #require(try await node.run(grant + ["--json"]).json()["number"] as? Int)
    #expect(try await node.run(grant).exitCode == 1)
    let revoke = ["user", "revoke", "a", "--grant", "\(number)"]
    let last = try await node.run(revoke)
    #expect(last.exitCode == 1 && last.complaint.contains("--last"))
    #expect(try await node.run(revoke + ["--last"]).exitCode == 0)
    let again = try await node.run(revoke)
    #expect(again.exitCode == 1 && again.complaint == "sdkrelay: the grant \(number) has ended before\n")
  }
}
