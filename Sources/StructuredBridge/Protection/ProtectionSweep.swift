import Foundation
import GRDB
import Logging
import Mailbox
import SDKRelay

extension Bridge {
  /// Covers what is about persons whose answer has grown old while nobody told of a newer one, until there is nothing left to
  /// cover. Looks again every few seconds while the node runs.
  func coverStale() async {
    while !Task.isCancelled {
      do {
        while try await coverNextStale(at: .now), !Task.isCancelled {}
      } catch {
        logger.error("what is about protected persons cannot be covered", metadata: ["reason": "\(error)"])
      }
      try? await Task.sleep(for: ProtectionWatch.glance)
    }
  }

  /// Covers what is about some of them.
  /// - Returns: whether there may be more.
  func coverNextStale(at now: Date) async throws -> Bool {
    let (settings, tenants) = (settings, tenants)
    let oldest = now - TimeInterval(settings.protectionLimit.components.seconds)
    return try await mailbox.relay.write { db in
      let register = try CaseRegister(settings, tenants, at: now, in: db)
      let rows = try Row.fetchAll(
        db.cachedStatement(
          sql: """
            SELECT person.id, participant FROM personProtection CROSS JOIN person ON person.id = personRow
            WHERE checkedAt < ? AND isCovered = 0 AND mergedInto IS NULL LIMIT ?
            """), arguments: [oldest.milliseconds, Self.coveredTogether])
      for row in rows {
        try Linking(register: register).cover(person: row["id"], of: ParticipantID(row["participant"]))
      }
      return rows.count == Self.coveredTogether
    }
  }

  private static let coveredTogether = 100
}
