import Foundation
import GRDB
import Logging
import XMLSecurity

/// Puts right what a crash left behind, at the start and every hour, without a hand (invariants 6 and 8).
///
/// - Temporary files that nobody writes any more go.
/// - Files that no row names go once they are an hour old: a younger one may be about to get its row.
/// - Refused receptions older than the duplicate window are forgotten, a day later than that: a message may be stamped a
///   day ahead, and is refused by its time only when that time is older than the window. Every other one is evidence.
struct Janitor: Sendable {
  let store: Store
  let participants: [ParticipantID]
  let duplicateWindow: Duration
  let logger: Logger
  static let interval = Duration.seconds(3_600)

  /// Sweeps now and every hour, beside the node's work.
  func run() async throws {
    while !Task.isCancelled {
      try await untilPossible(logger) { try await sweep(now: Date()) }
      try await Task.sleep(for: Self.interval)
    }
  }

  /// Before anything is received: every temporary file of a reception is left over from the former process.
  func clearIncoming() {
    let names = (try? FileManager.default.contentsOfDirectory(atPath: store.layout.incoming.path)) ?? []
    for name in names where name.hasPrefix(SpoolFile.temporaryPrefix) {
      unlink(store.layout.incoming.appending(path: name).path)
    }
  }

  func sweep(now: Date) async throws {
    let before = now.addingTimeInterval(-Self.interval.seconds)
    var removed = remove(in: store.layout.incoming, before: before) { _ in false }
    for participant in participants {
      let sealed = try store.layout.sealed(participant).folder
      removed += try removeUnnamed(in: sealed, before: before, participant, Self.sealedQuery)
      let messages = try store.layout.messages(participant).folder
      removed += try removeUnnamed(in: messages, before: before, participant, Self.messageQuery)
      let quarantine = try store.layout.quarantine(participant).folder
      removed += try removeUnnamed(in: quarantine, before: before, participant, Self.quarantineQuery)
    }
    let window = duplicateWindow + ProcessingMode.federation.maximumAhead
    let forgotten = now.addingTimeInterval(-window.seconds)
    try await store.write { db in try Self.forget(before: forgotten, now: now, in: db) }
    if removed > 0 { logger.notice("removed files left over", metadata: ["count": "\(removed)"]) }
  }

  // An AS4 message is needed until its exchange ends, an envelope for as long as a row names it.
  private static let sealedQuery = """
    SELECT CASE substr(?2, -4)
      WHEN '.as4' THEN EXISTS (
        SELECT 1 FROM transfer WHERE participant = ?1 AND file = substr(?2, 1, length(?2) - 4) AND state = 'queued')
      WHEN '.xhe' THEN EXISTS (
          SELECT 1 FROM reception WHERE participant = ?1 AND file = substr(?2, 1, length(?2) - 4))
        OR EXISTS (SELECT 1 FROM transfer WHERE participant = ?1 AND file = substr(?2, 1, length(?2) - 4))
      ELSE 0 END
    """
  private static let messageQuery = """
    SELECT EXISTS (SELECT 1 FROM attachment WHERE participant = ?1 AND file = ?2)
      OR EXISTS (SELECT 1 FROM heldFile WHERE participant = ?1 AND file = ?2)
    """

  private static let quarantineQuery = """
    SELECT EXISTS (SELECT 1 FROM quarantinedFile WHERE participant = ?1 AND file = ?2)
    """

  private func removeUnnamed(
    in folder: URL, before: Date, _ participant: ParticipantID, _ query: String
  ) throws -> Int {
    try store.read { db in
      let statement = try db.cachedStatement(sql: query)
      return remove(in: folder, before: before) { name in
        (try? Bool.fetchOne(statement, arguments: [participant.comparable, name])) ?? true
      }
    }
  }

  private func remove(in folder: URL, before: Date, unless isNeeded: (String) -> Bool) -> Int {
    let names = (try? FileManager.default.contentsOfDirectory(atPath: folder.path)) ?? []
    var count = 0
    for name in names {
      let path = folder.appending(path: name).path
      let changed = (try? FileManager.default.attributesOfItem(atPath: path))?[.modificationDate] as? Date
      guard let changed, changed < before, !isNeeded(name), !store.layout.isBeingBackedUp else { continue }
      if unlink(path) == 0 { count += 1 }
    }
    return count
  }

  private static func forget(before: Date, now: Date, in db: Database) throws {
    let old = "SELECT id FROM reception WHERE receivedAt < ? AND state = 'refused'"
    try db.change(
      sql: "UPDATE transfer SET receptionRow = NULL WHERE receptionRow IN (\(old))", arguments: [before.milliseconds])
    try db.change(sql: "DELETE FROM evidence WHERE receptionRow IN (\(old))", arguments: [before.milliseconds])
    try db.change(sql: "DELETE FROM reception WHERE id IN (\(old))", arguments: [before.milliseconds])
    let failures = now.addingTimeInterval(-2 * Quarantine.period.seconds)
    try db.change(sql: "DELETE FROM decryptionFailure WHERE at < ?", arguments: [failures.milliseconds])
  }
}
