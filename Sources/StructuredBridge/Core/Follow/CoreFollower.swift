import Foundation
import GRDB
import Logging
import Mailbox
import SDKRelay

/// Fetches what is new at the structured core, for each organisation and list from where it was left, at intervals.
///
/// Facts are taken first and the cursor moves then: after a crash between the two the page comes again, and what was taken is
/// known. While the core is down nothing else is disturbed; it goes on from the cursor later. An answer that is wrong moves
/// nothing either. The first failure of a day is an alarm.
struct CoreFollower: Sendable {
  let core: any StructuredCore
  let settings: CoreSettings
  let relay: Relay
  let sink: any FactSink
  let logger: Logger
  /// How the interface is, as its client knows.
  let availability: @Sendable () -> InterfaceAvailability?
  var now: @Sendable () -> Date = { .now }

  /// Pages of one list in a round: a list without end must not keep the others waiting.
  var longestRound = 200

  /// Rounds until cancelled.
  func run() async {
    while !Task.isCancelled {
      await round()
      try? await Task.sleep(for: settings.interval * Double.random(in: 0.9...1.1))
    }
  }

  /// Everything that is new now.
  func round() async {
    for tenant in settings.tenants.map(\.participant) {
      for list in settings.followed {
        guard !Task.isCancelled else { return }
        await follow(list, of: tenant)
      }
    }
    do {
      guard let availability = availability() else { return }
      // Other organisations of the node may have clients of their own.
      let facts = settings.tenants.map { tenant in
        var fact = availability
        fact.tenant = tenant.participant
        return StructuredFact.availability(fact)
      }
      try await sink.take(facts, head: nil)
    } catch {
      logger.error("how the structured core is cannot be noted", metadata: ["reason": "\(error)"])
    }
  }

  private func follow(_ list: CoreList, of tenant: ParticipantID) async {
    do {
      var state = try relay.read { try CoreTable.fetch(list, of: tenant, in: $0) }
      guard state.ended == nil else { return }
      do throws(StepFailure) {
        try await pages(list, of: tenant, &state)
      } catch {
        try await fail(list, of: tenant, &state, error)
      }
    } catch {
      logger.error("a list of the structured core cannot be followed", metadata: ["reason": "\(error)"])
    }
  }

  /// Why a round ended before its end.
  private struct StepFailure: Error {
    let reason: String
    /// Whether others' data came: that is told each time.
    var isBreach = false
  }

  private func pages(
    _ list: CoreList, of tenant: ParticipantID, _ state: inout CoreTable.State
  ) async throws(StepFailure) {
    var seen: Set<CoreCursor> = state.cursor.map { [$0] } ?? []
    for _ in 0..<longestRound {
      let answer: CoreAnswer<CorePage>
      do {
        answer = try await core.page(of: list, after: state.cursor, of: tenant, as: .system)
      } catch {
        throw StepFailure(reason: "\(error)", isBreach: error.isBreach)
      }
      let page = answer.value
      if page.hasMore, !seen.insert(page.next).inserted {
        throw StepFailure(reason: "\(CoreProblem(.paging, detail: "a cursor comes again"))")
      }
      do {
        if !page.facts.isEmpty { try await sink.take(page.facts, head: answer.head) }
        try await move(list, of: tenant, &state, page)
      } catch {
        throw StepFailure(reason: "what came cannot be stored: \(error)")
      }
      if !page.hasMore { return }
    }
    throw StepFailure(
      reason: "\(CoreProblem(.paging, detail: "more than \(longestRound) pages; the rest comes later"))")
  }

  private func move(
    _ list: CoreList, of tenant: ParticipantID, _ state: inout CoreTable.State, _ page: CorePage
  ) async throws {
    var next = state
    next.failingSince = nil
    if next.cursor != page.next { (next.cursor, next.moved) = (page.next, now()) }
    // What there was before the first connection is there once.
    if list == .firstLoading, !page.hasMore { next.ended = now() }
    guard next != state else { return }
    let moved = next
    try await relay.write { try CoreTable.keep(moved, list, of: tenant, in: $0) }
    state = next
  }

  private func fail(
    _ list: CoreList, of tenant: ParticipantID, _ state: inout CoreTable.State, _ failure: StepFailure
  ) async throws {
    let now = now()
    logger.notice(
      "a list of the structured core cannot be followed now",
      metadata: ["list": "\(list.rawValue)", "organisation": "\(tenant)", "reason": "\(failure.reason)"])
    let isFirst = state.failingSince.map { now.timeIntervalSince($0) >= 86_400 || $0 > now } ?? true
    guard isFirst || failure.isBreach else { return }
    // First the alarm: after a crash between the two it comes twice rather than never.
    try await relay.record(
      "the list \(list.rawValue) of the structured core cannot be followed for \(tenant): \(failure.reason)",
      isAlarm: true)
    state.failingSince = now
    let kept = state
    try await relay.write { try CoreTable.keep(kept, list, of: tenant, in: $0) }
  }
}
