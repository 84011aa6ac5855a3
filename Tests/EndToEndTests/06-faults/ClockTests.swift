import Foundation
import Testing

@testable import SDKRelay

/// A node whose clock is set while it runs (threats.md I11).
@Suite("06 Clock", .serialized, .enabled(if: SetClock.isPossible), .timeLimit(.minutes(2)))
struct ClockTests {
  @Test("I11: set back by half an hour, a node sends what waits, at once and once, and says that it was set")
  func back() async throws {
    let field = try KillField()
    let clock = try SetClock()
    try await field.start(0, environment: clock.environment)
    // Nobody answers, so that all wait for a repetition.
    let ids = try await submit(3, field)
    try await Task.sleep(for: .seconds(2))
    try clock.set(by: -1_800)
    try await field.start(1)
    try await expectOnce(ids, field)
    #expect(try said(field).contains { $0.hasPrefix("the system's clock was set back by 1") })
    try await field.stop(0)
    try await field.stop(1)
  }

  @Test("I11: started with a clock that was set back meanwhile, a node does not wait for the old time")
  func backWhileStopped() async throws {
    let field = try KillField()
    let clock = try SetClock()
    try clock.set(by: 1_200)
    try await field.start(0, environment: clock.environment)
    let ids = try await submit(2, field)
    try await Task.sleep(for: .seconds(2))
    field.kill(0)
    try clock.set(by: 0)
    try await field.start(0, environment: clock.environment)
    try await field.start(1)
    try await expectOnce(ids, field)
    try await field.stop(0)
    try await field.stop(1)
  }

  @Test("I11: set forward by half an hour, what waits is tried once more; then it has arrived, or its sender is told")
  func forward() async throws {
    let field = try KillField()
    let clock = try SetClock()
    try await field.start(0, environment: clock.environment)
    let start = Date()
    let waiting = try await submit(3, field)
    try await Task.sleep(for: .seconds(1))
    try clock.set(by: 1_800)
    try await field.start(1)
    for id in waiting { #expect(try await ended(id, field) != nil) }
    let later = try await submit(3, field, named: "later")
    try await expectOnce(later, field, named: "later")
    for (number, id) in waiting.enumerated() {
      let sent = try #require(try field.messages("clock-\(number)", on: 0).first)
      let received = try field.messages("clock-\(number)", on: 1)
      #expect(received.count == (sent.status == .accepted ? 1 : 0))
      #expect(sent.id == id)
      // The attempts that failed after the clock was set, besides the last, which ends it.
      let attempts = try field.relays[0].events(of: sent).filter { event in
        event.text.hasPrefix("attempt ") && event.time > start.addingTimeInterval(900)
      }
      #expect(attempts.count <= 1, "no storm")
    }
    try await field.stop(0)
    try await field.stop(1)
  }

  private func submit(_ count: Int, _ field: KillField, named name: String = "clock") async throws -> [MessageID] {
    var ids: [MessageID] = []
    for number in 0..<count { ids.append(try await field.relays[0].submit(field.draft("\(name)-\(number)"))) }
    return ids
  }

  private func expectOnce(_ ids: [MessageID], _ field: KillField, named name: String = "clock") async throws {
    for (number, id) in ids.enumerated() {
      #expect(try await field.isDelivered(id, within: .seconds(20)))
      try await field.expectExactlyOnce(id, "\(name)-\(number)", "after the clock was set")
    }
  }

  private func ended(_ id: MessageID, _ field: KillField) async throws -> MessageStatus? {
    for _ in 0..<1_000 {
      if let status = try field.relays[0].message(id).first?.status, status.isFinal { return status }
      try await Task.sleep(for: .milliseconds(20))
    }
    return nil
  }

  private func said(_ field: KillField) throws -> [String] {
    try field.relays[0].events(after: 0, limit: 1_000).map(\.text)
  }
}

/// The wall clock of a process, which can be set while it runs.
final class SetClock {
  private let folder = try? TemporaryFolder()
  private let file: URL

  static var isPossible: Bool { library != nil }
  private static let library = Preloaded.library("clock")

  init() throws {
    file = try #require(folder).url.appending(path: "clock")
    try set(by: 0)
  }

  var environment: [String: String] { ["LD_PRELOAD": Self.library ?? "", "CLOCK_FILE": file.path] }

  /// - Parameter seconds: how far from the true time.
  func set(by seconds: Int) throws { try Data("\(seconds)".utf8).write(to: file, options: .atomic) }
}
