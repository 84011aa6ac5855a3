import Foundation
import Testbed
import Testing

@testable import SDKRelay

@Suite("11 Operations commands", .timeLimit(.minutes(2)))
struct OperationsCommandTests {
  private func port() throws -> Int { try freePorts(1)[0] }

  @Test("health tells of a running node, of one that is not there, and of settings without the section")
  func health() async throws {
    let field = try KillField(furtherSettings: "operations:\n  port: \(try port())\n")
    let config = ["--config", field.federation.nodeA.settings.path]
    let none = try await Sdkrelay.run(["health"] + config)
    #expect(none.exitCode == 2 && none.complaint.contains("/health/ready does not answer"))
    try await field.start(0)
    var ready = try await Sdkrelay.run(["health", "--json"] + config)
    for _ in 0..<50 where ready.exitCode == 2 {
      try await Task.sleep(for: .milliseconds(100))
      ready = try await Sdkrelay.run(["health", "--json"] + config)
    }
    #expect(ready.exitCode == 0, "\(ready.complaint)")
    #expect(try ready.json()["status"] as? String == "warn", "no backup has been taken")
    let text = try await Sdkrelay.run(["health"] + config)
    #expect(text.output.contains("ok    workers") && text.output.hasSuffix("ready\n"), "\(text.output)")
    try await field.stop(0)
    let without = try OwnData()
    let refused = try await without.run(["health"])
    #expect(refused.exitCode == 2 && refused.complaint.contains("has no section operations"))
  }

  @Test("the audit trail's key may lie apart from the data: it is made there, is in no backup, and is missed")
  func auditKey() async throws {
    let place = try TemporaryFolder()
    let key = place.url.appending(path: "apart.key")
    let field = try KillField(furtherSettings: "audit:\n  key: \(key.path)\n")
    let node = field.federation.nodeA
    let config = ["--config", node.settings.path]
    let added = try await Sdkrelay.run(
      ["user", "add", "anna", "--name", "Anna", "--organisation", node.organisation.id] + config)
    #expect(added.exitCode == 0, "\(added.complaint)")
    let mode = try FileManager.default.attributesOfItem(atPath: key.path)[.posixPermissions] as? Int
    #expect(mode == 0o600)
    #expect(!FileManager.default.fileExists(atPath: node.data.appending(path: "audit.key").path))
    let backup = place.url.appending(path: "backup")
    let taken = try await Sdkrelay.run(["backup", backup.path] + config)
    #expect(taken.exitCode == 0 && taken.complaint.contains("apart.key"), "\(taken.complaint)")
    let names = try FileManager.default.contentsOfDirectory(atPath: backup.path)
    #expect(names.contains("audit.head") && !names.contains("audit.key"))
    #expect(try await Sdkrelay.run(["audit", "verify"] + config).exitCode == 0)

    // Restored elsewhere, with the key back in its place, the trail verifies; without it nothing is told anew.
    try FileManager.default.removeItem(at: node.data)
    #expect(try await Sdkrelay.run(["restore", backup.path] + config).exitCode == 0)
    #expect(try await Sdkrelay.run(["audit", "verify"] + config).exitCode == 0)
    let aside = place.url.appending(path: "aside.key")
    try FileManager.default.moveItem(at: key, to: aside)
    let checked = try await Sdkrelay.run(["config", "check"] + config)
    #expect(checked.exitCode == 0 && checked.output.contains("its key is not at \(key.path)"), "\(checked.output)")
    let refused = try await Sdkrelay.run(
      ["user", "add", "bo", "--name", "Bo", "--organisation", node.organisation.id] + config)
    #expect(refused.exitCode == 2 && refused.complaint.contains("audit trail's key is gone"), "\(refused.complaint)")
    #expect(!FileManager.default.fileExists(atPath: key.path))
  }
}
