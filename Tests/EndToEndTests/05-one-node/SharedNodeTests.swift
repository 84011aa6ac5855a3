import Foundation
import Testbed
import Testing

/// A supplier's node that runs several organisations behind one access point.
@Suite("05 One node for several organisations", .timeLimit(.minutes(2)))
struct SharedNodeTests {
  @Test("SDK-AS4-15: two organisations on one node exchange a message, and their data lie apart")
  func exchange() async throws {
    let folder = try TemporaryFolder()
    var options = TestFederation.Options()
    options.keySizes = .quick
    options.furtherSettings = """
        - id: \(TestOrganisation.employmentOffice.id)
          signing:
            certificate: ../node-b/keys/signing.pem
            key: ../node-b/keys/signing.key.pem
          encryption:
            - certificate: ../node-b/keys/encryption.pem
              key: ../node-b/keys/encryption.key.pem

      """
    let federation = try TestFederation.create(in: folder.url.appending(path: "federation"), options: options)
    let node = federation.nodeA
    try publishOneAccessPoint(federation)
    let process = try NodeProcess(binary: Sdkrelay.binary, node: node)
    defer { process.kill() }
    try await process.waitUntilReady()

    let config = ["--config", node.settings.path]
    let (first, second) = (TestOrganisation.adultEducation, TestOrganisation.employmentOffice)
    let sent = try await Sdkrelay.run(
      ["send"] + config + ["--from", first.mailboxes[0].address, "--to", "\(second.id)/\(second.mailboxes[0].address)"]
        + ["--subject", "Inom noden", "--text", "Hej", "--wait", "30", "--json"])
    #expect(sent.exitCode == 0, "\(sent.complaint)")
    let id = try #require(try sent.json()["id"] as? String)

    let own = try await list(config + ["--participant", first.id])
    #expect(own.map { $0["direction"] as? String } == ["out"])
    let other = try await list(config + ["--participant", second.id, "--incoming"])
    #expect(other.map { $0["id"] as? String } == [id])
    let status = try await Sdkrelay.run(["status", id, "--participant", second.id, "--wait", "30"] + config)
    #expect(status.exitCode == 0)
    let homes = try FileManager.default.contentsOfDirectory(atPath: node.data.appending(path: "participants").path)
    #expect(homes.count == 2)
  }

  private func list(_ arguments: [String]) async throws -> [[String: Any]] {
    let result = try await Sdkrelay.run(["messages", "list", "--json"] + arguments)
    return try #require(try JSONSerialization.jsonObject(with: Data(result.output.utf8)) as? [[String: Any]])
  }

  /// The directory names the first node's access point for both organisations.
  private func publishOneAccessPoint(_ federation: TestFederation) throws {
    let file = federation.folder.appending(path: "directory.yaml")
    let text = try String(contentsOf: file, encoding: .utf8)
      .replacing(federation.nodeB.url, with: federation.nodeA.url)
      .replacing(federation.nodeB.accessPoint, with: federation.nodeA.accessPoint)
    try Data(text.utf8).write(to: file)
  }
}
