import Foundation
import SDKRelay
import Testbed
import Testing

/// Commands on a node that does not run: which of them begin its data, and what a wrong address means.
@Suite("03 Data folders and addresses")
struct DataFolderTests {
  /// A node of its own, with the settings changed.
  private func node(_ change: (String) -> String = { $0 }) throws -> (folder: URL, settings: String) {
    let federation = try SharedFederation.make()
    let folder = federation.folder.appending(path: "node-\(UUID().uuidString)")
    try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
    for name in ["keys", "trust"] {
      try FileManager.default.copyItem(
        at: federation.nodeA.folder.appending(path: name), to: folder.appending(path: name))
    }
    let settings = folder.appending(path: "node.yaml")
    try Data(change(try String(contentsOf: federation.nodeA.settings, encoding: .utf8)).utf8).write(to: settings)
    return (folder, settings.path)
  }

  @Test(
    "those who only look do not make a data folder",
    arguments: [
      ["messages", "list"], ["messages", "show", UUID().uuidString], ["status", UUID().uuidString], ["status"],
      ["aside", "list"], ["aside", "release", "1"],
      ["messages", "save", UUID().uuidString, "--out", "out"], ["ping", "0203:arbetsformedlingen.example.se"],
    ])
  func noData(_ command: [String]) async throws {
    let node = try node { $0.replacing("data: data", with: "data: dta") }
    defer { try? FileManager.default.removeItem(at: node.folder) }
    let result = try await Sdkrelay.run(command + ["--config", node.settings])
    #expect(result.complaint.contains("\(node.folder.path)/dta holds no node's data"))
    #expect(result.exitCode == 2)
    #expect(!FileManager.default.fileExists(atPath: node.folder.appending(path: "dta").path))
  }

  @Test("a data folder that is a file is named", arguments: [["messages", "list"], ["serve"]])
  func fileForData(_ command: [String]) async throws {
    let node = try node { $0.replacing("data: data", with: "data: node.yaml") }
    defer { try? FileManager.default.removeItem(at: node.folder) }
    let result = try await Sdkrelay.run(command + ["--config", node.settings])
    #expect(result.complaint.hasSuffix("\(node.settings) is no folder\n"))
    #expect(result.exitCode == 2)
  }

  @Test("a mailbox or an organisation that is not this node's is no empty list")
  func strangers() async throws {
    let node = try node()
    defer { try? FileManager.default.removeItem(at: node.folder) }
    _ = try Relay.open(NodeSettings(file: URL(filePath: node.settings)))
    let (own, other) = (TestOrganisation.adultEducation, TestOrganisation.employmentOffice)
    let list = ["messages", "list", "--config", node.settings]
    let strangers = [
      ["--mailbox", "sdk:nowhere"], ["--mailbox", other.mailboxes[0].address], ["--participant", other.id],
      ["--participant", other.id, "--mailbox", own.mailboxes[0].address],
    ]
    for stranger in strangers {
      let result = try await Sdkrelay.run(list + stranger)
      #expect(result.exitCode == 1, "\(stranger)")
      #expect(result.output.isEmpty)
    }
    for known in [[], ["--mailbox", own.mailboxes[1].address], ["--participant", own.id]] {
      #expect(try await Sdkrelay.run(list + known).output == "No messages.\n", "\(known)")
    }
  }

  @Test("an address that cannot be listened on is named with its settings")
  func address() async throws {
    let taken = try Listener()
    let cases = [
      ("127.0.0.1", taken.port, "127.0.0.1:\(taken.port)", "another program listens there"),
      ("nowhere.invalid", 8443, "nowhere.invalid:8443", "the host has no address"),
      ("192.0.2.1", 8443, "192.0.2.1:8443", "the address is not one of this machine's"),
    ]
    for (host, port, address, reason) in cases {
      let node = try node {
        $0.replacing("host: 127.0.0.1", with: "host: \(host)").replacing(/\ port: \d+/, with: " port: \(port)")
      }
      defer { try? FileManager.default.removeItem(at: node.folder) }
      let sentence = "cannot listen on \(address) (settings server.host and server.port): \(reason)"
      let result = try await Sdkrelay.run("serve", "--config", node.settings)
      #expect(result.complaint.hasSuffix("sdkrelay: \(sentence)\n"))
      #expect(result.exitCode == 2)
      // Whether a port is free shows when it is listened on; the host's address can be told before.
      let check = try await Sdkrelay.run("config", "check", "--config", node.settings)
      #expect(check.output.contains("remark        \(sentence)") == (port != taken.port))
    }
    let service = try node { $0 + "service:\n  port: \(taken.port)\n  tls: false\n" }
    let result = try await Sdkrelay.run("serve", "--config", service.settings)
    #expect(
      result.complaint.hasSuffix(
        "127.0.0.1:\(taken.port) (settings service.host and service.port): another program listens there\n"))
    #expect(result.exitCode == 2)
  }
}

/// A port that somebody else listens on.
private final class Listener {
  let port: Int
  private let descriptor: Int32

  init() throws {
    port = try freePorts(1)[0]
    descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
    var address = sockaddr_in()
    address.sin_family = sa_family_t(AF_INET)
    address.sin_port = UInt16(port).bigEndian
    address.sin_addr.s_addr = inet_addr("127.0.0.1")
    let status = withUnsafePointer(to: &address) { pointer in
      pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
        bind(descriptor, $0, socklen_t(MemoryLayout<sockaddr_in>.size))
      }
    }
    try #require(status == 0 && listen(descriptor, 1) == 0)
  }

  deinit {
    close(descriptor)
  }
}
