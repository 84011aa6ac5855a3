import Foundation
import Testbed
import Testing

@testable import SDKRelay

@Suite("11 Operations commands", .timeLimit(.minutes(2)))
struct OperationsCommandTests {
  @Test("health without a node, or without the section in the settings, says so")
  func health() async throws {
    let silent = try OwnData(furtherSettings: "operations:\n  port: \(try freePorts(1)[0])\n")
    let none = try await silent.run(["health"])
    #expect(none.exitCode == 2 && none.complaint.contains("/health/ready does not answer"))
    let refused = try await OwnData().run(["health"])
    #expect(refused.exitCode == 2 && refused.complaint.contains("has no section operations"))
  }

  @Test("the audit trail's key may lie apart from the data: it is made there, is in no backup, and is missed")
  func auditKey() async throws {
    let place = try TemporaryFolder()
    let key = place.url.appending(path: "apart.key")
    let node = try OwnData(furtherSettings: "audit:\n  key: \(key.path)\n")
    let organisation = try SharedFederation.make().nodeA.organisation.id
    let (config, data) = (node.config, node.folder.url.appending(path: "data"))
    let added = try await Sdkrelay.run(
      ["user", "add", "anna", "--name", "Anna", "--organisation", organisation] + config)
    #expect(added.exitCode == 0, "\(added.complaint)")
    let mode = try FileManager.default.attributesOfItem(atPath: key.path)[.posixPermissions] as? Int
    #expect(mode == 0o600)
    #expect(!FileManager.default.fileExists(atPath: data.appending(path: "audit.key").path))
    let backup = place.url.appending(path: "backup")
    let taken = try await Sdkrelay.run(["backup", backup.path] + config)
    #expect(taken.exitCode == 0 && taken.complaint.contains("apart.key"), "\(taken.complaint)")
    let names = try FileManager.default.contentsOfDirectory(atPath: backup.path)
    #expect(names.contains("audit.head") && !names.contains("audit.key"))
    #expect(try await Sdkrelay.run(["audit", "verify"] + config).exitCode == 0)

    // Restored elsewhere, with the key back in its place, the trail verifies; without it nothing is told anew.
    try FileManager.default.removeItem(at: data)
    #expect(try await Sdkrelay.run(["restore", backup.path] + config).exitCode == 0)
    #expect(try await Sdkrelay.run(["audit", "verify"] + config).exitCode == 0)
    let aside = place.url.appending(path: "aside.key")
    try FileManager.default.moveItem(at: key, to: aside)
    let checked = try await Sdkrelay.run(["config", "check"] + config)
    #expect(checked.exitCode == 0 && checked.output.contains("its key is not at \(key.path)"), "\(checked.output)")
    let refused = try await Sdkrelay.run(
      ["user", "add", "bo", "--name", "Bo", "--organisation", organisation] + config)
    #expect(refused.exitCode == 2 && refused.complaint.contains("audit trail's key is gone"), "\(refused.complaint)")
    #expect(!FileManager.default.fileExists(atPath: key.path))
  }
}
