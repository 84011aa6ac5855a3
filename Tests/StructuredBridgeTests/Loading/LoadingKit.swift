import Foundation
import GRDB
import Mailbox
import Synchronization
import XMLSecurity

@testable import SDKRelay
@testable import StructuredBridge

/// A node and files of cases for it.
final class LoadingKit: Sendable {
  let kit: BridgeKit
  let folder: URL
  static let heading =
    "organisation,counterparty,person,opened,closed,ownCaseNumber,events,protection,protectionChecked"

  init(_ change: (inout BridgeSettings, inout NodeSettings, URL) throws -> Void = { _, _, _ in }) throws {
    kit = try BridgeKit(change)
    folder = FileManager.default.temporaryDirectory.appending(path: "loading-\(randomUUID())")
    try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
  }

  /// For a node that is there.
  init(_ kit: BridgeKit) throws {
    self.kit = kit
    folder = FileManager.default.temporaryDirectory.appending(path: "loading-\(randomUUID())")
    try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
  }

  deinit {
    try? FileManager.default.removeItem(at: folder)
  }

  /// A row under ``heading``.
  func row(
    _ place: Int = 0, opened: String = "2026-09-01", closed: String = "", dnr: String? = nil, events: String = "",
    protection: String = ",", counterparty: String = BridgeKit.counterparty.value
  ) -> String {
    let dnr = dnr ?? "KOM-2026/\(place)"
    let person = BridgeKit.person(place).whole
    return "\(kit.tenant.value),\(counterparty),\(person),\(opened),\(closed),\(dnr),\(events),\(protection)"
  }

  func file(_ rows: [String], heading: String = heading, ending: String = "\n") -> [UInt8] {
    Array(([heading] + rows).map { $0 + ending }.joined().utf8)
  }

  struct Result {
    let summary: LoadingSummary
    let refusals: [RowRefusal]

    var counts: [Int] { [summary.taken, summary.known, summary.refused] }
    var codes: [String] { refusals.map(\.code) }
  }

  func load(
    _ bytes: [UInt8], as format: LoadingFormat = .csv, name: String = "cases", dry: Bool = false,
    stopAfter batches: Int = .max
  ) async throws -> Result {
    let file = folder.appending(path: name)
    try Data(bytes).write(to: file)
    let refusals = Refusals()
    let asked = Refusals()
    let stop: @Sendable () -> Bool = { asked.count() > batches }
    let who = Principal.operator("test")
    let report: @Sendable (RowRefusal) -> Void = { refusals.add($0) }
    let summary =
      dry
      ? try await kit.bridge.tryLoading(
        file.path, as: format, by: who, at: BridgeKit.now, isStopped: stop, report: report)
      : try await kit.bridge.load(file.path, as: format, by: who, at: BridgeKit.now, isStopped: stop, report: report)
    return Result(summary: summary, refusals: refusals.all)
  }

  /// Why the file as a whole is refused; nil where it is not.
  func refusal(_ bytes: [UInt8], as format: LoadingFormat = .csv) async throws -> LoadingProblem? {
    do {
      _ = try await load(bytes, as: format)
      return nil
    } catch let problem as LoadingProblem {
      return problem
    }
  }

  func count(_ table: String) async throws -> Int {
    try await kit.bridge.mailbox.relay.write { try Int.fetchOne($0, sql: "SELECT count(*) FROM \(table)") ?? 0 }
  }

  func counts(_ tables: String...) async throws -> [Int] {
    var found: [Int] = []
    for table in tables { found.append(try await count(table)) }
    return found
  }

  private final class Refusals: Sendable {
    private let state = Mutex<(found: [RowRefusal], asked: Int)>(([], 0))

    func add(_ refusal: RowRefusal) { state.withLock { $0.found.append(refusal) } }

    var all: [RowRefusal] { state.withLock { $0.found } }

    func count() -> Int {
      state.withLock {
        $0.asked += 1
        return $0.asked
      }
    }
  }
}
