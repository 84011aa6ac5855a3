import Foundation
import GRDB
import Logging
import Mailbox
import SDKRelay

// What happens by the clock while the node runs, some of it at a time so that nobody waits for it.
extension Bridge {
  /// Covers what is about persons whose answer has grown old while nobody told of a newer one, and ends proposals that nobody
  /// has answered. Looks again every few seconds.
  func keepUp() async {
    while !Task.isCancelled {
      do {
        while try await coverNextStale(at: .now), !Task.isCancelled {}
        while try await expireNextProposals(at: .now), !Task.isCancelled {}
      } catch {
        logger.error("the bridge cannot keep up", metadata: ["reason": "\(error)"])
      }
      try? await Task.sleep(for: ProtectionWatch.glance)
    }
  }

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
            """), arguments: [oldest.milliseconds, Self.together])
      for row in rows {
        try Linking(register: register).cover(person: row["id"], of: ParticipantID(row["participant"]))
      }
      return rows.count == Self.together
    }
  }

  /// - Returns: whether there may be more.
  func expireNextProposals(at now: Date) async throws -> Bool {
    let (settings, tenants) = (settings, tenants)
    let oldest = now - TimeInterval(settings.proposalLimit.components.seconds)
    return try await mailbox.relay.write { db in
      let register = try CaseRegister(settings, tenants, at: now, in: db)
      let rows = try Row.fetchAll(
        db.cachedStatement(
          sql: """
            SELECT \(StoredMessage.columns) FROM messageExamination JOIN message ON message.id = messageRow
            WHERE outcome = 'proposed' AND messageExamination.at < ? LIMIT ?
            """), arguments: [oldest.milliseconds, Self.together])
      for row in rows { try Linking(register: register).expire(StoredMessage(row)) }
      return rows.count == Self.together
    }
  }

  private static let together = 100
}
