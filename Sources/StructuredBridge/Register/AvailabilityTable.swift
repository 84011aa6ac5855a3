import Foundation
import GRDB
import SDKRelay

/// How the structured interface was when it was last looked at: one row an organisation, and one with an empty name for
/// what was said of all.
enum AvailabilityTable {
  static let schema = """
    CREATE TABLE interfaceAvailability (
      participant TEXT PRIMARY KEY,
      state TEXT NOT NULL,
      observedAt INTEGER NOT NULL
    ) STRICT;

    """

  /// Keeps the latest.
  static func keep(_ availability: InterfaceAvailability, in db: Database) throws -> FactOutcome {
    try db.change(
      sql: """
        INSERT INTO interfaceAvailability (participant, state, observedAt) VALUES (?, ?, ?)
        ON CONFLICT (participant) DO UPDATE SET state = excluded.state, observedAt = excluded.observedAt
          WHERE excluded.observedAt > interfaceAvailability.observedAt
        """,
      arguments: [
        availability.tenant?.comparable ?? "", availability.state.rawValue, availability.observed.milliseconds,
      ])
    return db.changesCount == 1 ? .taken(nil) : .known(nil)
  }

  /// The latest that was said of the organisation or of all; absent where nothing was.
  static func state(of tenant: ParticipantID, in db: Database) throws -> ChannelQuestion.Interface {
    let row = try db.row(
      sql: """
        SELECT state FROM interfaceAvailability WHERE participant IN (?, '') ORDER BY observedAt DESC LIMIT 1
        """, arguments: [tenant.comparable])
    return row.flatMap { ChannelQuestion.Interface(rawValue: $0["state"]) } ?? .absent
  }
}
