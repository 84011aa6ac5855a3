import Foundation
import GRDB
import Synchronization
import Testing
import XMLSecurity

@testable import Mailbox
@testable import SDKRelay
@testable import StructuredBridge

/// Files that change, large files, and what else goes on meanwhile.
@Suite("The first loading when things go wrong") struct LoadingFaultTests {
  @Test("while a dry run judges a file the node takes messages, and nothing of the copy it is tried on is left")
  func dryRunBeside() async throws {
    let link = try LinkKit()
    let kit = try LoadingKit(link.kit)
    try await link.open(known: [CaseReference(.caseNumber, of: .own, "KOM-2026/0")!])
    let rows = (0..<2_100).map { kit.row($0 % 7, dnr: "D-\($0)") } + [kit.row(1, dnr: "KOM-2026/0")]
    let file = kit.folder.appending(path: "beside")
    try Data(kit.file(rows)).write(to: file)
    let (begun, delivered) = (DispatchSemaphore(value: 0), DispatchSemaphore(value: 0))
    let asked = Atomic(0)
    let inTime = Atomic(false)
    let isStopped: @Sendable () -> Bool = {
      if asked.add(1, ordering: .relaxed).newValue == 2 {
        begun.signal()
        inTime.store(delivered.wait(timeout: .now() + 10) == .success, ordering: .relaxed)
      }
      return false
    }
    async let summary = kit.kit.bridge.tryLoading(
      file.path, as: .csv, by: .operator("test"), at: BridgeKit.now, isStopped: isStopped)
    await Task.detached { begun.wait() }.value
    let message = try await link.deliver()
    delivered.signal()
    let found = try await summary
    let isInTime = inTime.load(ordering: .relaxed)
    #expect(isInTime, "the message was stored while the dry run was under way")
    #expect((found.taken, found.refused, found.rows) == (2_100, 1, 2_101), "what the register knows counts")
    #expect(try await link.outcome(message) == "none 7 nothing 0")
    #expect(try await kit.counts("caseRecord", "caseLoading") == [1, 0])
    let left = try FileManager.default.contentsOfDirectory(atPath: link.kit.bridge.mailbox.relay.temporaryFolder.path)
    #expect(!left.contains { $0.hasPrefix("scratch") })
  }

  @Test("a file that becomes another one while it is read is refused as a whole, and loaded anew gives no doubles")
  func changedWhileRead() async throws {
    for isDry in [true, false] {
      let kit = try LoadingKit()
      let rows = (0..<2_500).map { kit.row($0 % 7, dnr: "D-\($0)") }
      let file = kit.folder.appending(path: "changing")
      try Data(kit.file(rows)).write(to: file)
      let asked = Atomic(0)
      let isStopped: @Sendable () -> Bool = {
        if asked.add(1, ordering: .relaxed).newValue == 2, let handle = try? FileHandle(forWritingTo: file) {
          _ = try? handle.seekToEnd()
          try? handle.write(contentsOf: Data((kit.row(0, dnr: "D-ny") + "\n").utf8))
        }
        return false
      }
      await #expect(throws: LoadingProblem.changed) {
        _ =
          isDry
          ? try await kit.kit.bridge.tryLoading(
            file.path, as: .csv, by: .operator("test"), at: BridgeKit.now, isStopped: isStopped)
          : try await kit.kit.bridge.load(
            file.path, as: .csv, by: .operator("test"), at: BridgeKit.now, isStopped: isStopped)
      }
      if isDry { #expect(try await kit.count("caseRecord") == 0) }
      let again = try await kit.load(Array(Data(contentsOf: file)), name: "changing")
      #expect(again.summary.refused == 0 && again.summary.taken + again.summary.known == 2_501)
      #expect(try await kit.count("caseRecord") == 2_501)
    }
  }

  @Test(
    "a row whose references lead to two cases is refused, and so is one that gives a case somebody else's reference")
  func severalReferences() async throws {
    let kit = try LoadingKit()
    let heading = LoadingKit.heading + ",counterpartCaseNumber"
    func row(_ place: Int, _ own: String, _ theirs: String) -> String { kit.row(place, dnr: own) + "," + theirs }
    let result = try await kit.load(
      kit.file(
        [
          row(0, "K-1", "Af-2026/0000 0001"), row(0, "K-2", "Af-2026/0000 0002"), row(0, "K-1", "af-2026/00000002"),
          row(1, "K-3", "Af-2026/0000 0001"), row(0, "K-1", "Af-2026/0000 0001"),
        ], heading: heading))
    #expect(result.counts == [2, 1, 2] && result.codes == ["severalCases", "otherPerson"])
    #expect(try await kit.counts("caseRecord", "person") == [2, 1])
  }

  /// `script/test-slow` reads a million.
  private static let rows = ProcessInfo.processInfo.environment["SDKRELAY_LOADING_ROWS"].flatMap { Int($0) } ?? 20_000

  @Test(
    "of many rows no more than one lies in memory, and refused ones are counted to the last", .timeLimit(.minutes(20)))
  func many() async throws {
    let kit = try LoadingKit()
    let file = kit.folder.appending(path: "many.csv")
    let handle = try Self.create(file)
    try handle.write(contentsOf: Data((LoadingKit.heading + "\n").utf8))
    let part = Data((0..<1_000).map { kit.row($0 % 9, opened: "igår") + "\n" }.joined().utf8)
    for _ in 0..<(Self.rows / 1_000) { try handle.write(contentsOf: part) }
    try handle.close()
    let before = Self.memory()
    let rows = try LoadingFormat.csv.rows(file.path)
    var count = 0
    while let row = try rows.next() {
      count += 1
      #expect(row.number == count)
    }
    #expect(count == Self.rows)
    #expect(Self.memory() - before < 40_000_000, "in bytes")
  }

  private static func create(_ file: URL) throws -> FileHandle {
    try Data().write(to: file)
    return try FileHandle(forWritingTo: file)
  }

  /// Resident, in bytes.
  private static func memory() -> Int {
    let text = (try? String(contentsOfFile: "/proc/self/statm", encoding: .utf8)) ?? ""
    return (text.split(separator: " ").dropFirst().first.flatMap { Int($0) } ?? 0) * 4_096
  }
}
