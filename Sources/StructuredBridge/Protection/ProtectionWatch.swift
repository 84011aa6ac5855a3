import Foundation
import GRDB
import Logging
import Mailbox
import SDKRelay

/// Asks the population register about the persons in the register, those first that nobody has asked about for longest, while the
/// node runs: new persons at once, the others again before half their time is over. Of whom there is no answer it asks again
/// after a while, and about everybody else meanwhile. A register that does not answer leaves everything as it is: answers grow
/// old, and who has none counts as protected.
struct ProtectionWatch: Sendable {
  let bridge: Bridge
  let register: any PopulationRegister
  var now: @Sendable () -> Date = { .now }

  static let glance = Duration.seconds(5)
  static let together = 500
  /// How long nobody is asked about again without an answer.
  static let rest: TimeInterval = 600

  func run() async {
    var isFailing = false
    while !Task.isCancelled {
      do {
        while try await round(), !Task.isCancelled {}
        isFailing = false
      } catch {
        if !isFailing {
          bridge.logger.error("the population register cannot be asked", metadata: ["reason": "\(error)"])
          try? await bridge.mailbox.relay.record("the population register cannot be asked: \(error)", isAlarm: true)
        }
        isFailing = true
      }
      try? await Task.sleep(for: isFailing ? .seconds(60) : Self.glance)
    }
  }

  /// Asks about those whose answer is due, once for each organisation.
  /// - Returns: whether answers came and there may be more to ask about.
  func round() async throws -> Bool {
    var hasMore = false
    for tenant in bridge.tenants.sorted(by: { $0.comparable < $1.comparable }) {
      let due = try await due(tenant)
      guard !due.isEmpty else { continue }
      let answers = try await register.protection(of: due.map(\.number), for: tenant, at: now())
      try await note(due.map(\.row))
      let facts = answers.map { number, protection in
        StructuredFact.protectionChanged(
          ProtectionObservation(tenant: tenant, person: number, protection: protection))
      }
      let taken = try await bridge.take(facts, at: now())
      // Answers that are no newer than those we have are no reason to ask again at once.
      let isNews = taken.contains { if case .success(.taken) = $0 { true } else { false } }
      hasMore = hasMore || (isNews && due.count == Self.together)
    }
    return hasMore
  }

  /// They have been asked about.
  private func note(_ rows: [Int64]) async throws {
    let time = now().milliseconds
    try await bridge.mailbox.relay.write { db in
      for row in rows { try db.change(sql: "UPDATE person SET askedAt = ? WHERE id = ?", arguments: [time, row]) }
    }
  }

  private func due(_ tenant: ParticipantID) async throws -> [(row: Int64, number: PersonIdentityNumber)] {
    let (settings, tenants, time) = (bridge.settings, bridge.tenants, now())
    return try await bridge.mailbox.relay.write { db in
      let register = try CaseRegister(settings, tenants, at: time, in: db)
      let limit = TimeInterval(settings.protectionLimit.components.seconds) / 2
      let rows = try Int64.fetchAll(
        db.cachedStatement(
          sql: """
            SELECT person.id FROM person LEFT JOIN personProtection ON personRow = person.id
            WHERE participant = ? AND mergedInto IS NULL AND (checkedAt IS NULL OR checkedAt < ?)
              AND (askedAt IS NULL OR askedAt < ? OR askedAt > ?)
            ORDER BY askedAt LIMIT ?
            """),
        arguments: [
          tenant.comparable, (time - limit).milliseconds, (time - Self.rest).milliseconds, time.milliseconds,
          Self.together,
        ])
      return try rows.compactMap { row in
        let identifiers = try register.persons(tenant).fetch(row).identifiers
        return identifiers.last { $0.ended == nil && $0.number.isMatchKey }.map { (row, $0.number) }
      }
    }
  }
}
