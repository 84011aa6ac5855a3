import Foundation
import Testbed
import Testing

@Suite("01 Demo")
struct DemoTests {
  @Test(
    "SDK-AS4-11, SDK-TST-01: over mutual TLS, the demo ends with both messages ACCEPTED and the files identical",
    .timeLimit(.minutes(3)))
  func once() async throws {
    let folder = try TemporaryFolder()
    let dir = folder.url.appending(path: "federation").path
    let result = try await Sdkrelay.run("demo", "--once", "--dir", dir)
    #expect(result.exitCode == 0, "\(result.complaint)")
    #expect(result.lines.last?.contains("All messages ACCEPTED, all files identical") == true)
    #expect(result.lines.filter { $0.contains(" ACCEPTED ") }.count == 4)
    #expect(result.lines.contains { $0.contains("found its case: step 4, caseNumber") })
    #expect(result.lines.contains { $0.contains("found its case: step 1, ownReference") })
    let sums = result.lines.filter { $0.contains("SHA-256") }.map { $0.split(separator: " ").dropLast().last }
    #expect(sums.count == 8 && sums[0] == sums[1] && sums[2] == sums[3] && sums[0] != sums[2])
    #expect(sums[4] == sums[5] && sums[6] == sums[7])

    try await expectCommandsAgree(dir)
    try expectClosedKeys(dir)
  }

  @Test(
    "the demo ends with 2 when a node ends by itself, and when another demo runs its nodes", .timeLimit(.minutes(2)))
  func deadNode() async throws {
    let folder = try TemporaryFolder()
    let federation = try Self.federation(in: folder)
    let demo = try RunningDemo(["--dir", federation.folder.path], in: folder)
    defer { demo.kill() }
    try await demo.waits(for: "Try:")
    let second = try await Sdkrelay.run("demo", "--once", "--dir", federation.folder.path)
    #expect(second.exitCode == 2)
    #expect(second.complaint.contains("another process runs on this data folder"))
    #expect(!second.output.contains("listens as process"))

    let line = try #require(demo.output.split(separator: "\n").first { $0.contains("AP9002-TEST listens") })
    let node = try #require(line.firstMatch(of: /process (\d+);/).flatMap { Int32($0.output.1) })
    kill(node, SIGKILL)
    #expect(try await demo.ends() == 2)
    #expect(demo.complaint.hasPrefix("sdkrelay: the node AP9002-TEST ended: "))
  }

  @Test("a demo without a folder of its own leaves nothing behind when it is interrupted", .timeLimit(.minutes(2)))
  func interrupted() async throws {
    let folder = try TemporaryFolder()
    let demo = try RunningDemo([], in: folder)
    defer { demo.kill() }
    try await demo.waits(for: "Try:")
    #expect(demo.output.contains("--dir DIR keeps it"))
    #expect(try demo.temporaryFiles().count == 1)
    demo.interrupt()
    #expect(try await demo.ends() == 0)
    #expect(try demo.temporaryFiles().isEmpty)
  }

  @Test("with --json the demo gives one object", .timeLimit(.minutes(2)))
  func json() async throws {
    let folder = try TemporaryFolder()
    let federation = try Self.federation(in: folder)
    let result = try await Sdkrelay.run("demo", "--once", "--json", "--dir", federation.folder.path)
    let object = try result.json()
    #expect(object["folder"] as? String == federation.folder.path)
    #expect((object["nodes"] as? [[String: Any]])?.count == 2)
    let messages = try #require(object["messages"] as? [[String: Any]])
    #expect(messages.map { $0["status"] as? String } == Array(repeating: "ACCEPTED", count: 4))
    #expect(
      messages.map { $0["file"] as? String } == [
        "Studieplan.pdf", "Bedömning.pdf", "Anvisning.pdf", "Studiebesked.pdf",
      ])
  }

  private static func federation(in folder: TemporaryFolder) throws -> TestFederation {
    var options = TestFederation.Options()
    options.keySizes = .quick
    return try TestFederation.create(in: folder.url.appending(path: "federation"), options: options)
  }

  /// What the nodes left can be listed, shown and saved while no node runs.
  private func expectCommandsAgree(_ dir: String) async throws {
    let config = "\(dir)/node-b/node.yaml"
    let list = try await Sdkrelay.run("messages", "list", "--json", "--incoming", "--config", config)
    let messages = try #require(try JSONSerialization.jsonObject(with: Data(list.output.utf8)) as? [[String: Any]])
    #expect(messages.count == 2)
    let id = try #require(messages.last?["id"] as? String)
    #expect(messages.last?["status"] as? String == "NEW")

    let show = try await Sdkrelay.run("messages", "show", id, "--config", config)
    #expect(show.output.contains("CONFIDENTIAL"))
    #expect(show.output.contains("Studieplan.pdf"))
    #expect(show.exitCode == 0)

    let out = "\(dir)/saved"
    let save = try await Sdkrelay.run("messages", "save", id, "--config", config, "--out", out)
    #expect(save.exitCode == 0, "\(save.complaint)")
    #expect(
      try Data(contentsOf: URL(filePath: "\(out)/Studieplan.pdf"))
        == Data(contentsOf: URL(filePath: "\(dir)/outbox/Studieplan.pdf")))

    try await expectProof(of: id, dir)

    let status = try await Sdkrelay.run("status", id, "--config", "\(dir)/node-a/node.yaml")
    #expect(status.output.hasPrefix("ACCEPTED"))
    let unknown = try await Sdkrelay.run("status", UUID().uuidString, "--config", config)
    #expect(unknown.exitCode == 1)
  }

  /// Both nodes write the same proof into files, and its envelopes verify.
  private func expectProof(of id: String, _ dir: String) async throws {
    let names = [
      "envelope.xml", "message-receipt-transport-receipt.xml", "message-receipt-user-message.xml",
      "message-receipt.xml", "transport-receipt.xml", "user-message.xml",
    ]
    for node in ["a", "b"] {
      let config = "\(dir)/node-\(node)/node.yaml"
      let show = try await Sdkrelay.run("messages", "show", id, "--config", config)
      for name in names { #expect(show.output.contains("  \(name)  ")) }
      let folder = "\(dir)/saved-proof-\(node)"
      let save = try await Sdkrelay.run("messages", "save", id, "--config", config, "--evidence", folder)
      #expect(save.exitCode == 0, "\(save.complaint)")
      #expect(try FileManager.default.contentsOfDirectory(atPath: folder).sorted() == names)
      for name in ["envelope.xml", "message-receipt.xml"] {
        let verify = try await Sdkrelay.run("envelope", "verify", "\(folder)/\(name)", "--no-trust")
        #expect(verify.exitCode == 0 && verify.output.hasSuffix("valid\n"), "\(name): \(verify.output)")
      }
    }
    let sealed = "\(dir)/node-a/data/participants"
    let lost = try #require(FileManager.default.enumerator(atPath: sealed)).compactMap { $0 as? String }
      .filter { $0.hasSuffix(".xhe") }
    for name in lost { #expect(unlink("\(sealed)/\(name)") == 0) }
    let save = try await Sdkrelay.run(
      "messages", "save", id, "--config", "\(dir)/node-a/node.yaml", "--evidence", "\(dir)/saved-less")
    #expect(save.exitCode == 2 && save.complaint.contains("envelope.xml cannot be read from \(sealed)"))
    for name in names {
      #expect(
        FileManager.default.contentsEqual(
          atPath: "\(dir)/saved-proof-a/\(name)", andPath: "\(dir)/saved-proof-b/\(name)"), "\(name)")
    }
  }

  /// W11: nobody but the owner reads keys, settings and data.
  private func expectClosedKeys(_ dir: String) throws {
    let files = try #require(FileManager.default.enumerator(atPath: dir))
    for case let name as String in files where !name.hasPrefix("saved") && !name.hasPrefix("outbox") {
      let attributes = try FileManager.default.attributesOfItem(atPath: "\(dir)/\(name)")
      guard attributes[.type] as? FileAttributeType == .typeRegular else { continue }
      #expect((attributes[.posixPermissions] as? NSNumber)?.intValue == 0o600, "\(name)")
    }
  }
}
