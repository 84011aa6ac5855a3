public import Foundation
import GRDB
public import SDKRelay

/// How many messages there are of one direction and status.
public struct MessageCount: Hashable, Sendable {
  public let direction: MessageDirection
  public let status: MessageStatus
  public let messages: Int
}

/// How the node stands, in numbers without names.
public struct ServiceFigures: Hashable, Sendable {
  public let relay: RelayFigures
  public let messages: [MessageCount]
  /// Sent messages that wait for their message receipt longer than an operator was told of.
  public let late: Int
  /// Entries of the audit trail.
  public let auditEntries: Int64
  public let time: Date
}

extension MailboxService {
  /// The figures now. They cost the same whatever number of messages there is.
  public func figures(at now: Date = .now) throws -> ServiceFigures {
    let relayFigures = try relay.figures(now: now)
    return try relay.read { db in
      ServiceFigures(
        relay: relayFigures, messages: try CountTable.all(in: db), late: try CountTable.late(in: db),
        auditEntries: try AuditHead.fetch(in: db).number, time: now)
    }
  }

  /// Commits something, which shows that the database takes what is written.
  public func probe(at now: Date = .now) async throws {
    try await relay.write { db in
      try db.change(
        sql: "INSERT INTO probe (id, at) VALUES (1, ?) ON CONFLICT (id) DO UPDATE SET at = excluded.at",
        arguments: [now.milliseconds])
    }
  }
}
