public import Foundation
import GRDB
public import SDKRelay

/// A message about a protected person, as those see it who work in its mailbox and whom it is not for: that it is there, when
/// it came and how it stands ("Skyddad uppgift"). Nothing of whom it is from or about.
public struct ConcealedMessage: Hashable, Sendable {
  public let id: MessageID
  public let mailbox: MailboxID
  public let direction: MessageDirection
  public let status: MessageStatus
  /// When this node took it.
  public let stored: Date
  /// Where it stands in the list.
  public let row: Int64
}

extension MailboxService {
  /// The messages in the user's mailboxes that are not for the user, newest first. Technical clients are told of none.
  /// - Parameters:
  ///   - before: only messages with a smaller number than this (``ConcealedMessage/row``).
  ///   - limit: at most so many, 1 to 500.
  public func concealed(
    in mailbox: MailboxID? = nil, before: Int64 = .max, limit: Int = 50, for principal: Principal, at now: Date = .now
  ) throws -> [ConcealedMessage] {
    guard case .user = principal else { return [] }
    let clear = AccessFilter(messages: principal, .list, at: now)
    let known = AccessFilter(
      principal, .list, at: now, participant: "message.participant", mailbox: "message.mailbox", isProtected: "0")
    return try relay.read { db in
      try Row.fetchAll(
        db.cachedStatement(
          sql: """
            SELECT message.id, messageId, message.participant, message.mailbox, direction, status, storedAt
            FROM messageRecord CROSS JOIN message ON message.id = messageRow
            WHERE isProtected <> 0 AND messageRow < ?1 AND (?2 IS NULL OR message.participant = ?2)
              AND (?3 IS NULL OR message.mailbox = ?3) AND \(known.sql) AND NOT \(clear.sql)
            ORDER BY messageRow DESC LIMIT ?
            """),
        arguments: [before, mailbox?.participant.comparable, mailbox?.address.value] + known.arguments
          + clear.arguments + [min(max(limit, 1), 500)]
      ).map(ConcealedMessage.init)
    }
  }
}

extension ConcealedMessage {
  fileprivate init(_ row: Row) throws {
    guard let id = MessageID(row["messageId"]), let direction = MessageDirection(rawValue: row["direction"]),
      let status = MessageStatus(rawValue: row["status"])
    else { throw DatabaseError(message: "a message's row holds a word this version does not know") }
    self.init(
      id: id, mailbox: MailboxID(try ParticipantID(row["participant"]), try FunctionalAddress(row["mailbox"])),
      direction: direction, status: status, stored: Date(milliseconds: row["storedAt"]), row: row["id"])
  }
}
