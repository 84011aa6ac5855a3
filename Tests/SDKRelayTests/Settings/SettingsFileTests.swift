import Foundation
import Testing

@testable import SDKRelay

@Suite("Settings files")
struct SettingsFileTests {
  private func section(_ yaml: String) throws -> SettingsSection {
    try SettingsFile.parse(yaml, file: "node.yaml", folder: URL(filePath: "/srv/relay"))
  }

  @Test("values of every kind are read, absent ones take their default")
  func values() throws {
    let settings = try section(
      """
      name: 0203:komvux.kommun.example.se
      port: 8443
      mutual: false
      idle: 90 s
      limit: 30 MiB
      types: [application/pdf, text/plain]
      key: keys/tls.pem
      server:
        workers: 4
      partners:
        - name: one
        - name: two
      """)
    #expect(try settings.string("name") == "0203:komvux.kommun.example.se")
    #expect(try settings.int("port", default: 443, in: 0...65_535) == 8443)
    #expect(try settings.bool("mutual", default: true) == false)
    #expect(try settings.duration("idle", default: .seconds(1)) == .seconds(90))
    #expect(try settings.bytes("limit", default: 1) == 30 * 1024 * 1024)
    #expect(try settings.strings("types") == ["application/pdf", "text/plain"])
    #expect(try settings.path("key").path == "/srv/relay/keys/tls.pem")
    #expect(try settings.section("server").int("workers", default: 1) == 4)
    #expect(try settings.sections("partners").map { try $0.string("name") } == ["one", "two"])
    #expect(try settings.string("absent", default: "word") == "word")
    #expect(try settings.optionalString("absent") == nil)
    #expect(try settings.int("absentNumber", default: 7) == 7)
    try settings.allow(
      "name", "port", "mutual", "idle", "limit", "types", "key", "server", "partners", "absent", "absentNumber")
  }

  @Test("the limits of drafts are read") func drafts() throws {
    let drafts = try NodeSettings.Drafts(
      section("perMailbox: 7\nsize: 2 MB\nrecipients: 3\nforgottenAfter: 2 d"))
    #expect((drafts.perMailbox, drafts.size, drafts.recipients) == (7, 2_000_000, 3))
    #expect(drafts.forgottenAfter == .seconds(2 * 86_400))
    #expect(NodeSettings.Drafts().recipients == 100)
  }

  enum Colour: String, CaseIterable { case red, green }

  @Test(
    "a wrong file is refused with file, line, key and reason",
    arguments: [
      ("name: a\nport: nittio", "node.yaml:2: port: must be a whole number from 1 to 65535, not “nittio”"),
      ("port: 70000", "node.yaml:1: port: must be a whole number from 1 to 65535, not “70000”"),
      ("\nmutual: yes", "node.yaml:2: mutual: must be true or false, not “yes”"),
      ("idle: 10", "node.yaml:1: idle: must be a time such as 30 s, from 0.0 seconds to 60.0 seconds, not “10”"),
      ("idle: 2 min", "node.yaml:1: idle: must be a time such as 30 s, from 0.0 seconds to 60.0 seconds, not “2 min”"),
      ("size: 10 mb", "node.yaml:1: size: must be a size such as 100 MB, at least 1 bytes, not “10 mb”"),
      ("colour: blue", "node.yaml:1: colour: must be one of red, green, not “blue”"),
      ("name:", "node.yaml:1: name: has no value"),
      ("name: ''", "node.yaml:1: name: has no value"),
      ("name: [a]", "node.yaml:1: name: must be a single value"),
      ("key: no/such/file.pem", "node.yaml:1: key: /srv/relay/no/such/file.pem does not exist"),
      ("list: one", "node.yaml:1: list: must be a list"),
      ("list:\n  - name: a\n  - b", "node.yaml:3: list[1]: must be a map of keys"),
      ("list:\n  - name: a\n  - {}", "node.yaml:3: list[1].name: is missing"),
      ("list:\n  - name: a\n  - nam: b", "node.yaml:3: list[1].nam: unknown key; known here: name"),
      ("server:\n  depth:\n    port: x", "node.yaml:3: server.depth.port: must be a whole number, at least 0, not “x”"),
      ("server: 5", "node.yaml:1: server: must be a map of keys"),
      (
        "prot: 1",
        "node.yaml:1: prot: unknown key; known here: colour, idle, key, list, mutual, name, port, server, size"
      ),
      ("server:\n  depth:\n    prot: 1", "node.yaml:3: server.depth.prot: unknown key; known here: port"),
      ("name: a\nname: b", "node.yaml:1: the same key twice: name"),
      ("- a", "node.yaml:1: must be a map of keys"),
      ("name: [", "node.yaml:2: not YAML: did not find expected node content"),
    ])
  func refusals(_ yaml: String, _ expected: String) throws {
    let error = #expect(throws: SettingsProblem.self) {
      let settings = try section(yaml)
      try settings.allow("name", "port", "mutual", "idle", "size", "colour", "key", "list", "server")
      _ = try settings.int("port", default: 1, in: 1...65_535)
      _ = try settings.bool("mutual", default: true)
      _ = try settings.duration("idle", default: .zero, in: .zero ... .seconds(60))
      _ = try settings.bytes("size", default: 1)
      _ = try settings.choice("colour", default: Colour.red)
      _ = try settings.optionalString("name")
      _ = try settings.optionalFile("key")
      for item in try settings.sections("list") {
        try item.allow("name")
        _ = try item.string("name")
      }
      if let depth = try settings.optionalSection("server")?.optionalSection("depth") {
        try depth.allow("port")
        _ = try depth.int("port", default: 1)
      }
    }
    #expect(error?.description == expected)
  }

  @Test("W11: a secret that others may read is refused")
  func secrets() throws {
    let folder = FileManager.default.temporaryDirectory.appending(path: UUID().uuidString)
    try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
    defer { try? FileManager.default.removeItem(at: folder) }
    let file = folder.appending(path: "node.yaml")
    let key = folder.appending(path: "key.pem")
    try Data("key: key.pem\n".utf8).write(to: file)
    try Data("secret".utf8).write(to: key)

    try FileManager.default.setAttributes([.posixPermissions: 0o644], ofItemAtPath: key.path)
    #expect(throws: SettingsProblem.self) { try readKey(file) }

    try FileManager.default.setAttributes([.posixPermissions: 0o600], ofItemAtPath: key.path)
    #expect(try readKey(file).path == key.path)
  }

  private func readKey(_ file: URL) throws -> URL {
    try SettingsFile.open(file).secretFile("key")
  }

  @Test("a file that cannot be read is one clear sentence that says why")
  func unreadable() throws {
    let folder = FileManager.default.temporaryDirectory.appending(path: UUID().uuidString)
    try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
    defer { try? FileManager.default.removeItem(at: folder) }
    let large = folder.appending(path: "large.yaml")
    try Data(count: 1 << 21).write(to: large)
    let cases = [
      ("/no/such/node.yaml", "the file does not exist"), (folder.path, "the file is a folder"),
      ("/dev/zero", "the file is no regular file"), (large.path, "must be UTF-8 text of at most 1 MiB"),
    ]
    for (path, reason) in cases {
      let error = #expect(throws: SettingsProblem.self) { try SettingsFile.open(URL(filePath: path)) }
      #expect(error?.description == "\(path):1: \(reason)")
    }
  }
}
