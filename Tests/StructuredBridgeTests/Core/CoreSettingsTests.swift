import Foundation
import SDKRelay
import Testbed
import Testing

@testable import StructuredBridge

@Suite("The settings of the structured core")
struct CoreSettingsTests {
  private static let text = """
    participants:
      - id: 0203:komvux.kommun.example.se
    core:
      url: https://localhost:1/komvux
      counterparty: 0203:arbetsformedlingen.example.se
      organisation: 212000-9994
      certificate: client.pem
      key: client.key.pem
      trust: [ca.pem]
      clientID: test-client
      secretFile: secret
      systemID: sdk-relay
      environment: T2
      interval: 5 min
      tenants:
        - participant: 0203:komvux.kommun.example.se
          organisation: 212000-9994
    """

  private func read(
    _ change: (String, String)? = nil, federation: Federation = .test
  ) throws -> CoreSettings? {
    let folder = FileManager.default.temporaryDirectory.appending(path: "core-\(UUID().uuidString)")
    defer { try? FileManager.default.removeItem(at: folder) }
    try CoreKit.keys.get().write(to: folder)
    let text = change.map { Self.text.replacing($0.0, with: $0.1) } ?? Self.text
    let root = try SettingsFile.parse(text, file: "node.yaml", folder: folder)
    do {
      return try CoreSettings.read(root, federation: federation, live: LiveKinds())
    } catch {
      throw Refusal(text: "\(error)".replacing(folder.path, with: "FOLDER"))
    }
  }

  private struct Refusal: Error { let text: String }

  @Test("a right section is read; without one there is no core")
  func right() throws {
    let settings = try #require(try read())
    #expect(settings.interval == .seconds(300) && settings.attempts == 3)
    #expect(settings.tenants.map(\.organisation.tenDigits) == [TestCorePersons.municipality])
    #expect(try read(("core:", "other:")) == nil)
    #expect(!holds(settings, [try CoreKit.keys.get().secret]))
  }

  @Test(
    "a wrong one is refused by line, key and reason",
    arguments: [
      ("url: https", "url: http", "node.yaml:4: core.url: must be an https address without user, query and version"),
      ("/komvux\n", "/komvux/v1\n", "node.yaml:4: core.url: must be"),
      (
        "  organisation: 212000-9994\n  cert", "  organisation: 212000-9986\n  cert",
        "node.yaml:7: core.certificate: does not carry the organisation's number 212000-9986 in its subject"
      ),
      ("212000-9994", "212000-9995", "node.yaml:6: core.organisation: must be an organisation's number"),
      ("environment: T2", "environment: PROD", "node.yaml:13: core.environment: PROD belongs to federation: sdk only"),
      ("environment: T2", "environment: T9", "node.yaml:13: core.environment: must be one of U1, I1, T1, T2, PROD"),
      ("clientID: test-client", "clientId: x", "node.yaml:10: core.clientId: unknown key"),
      ("secretFile: secret", "secretFile: ca.pem", "node.yaml:11: core.secretFile: a secret must be closed to others"),
      ("interval: 5 min", "interval: 1 s", "node.yaml:14: core.interval: must be a time"),
      (
        "    - participant: 0203:komvux", "    - participant: 0203:annan",
        "node.yaml:16: core.tenants[0].participant: is none of the node's participants"
      ),
      ("key: client.key.pem", "key: ca.pem", "node.yaml:8: core.key:"),
    ])
  func wrong(_ old: String, _ new: String, _ expected: String) throws {
    do {
      _ = try read((old, new))
      Issue.record("taken: \(new)")
    } catch let refusal as Refusal {
      #expect(refusal.text.hasPrefix(expected), "\(refusal.text)")
    }
  }

  @Test("the production federation takes the production environment only")
  func production() throws {
    #expect(throws: Refusal.self) { try read(federation: .sdk) }
    #expect(try read(("environment: T2", "environment: PROD"), federation: .sdk) != nil)
  }

  @Test("several organisations may share one certificate, and none comes twice")
  func sharing() throws {
    let two = "  tenants:\n    - participant: 0203:annan.example.se\n      organisation: 212000-9986\n"
    let participants = ("participants:\n", "participants:\n  - id: 0203:annan.example.se\n")
    func text(_ further: String) -> String {
      Self.text.replacing(participants.0, with: participants.1).replacing("  tenants:\n", with: further)
    }
    #expect(try read((Self.text, text(two)))?.tenants.count == 2)
    let doubled = two.replacing("212000-9986", with: "212000-9994")
    #expect(throws: Refusal.self) { try read((Self.text, text(doubled))) }
  }
}
