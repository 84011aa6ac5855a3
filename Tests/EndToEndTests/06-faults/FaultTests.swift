import Foundation
import Testbed
import Testing

@testable import SDKRelay

/// Real processes on a disk that fails (threats.md Q8): what was promised holds, and what was not is taken again.
@Suite("06 Disk faults", .serialized, .enabled(if: DiskFault.isPossible), .timeLimit(.minutes(4)))
struct FaultTests {
  @Test("Q8, invariants 1, 2, 6: a sync of the receiver's log fails: it stops; what it signed for is there afterwards")
  func receiverSync() async throws {
    let field = try KillField()
    let fault = try DiskFault("sync", at: "relay.sqlite-wal")
    try await field.start(0)
    try await field.start(1, environment: fault.environment)
    fault.begin()
    let id = try await field.relays[0].submit(field.draft("sync"))
    #expect(try await field.hasDied(1), "the node goes on though it does not know what the disk holds")
    fault.end()
    try await field.start(1)
    #expect(try await field.isDelivered(id))
    try await field.expectExactlyOnce(id, "sync", "after a failed sync")
    try await field.stop(0)
    try await field.stop(1)
    try await field.expectNothingLeft()
  }

  @Test("Q8: a sync fails while a message is handed in: it is refused, and is either gone or goes with its attachment")
  func senderSync() async throws {
    let field = try KillField()
    let fault = try DiskFault("sync", at: "relay.sqlite-wal")
    let draft = try field.draft("handed-in")
    fault.begin()
    let result = try await Sdkrelay.run(
      "send", "--config", field.federation.nodeA.settings.path, "--from", draft.sender.address.value,
      "--to", "\(draft.recipient.participant.value)/\(draft.recipient.address.value)", "--subject", "handed-in",
      "--text", KillField.marker, "--attach", draft.attachments[0].file.path, environment: fault.environment)
    fault.end()
    #expect(result.exitCode == 2)
    try await field.start(0)
    try await field.start(1)
    for message in try field.messages("handed-in", on: 0) {
      #expect(try await field.isDelivered(message.id))
      try await field.expectExactlyOnce(message.id, "handed-in", "after a failed sync")
    }
    try await field.stop(0)
    try await field.stop(1)
    try await field.expectNothingLeft()
  }

  @Test("Q8: the disk is full for a while: the node lives, takes nothing, and everything arrives without a hand")
  func full() async throws {
    let field = try KillField()
    let fault = try DiskFault("full", at: "/data/")
    try await field.start(0)
    try await field.start(1, environment: fault.environment)
    fault.begin()
    let id = try await field.relays[0].submit(field.draft("full"))
    try await Task.sleep(for: .seconds(4))
    #expect(try await !field.hasDied(1, within: .milliseconds(10)))
    #expect(try field.messages("full", on: 1).isEmpty)
    fault.end()
    #expect(try await field.isDelivered(id))
    try await field.expectExactlyOnce(id, "full", "after a full disk")
    try await field.stop(0)
    try await field.stop(1)
    try await field.expectNothingLeft()
  }

  @Test("Q8: every write takes half of what it is given: nothing is cut short")
  func short() async throws {
    let field = try KillField()
    let fault = try DiskFault("short", at: "/data/")
    fault.begin()
    try await field.start(0, environment: fault.environment)
    try await field.start(1, environment: fault.environment)
    let id = try await field.relays[0].submit(field.draft("short"))
    #expect(try await field.isDelivered(id))
    try await field.expectExactlyOnce(id, "short", "with short writes")
    try await field.stop(0)
    try await field.stop(1)
  }
}

/// A disk fault that can be switched on and off while a process runs.
final class DiskFault {
  private let folder: TemporaryFolder
  private let call: String
  private let match: String

  /// Whether there is a compiler for the faulty calls; Swift brings one along.
  static var isPossible: Bool { library != nil }
  private static let library = Preloaded.library("fault")

  init(_ call: String, at match: String) throws {
    folder = try TemporaryFolder()
    self.call = call
    self.match = match
  }

  var environment: [String: String] {
    [
      "LD_PRELOAD": Self.library ?? "", "FAULT_CALL": call, "FAULT_MATCH": match, "FAULT_FLAG": flag.path,
    ]
  }

  func begin() { _ = FileManager.default.createFile(atPath: flag.path, contents: nil) }
  func end() { try? FileManager.default.removeItem(at: flag) }

  private var flag: URL { folder.url.appending(path: "flag") }
}
