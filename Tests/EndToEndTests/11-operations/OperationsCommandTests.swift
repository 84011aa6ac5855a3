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

  @Test("a port that another program has is told by the setting that names it", arguments: ["operations", "service"])
  func portTaken(_ section: String) async throws {
    let listener = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
    defer { close(listener) }
    let port = try freePorts(1)[0]
    var address = sockaddr_in()
    address.sin_family = sa_family_t(AF_INET)
    address.sin_port = in_port_t(port).bigEndian
    address.sin_addr.s_addr = inet_addr("127.0.0.1")
    let bound = withUnsafePointer(to: &address) { pointer in
      pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
        bind(listener, $0, socklen_t(MemoryLayout<sockaddr_in>.size))
      }
    }
    try #require(bound == 0 && listen(listener, 1) == 0)
    let tls = section == "service" ? "  tls: false\n" : ""
    let node = try OwnData(furtherSettings: "\(section):\n  port: \(port)\n\(tls)")
    let result = try await node.run(["serve"])
    #expect(result.exitCode == 2)
    #expect(
      result.complaint.contains(
        "cannot listen on 127.0.0.1:\(port) (settings \(section).host and \(section).port): another program listens there"
      ),
      "\(result.complaint)")
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
