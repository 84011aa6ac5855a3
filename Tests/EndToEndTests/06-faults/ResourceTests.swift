import Foundation
import Testbed
import Testing

@testable import SDKRelay

/// Real processes that have too little of something (threats.md Q8, Q12): they refuse or serve, and lose nothing.
@Suite("06 Resources", .serialized, .timeLimit(.minutes(2)))
struct ResourceTests {
  @Test("Q12: with 64 descriptors and more connections than that, a node lives, and everything arrives once")
  func descriptors() async throws {
    let field = try KillField()
    try await field.start(0)
    try await field.start(1, by: "ulimit -n 64\nexec \"$NODE\" \"$@\"")
    let crowd = try Crowd(of: 150, at: field.federation.nodeB.url)
    let ids = try await submit(8, field)
    try await Task.sleep(for: .seconds(2))
    crowd.leave()
    try await expectOnce(ids, field)
    #expect(try await !field.hasDied(1, within: .zero))
    try await field.stop(0)
    try await field.stop(1)
    try await field.expectNothingLeft()
  }

  @Test("Q12: a node without memory to go on, whether it stands or falls, loses nothing: with memory all arrives once")
  func memory() async throws {
    let field = try KillField()
    try await field.start(0)
    // Addresses for the start and little more; no time for a debugger's report when it falls.
    try await field.start(
      1, environment: ["SWIFT_BACKTRACE": "enable=no"], by: "ulimit -v 750000\nexec \"$NODE\" \"$@\"")
    let ids = try await submit(8, field)
    _ = try await field.hasDied(1, within: .seconds(3))
    field.kill(1)
    try await field.start(1)
    try await expectOnce(ids, field)
    try await field.stop(0)
    try await field.stop(1)
    try await field.expectNothingLeft()
  }

  @Test(
    "Q8: a file system of 20 MB is full: the node says so and refuses, and when there is room again all arrives once",
    .enabled(if: canMount))
  func smallDisk() async throws {
    let field = try KillField(furtherSettings: "limits:\n  reserve: 2 MB\n")
    let data = field.federation.nodeB.data
    try FileManager.default.createDirectory(at: data, withIntermediateDirectories: true)
    try field.addOperations(1)
    try await field.start(0)
    try await field.start(
      1,
      by: """
        exec unshare -m bash -c 'mount -t tmpfs -o size=20m,mode=700 tmpfs "$0" && exec "$@"' '\(data.path)' "$NODE" "$@"
        """)
    let node = Inside(process: try #require(field.process(1)), settings: field.federation.nodeB.settings.path)

    let first = try await field.relays[0].submit(field.draft("first"))
    #expect(try await node.has(1, of: "NEW"))
    let filler = "/proc/\(node.process)/root\(data.path)/filler"
    #expect(fill(filler) > 0)
    #expect(try await node.run("status").output.contains("0 bytes free; nothing new is taken below 2.0 MB: NOW"))
    let second = try await field.relays[0].submit(field.draft("second"))
    #expect(try await said("503", of: second, field.relays[0]))
    #expect(try await node.has(1, of: "NEW"))
    // What cannot be told of in the audit trail is not shown.
    #expect(try await node.run("messages", "list").exitCode == 2)
    let health = try await node.run("health")
    #expect(health.exitCode == 1 && health.output.contains("fail  disk"), "\(health.output)\(health.complaint)")
    #expect(try await !field.hasDied(1, within: .milliseconds(500)))

    #expect(unlink(filler) == 0)
    #expect(try await node.has(2, of: "NEW"))
    #expect(try await node.run("health").exitCode == 0)
    #expect(try await node.messages() == [second.value, first.value])
    for id in [first, second] {
      // Saving compares the attachment with its digest.
      let folder = try TemporaryFolder()
      #expect(try await node.run("messages", "save", id.value, "--out", folder.url.path).exitCode == 0)
      #expect(try await field.isAccepted(id))
    }
    try await field.stop(0)
    try await field.stop(1)
  }

  private static let canMount: Bool = {
    let process = Process()
    process.executableURL = URL(filePath: "/usr/bin/env")
    process.arguments = ["unshare", "-m", "mount", "-t", "tmpfs", "tmpfs", "/mnt"]
    process.standardError = FileHandle.nullDevice
    let isDone = (try? process.run()) != nil
    if isDone { process.waitUntilExit() }
    guard isDone, process.terminationStatus == 0 else {
      print("06 Resources: the small file system is skipped, this user may not mount one (unshare -m)")
      return false
    }
    return true
  }()

  private func submit(_ count: Int, _ field: KillField) async throws -> [MessageID] {
    var ids: [MessageID] = []
    for number in 0..<count { ids.append(try await field.relays[0].submit(field.draft("scarce-\(number)"))) }
    return ids
  }

  private func expectOnce(_ ids: [MessageID], _ field: KillField) async throws {
    for (number, id) in ids.enumerated() {
      #expect(try await field.isDelivered(id))
      try await field.expectExactlyOnce(id, "scarce-\(number)", "with scarce resources")
    }
  }

  private func said(_ words: String, of id: MessageID, _ relay: Relay) async throws -> Bool {
    for _ in 0..<500 {
      let events = try relay.message(id).first.map { try relay.events(of: $0) } ?? []
      if events.contains(where: { $0.text.contains(words) }) { return true }
      try await Task.sleep(for: .milliseconds(20))
    }
    return false
  }

  /// Writes until there is no room.
  /// - Returns: the file's size.
  private func fill(_ path: String) -> Int {
    let descriptor = open(path, O_WRONLY | O_CREAT | O_CLOEXEC, 0o600)
    guard descriptor >= 0 else { return 0 }
    defer { close(descriptor) }
    let piece = [UInt8](repeating: 0, count: 4_096)
    var size = 0
    while true {
      let count = write(descriptor, piece, piece.count)
      guard count > 0 else { return size }
      size += count
    }
  }
}

/// A node with file systems of its own, which only commands beside it can see.
private struct Inside {
  let process: Int32
  let settings: String

  func run(_ arguments: String...) async throws -> CommandResult {
    try await Sdkrelay.run(arguments + ["--config", settings], beside: process)
  }

  /// The ids of its messages, the newest first.
  func messages() async throws -> [String] {
    let list = try await run("messages", "list", "--json").output
    let messages = try #require(try JSONSerialization.jsonObject(with: Data(list.utf8)) as? [[String: Any]])
    return messages.compactMap { $0["id"] as? String }
  }

  func has(_ count: Int, of status: String) async throws -> Bool {
    for _ in 0..<150 {
      let counts = try await run("status", "--json").json()["messages"] as? [String: Int]
      if counts?[status] == count { return true }
      try await Task.sleep(for: .milliseconds(100))
    }
    return false
  }
}

/// Connections that say nothing.
private final class Crowd {
  private var sockets: [Int32] = []

  init(of count: Int, at url: String) throws {
    var address = sockaddr_in()
    address.sin_family = sa_family_t(AF_INET)
    address.sin_port = UInt16(try #require(URL(string: url)?.port)).bigEndian
    address.sin_addr.s_addr = inet_addr("127.0.0.1")
    for _ in 0..<count {
      let descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue) | Int32(SOCK_NONBLOCK.rawValue), 0)
      _ = withUnsafePointer(to: &address) { pointer in
        pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
          connect(descriptor, $0, socklen_t(MemoryLayout<sockaddr_in>.size))
        }
      }
      sockets.append(descriptor)
    }
  }

  func leave() {
    for descriptor in sockets { close(descriptor) }
    sockets = []
  }

  deinit { leave() }
}
