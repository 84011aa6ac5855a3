import Foundation
import GRDB
import Logging
import Mailbox
import SDKRelay

/// Posts an organisation's news to its case system, one piece at a time and in order, while the node runs.
///
/// What fails is tried again after 10, 20, 40 … seconds, at most an hour apart, and the rest waits behind it: a case system
/// that is told out of order would have to put its case together itself. The first failure of a day is an alarm. Whatever
/// has not been told is there to be fetched (``Bridge/caseNews(after:limit:for:at:)``). The cursor moves once the other side
/// has taken a piece: after a crash between the two it comes again, with the same number.
struct CaseHookWorker: Sendable {
  let bridge: Bridge
  let hook: CaseHook
  let now: @Sendable () -> Date
  /// Takes a piece of news over to the other side.
  let post: @Sendable (_ body: [UInt8], _ time: Date) async throws -> Void

  static let glance = Duration.seconds(1)

  init(
    bridge: Bridge, hook: CaseHook, now: @escaping @Sendable () -> Date = { .now },
    post: (@Sendable (_ body: [UInt8], _ time: Date) async throws -> Void)? = nil
  ) {
    (self.bridge, self.hook, self.now) = (bridge, hook, now)
    self.post = post ?? { try await WebhookClient(host: hook.host).send($0, to: hook.address, at: $1) }
  }

  func run() async {
    while !Task.isCancelled {
      do {
        while try await step() {}
      } catch {
        bridge.logger.error("a case system's webhook cannot be served", metadata: ["reason": "\(error)"])
      }
      try? await Task.sleep(for: Self.glance)
    }
  }

  /// Posts the next piece, if there is one that is due.
  /// - Returns: whether there may be more to do at once.
  func step() async throws -> Bool {
    let relay = bridge.mailbox.relay
    guard var state = try relay.read({ try CaseHookTable.fetch(hook, in: $0) }) else {
      let end = try relay.read { try Int64.fetchOne($0, sql: "SELECT max(id) FROM caseFeed") ?? 0 }
      return try await keep(CaseHookTable.State(number: end))
    }
    // Where the clock was set back, the next time lies far ahead.
    if let next = state.next, now() < next, next < now() + 2 * Self.longestPause { return false }
    let page = try bridge.caseNews(after: state.number, limit: 1, of: hook.tenant)
    guard let news = page.news.first else {
      guard page.end > state.number else { return false }
      state.number = page.end
      return try await keep(state) && page.hasMore
    }
    do {
      try await post(CaseNewsBody(news).json, now())
    } catch {
      try await fail(&state, "\(error)")
      return false
    }
    return try await keep(CaseHookTable.State(number: news.number))
  }

  private func keep(_ state: CaseHookTable.State) async throws -> Bool {
    try await bridge.mailbox.relay.write { [hook] in try CaseHookTable.keep(state, of: hook, in: $0) }
    return true
  }

  private func fail(_ state: inout CaseHookTable.State, _ reason: String) async throws {
    let now = now()
    let isFirst = state.failingSince.map { now.timeIntervalSince($0) >= 86_400 } ?? true
    if isFirst {
      // First the alarm: after a crash between the two it comes twice rather than never.
      try await bridge.mailbox.relay.record(
        "the case system of \(hook.tenant) cannot be told of its cases: \(reason)", isAlarm: true)
      state.failingSince = now
    }
    state.next = now + min(10 * pow(2, Double(min(state.attempts, 10))), Self.longestPause)
    state.attempts += 1
    _ = try await keep(state)
  }

  private static let longestPause: TimeInterval = 3_600
}
