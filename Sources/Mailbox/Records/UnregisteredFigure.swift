public import Foundation
import GRDB
import SDKRelay

/// How much of a mailbox is not registered.
public struct UnregisteredFigure: Hashable, Sendable {
  public let mailbox: MailboxID
  public let unregistered: Int
  /// Unregistered for more than a working day: a whole working day has passed since the day on which it came or was
  /// sent.
  public let overdue: Int
  /// When the one that waits longest came or was sent.
  public let oldest: Date?
}

extension MailboxService {
  /// For each mailbox where the principal may list messages, without what it may not see there. It counts what is
  /// unregistered, so it costs more the more that is.
  public func unregistered(for principal: Principal, at now: Date = .now) throws -> [UnregisteredFigure] {
    let border = WorkingDays.last(before: Day(containing: now)).start.milliseconds
    let access = AccessFilter(
      principal, .list, at: now, participant: "registerEntry.participant", mailbox: "registerEntry.mailbox",
      isProtected: "messageRecord.isProtected")
    return try relay.read { db in
      let reach = try Access.reach(of: principal, .list, at: now, in: db).mailboxes
      return try reach.sorted { $0.description < $1.description }.map { mailbox in
        let row = try db.row(
          sql: """
            SELECT count(*) AS unregistered, coalesce(sum(date < ?), 0) AS overdue, min(date) AS oldest
            FROM registerEntry CROSS JOIN messageRecord USING (messageRow)
            WHERE registerEntry.participant = ? AND registerEntry.mailbox = ? AND state = 'unregistered'
              AND culledAt IS NULL AND \(access.sql)
            """,
          arguments: [border, mailbox.participant.comparable, mailbox.address.value] + access.arguments)
        return UnregisteredFigure(
          mailbox: mailbox, unregistered: row?["unregistered"] ?? 0, overdue: row?["overdue"] ?? 0,
          oldest: (row?["oldest"] as Int64?).map(Date.init(milliseconds:)))
      }
    }
  }
}
