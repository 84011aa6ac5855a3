import Foundation
import SDKRelay
import Testbed
import Testing

@testable import StructuredBridge

/// A test core in this process, and commands that a node's settings lead to it.
@Suite("03 The structured core's commands") struct CoreCommandTests {
  private let folder: URL

  init() throws {
    let federation = try SharedFederation.make()
    folder = federation.folder.appending(path: "core-\(UUID().uuidString)")
    try FileManager.default.copyItem(at: federation.nodeA.folder, to: folder)
  }

  private func start(_ conduct: TestCoreConduct = .good) async throws -> TestCore {
    let keys = try TestCoreKeys(organisation: TestCorePersons.municipality)
    try keys.write(to: folder.appending(path: "core"))
    let core = try await TestCore(keys: keys, organisations: [TestCorePersons.municipality], conduct: conduct)
    let settings = folder.appending(path: "node.yaml")
    let section = """

      core:
        url: \(core.url.absoluteString)
        counterparty: 0203:arbetsformedlingen.example.se
        organisation: 212000-9994
        certificate: core/client.pem
        key: core/client.key.pem
        trust: [core/ca.pem]
        clientID: test-client
        secretFile: core/secret
        systemID: sdk-relay
        environment: T2
        tenants:
          - participant: 0203:komvux.kommun.example.se
            organisation: 212000-9994

      """
    let text = try String(contentsOf: settings, encoding: .utf8)
    try Data((text + section).utf8).write(to: settings)
    return core
  }

  private func run(_ arguments: String..., input: String? = nil) async throws -> CommandResult {
    try await Sdkrelay.run(arguments + ["--config", "node.yaml"], input: input, in: folder)
  }

  @Test("ping says version, times and the certificate's end; a refusal is 1, no answer 2, no section 2")
  func ping() async throws {
    defer { try? FileManager.default.removeItem(at: folder) }
    #expect(try await run("core", "ping").exitCode == 2)
    let core = try await start()
    let good = try await run("core", "ping")
    #expect(good.exitCode == 0, "\(good.complaint)")
    for words in ["answers       yes", "1.0 (testbed)", "certificate   ends", "its time"] {
      #expect(good.output.contains(words))
    }
    let json = try await run("core", "ping", "--json")
    #expect(json.output.contains("\"answers\" : true"))
    core.behave(always: .refusesCredentials)
    let refused = try await run("core", "ping")
    #expect(refused.exitCode == 1 && refused.complaint.contains("credentials"))
    core.behave(always: .failing)
    #expect(try await run("core", "ping").exitCode == 2)
    try await core.stop()
    let gone = try await run("core", "ping")
    #expect(gone.exitCode == 2 && gone.output.contains("answers       no"))
    #expect(!(gone.output + gone.complaint + refused.complaint).contains(core.keys.secret))
  }

  @Test("facts are loaded line by line; bad lines are told without what stands there")
  func facts() async throws {
    defer { try? FileManager.default.removeItem(at: folder) }
    let event = """
      {"kind":"structured-event.observed","tenant":"0203:komvux.kommun.example.se",\
      "counterparty":"0203:motpart.example.se","person":"191212121212","event":"needOfEducation",\
      "occurred":"2026-03-01T08:00:00Z","reference":"e-1"}
      """
    let text = event + "\n" + event.replacing("191212121212", with: "191212121213") + "\n"
    let dry = try await run("facts", "load", "-", "--dry-run", input: text)
    #expect(dry.exitCode == 1 && dry.output.contains("1 facts, nothing taken; 1 refused"))
    #expect(dry.output.contains("line 2  person: the check digit is wrong") && !dry.output.contains("1212"))
    let file = folder.appending(path: "facts.jsonl")
    try Data((event + "\n").utf8).write(to: file)
    let none = try await run("facts", "load", file.path)
    #expect(none.exitCode == 2)
  }
}
