import Foundation
import Testbed
import Testing

@testable import Command
@testable import SDKRelay

/// What a running node tells of messages and secrets outside its message store: nothing.
@Suite("11 A running node", .serialized, .timeLimit(.minutes(3)))
struct RunningNodeTests {
  /// Published test numbers of persons who do not exist.
  private static let persons = ["191212121212", "19121212-1212", "121212-1212", "1212121212", "200001252386"]
  private static let words =
    persons + [KillField.marker, "märkord-ämne", "märkord-fil", "märkord-dnr", "märkord-klient"]

  @Test("W10, W11: nothing that a running node tells holds content, a personal number or a secret")
  func tellsNothing() async throws {
    let field = try KillField(
      furtherSettings: """
        log:
          level: debug
          format: json
        service:
          port: 0
          tls: false

        """)
    try field.addOperations(0)
    try await field.start(0)
    try await expectSecretsKept(field)
    try await expectHealth(field)
    try await field.start(1)
    let organisation = field.federation.nodeA.organisation
    let config = ["--config", field.federation.nodeA.settings.path]
    let folder = try TemporaryFolder()
    let file = try folder.file("märkord-fil ett.txt", "191212121212 \(KillField.marker)")
    let pdf = try folder.file("märkord-fil två.pdf", "%PDF-1.7 191212121212 \(KillField.marker)")
    let own = "\(organisation.id)/\(organisation.mailboxes[0].address)"
    let added = try await Sdkrelay.run(
      [
        "client", "add", "klient", "--name", "Ärendesystem", "--organisation", organisation.id, "--scope", "getMessage",
        "--scope", "getMessageByFilter", "--scope", "sendMessages", "--mailbox", own, "--json",
      ] + config)
    let secret = try #require(try added.json()["secret"] as? String)

    // A message that arrives, and some that are refused.
    let other = field.federation.nodeB.organisation
    let to = "\(other.id)/\(other.mailboxes[0].address)"
    let content = [
      "--subject", "märkord-ämne", "--text", "\(KillField.marker) 191212121212",
      "--reference", "dnr=märkord-dnr 1212121212",
    ]
    let send = ["send", "--from", organisation.mailboxes[0].address, "--json"] + content + config
    let sent = try await Sdkrelay.run(send + ["--to", to, "--attach", pdf.path])
    let text = try #require(try sent.json()["id"] as? String)
    let id = try #require(MessageID(text))
    try #require(await field.isDelivered(id))
    _ = try await Sdkrelay.run(send + ["--to", to, "--attach", file.path])
    // With a number where none may be.
    let named = try await Sdkrelay.run(
      send.map { $0 == "märkord-ämne" ? "märkord-ämne 121212-1212" : $0 } + ["--to", to])
    #expect(named.exitCode == 1)
    var told = try await ask(field, id, secret)

    for index in 0...1 {
      let log = try String(
        contentsOf: field.federation.nodes[index].folder.appending(path: "node.log"), encoding: .utf8)
      let lines = log.split(separator: "\n").filter { $0.hasPrefix("{") }
      #expect(lines.count > 3 && log.contains(id.value))
      for line in lines {
        #expect((try? JSONSerialization.jsonObject(with: Data(line.utf8))) != nil, "no JSON: \(line)")
      }
      for word in ["acknowledged", "opened"] {
        let line = try #require(lines.first { $0.contains("\"text\":\"\(word)\"") })
        #expect(line.contains("\"message\":") && line.contains("\"conversation\":"), "\(line)")
      }
      told.append(log)
    }
    for text in told {
      for word in Self.words + [secret] { #expect(!text.contains(word), "\(word) in \(text.prefix(300))") }
    }
    try await field.stop(0)
    try await field.stop(1)
  }

  /// Whatever the node answers to callers who put personal numbers into every place.
  private func ask(_ field: KillField, _ id: MessageID, _ secret: String) async throws -> [String] {
    let log = try String(contentsOf: field.federation.nodeA.folder.appending(path: "node.log"), encoding: .utf8)
    func port(_ words: String) throws -> String {
      let line = try #require(log.split(separator: "\n").first { $0.hasPrefix(words) })
      return String(try #require(line.firstMatch(of: /(http:\/\/127\.0\.0\.1:[0-9]+)/)).output.1)
    }
    let (service, operations) = (try port("MT–MK interface on "), try port("Health and metrics on "))
    let token = try await Self.curl(
      "\(service)/oauth/token", "-u", "klient:\(secret)", "-d", "grant_type=client_credentials")
    let bearer = ["-H", "Authorization: Bearer \(token.split(separator: "\"").dropFirst(2).first ?? "")"]
    let requests: [[String]] = [
      ["\(service)/v1/sdk/messages/191212121212"] + bearer,
      ["\(service)/v1/sdk/messages?filter%5BpersonId%5D=19121212-1212"] + bearer,
      ["\(service)/v1/sdk/messages/\(UUID().uuidString)?x=191212121212"] + bearer,
      ["\(service)/191212121212/m%C3%A4rkord-klient"],
      ["\(service)/v1/sdk/messages", "-H", "Authorization: Bearer 191212121212"],
      ["\(service)/oauth/token", "-u", "191212121212:märkord-klient", "-d", "grant_type=client_credentials"],
      [
        "\(service)/oauth/token", "-d",
        "client_id=191212121212&client_secret=märkord-klient&grant_type=client_credentials",
      ],
      ["\(service)/v1/sdk/messages", "-d", #"{"data": {"type": "191212121212", "märkord-klient": 1}}"#] + bearer,
      [
        "\(service)/v1/sdk/messages", "-H", "Content-Type: application/json", "-d",
        #"{"data": {"type": "messages", "attributes": {"label": "märkord-ämne 191212121212", "sender": 1}}}"#,
      ] + bearer,
    ]
    var told: [String] = []
    for request in requests { told.append(try await Self.curl(request)) }
    let metrics = try await Self.curl("\(operations)/metrics")
    #expect(metrics.contains("sdkrelay_messages{") && !metrics.contains("0203") && !metrics.contains("example.se"))
    let ready = try await Self.curl("\(operations)/health/ready")
    #expect(ready.contains("\"database\""))
    return told + [metrics, ready, try await Self.curl("\(operations)/191212121212")]
  }

  private static func curl(_ arguments: String...) async throws -> String { try await curl(arguments) }

  private static func curl(_ arguments: [String]) async throws -> String {
    let (process, pipe) = (Process(), Pipe())
    process.executableURL = URL(filePath: "/usr/bin/env")
    process.arguments = ["curl", "-s", "-m", "10"] + arguments
    process.standardOutput = pipe
    try process.run()
    let bytes = try pipe.fileHandleForReading.readToEnd() ?? Data()
    process.waitUntilExit()
    return String(decoding: bytes, as: UTF8.self)
  }

  private func expectHealth(_ field: KillField) async throws {
    let config = ["--config", field.federation.nodeA.settings.path]
    var ready = try await Sdkrelay.run(["health", "--json"] + config)
    for _ in 0..<50 where ready.exitCode == 2 {
      try await Task.sleep(for: .milliseconds(100))
      ready = try await Sdkrelay.run(["health", "--json"] + config)
    }
    #expect(ready.exitCode == 0, "\(ready.complaint)")
    // No backup has been taken.
    #expect(try ready.json()["status"] as? String == "warn")
    let text = try await Sdkrelay.run(["health"] + config)
    #expect(text.output.contains("ok    workers") && text.output.hasSuffix("ready\n"), "\(text.output)")
  }

  private func expectSecretsKept(_ field: KillField) async throws {
    let process = try #require(field.process(0))
    let proc = URL(filePath: "/proc/\(process)")
    let limits = try String(contentsOf: proc.appending(path: "limits"), encoding: .utf8)
    let cores = try #require(limits.split(separator: "\n").first { $0.hasPrefix("Max core file size") })
    #expect(cores.split(separator: " ").dropFirst(4).prefix(2) == ["0", "0"])
    let told = try ["cmdline", "environ"].map { try Data(contentsOf: proc.appending(path: $0)) }
    let keys = field.federation.nodeA.folder.appending(path: "keys")
    let names = try FileManager.default.contentsOfDirectory(atPath: keys.path).filter { $0.hasSuffix(".key.pem") }
    #expect(names.count >= 5)
    for name in names {
      let pem = try String(contentsOf: keys.appending(path: name), encoding: .utf8)
      for line in pem.split(separator: "\n") where !line.hasPrefix("-") && line.count > 20 {
        #expect(told.allSatisfy { $0.firstRange(of: Data(line.utf8)) == nil })
      }
    }
  }

  @Test("W11: a key that its group or others may use is refused, whatever they may do with it")
  func openKeys() async throws {
    let federation = try SharedFederation.make()
    let folder = federation.folder.appending(path: "open-\(UUID().uuidString)")
    try FileManager.default.copyItem(at: federation.nodeA.folder, to: folder)
    defer { try? FileManager.default.removeItem(at: folder) }
    let key = folder.appending(path: "keys/signing.key.pem").path
    for mode in [0o640, 0o620, 0o604, 0o601] {
      #expect(chmod(key, mode_t(mode)) == 0)
      let refused = try await Sdkrelay.run("serve", "--config", "node.yaml", in: folder)
      #expect(refused.exitCode == 2 && refused.complaint.contains("chmod 600 \(key)"), "\(String(mode, radix: 8))")
    }
    #expect(chmod(key, 0o400) == 0)
    #expect(try await Sdkrelay.run("config", "check", "--config", "node.yaml", in: folder).exitCode == 0)
  }

  @Test("W10: in both forms of the log what is written cannot begin a line or reorder one")
  func forms() throws {
    let value = "a\r\n2026-01-01T00:00:00Z info forged\u{1B}[2J\u{202E}\u{2028}\"\\"
    let json = EventLog.json("t", "info", value, [("message", value), ("text", "x")])
    let text = EventLog.text("t", "info", value, [("message", value)])
    for line in [json, text] { #expect(!line.unicodeScalars.contains { $0.isHarmful || $0 == "\n" }) }
    let read = try #require(try JSONSerialization.jsonObject(with: Data(json.utf8)) as? [String: String])
    #expect(read == ["time": "t", "level": "info", "text": value, "message": value, "textValue": "x"])
  }
}
