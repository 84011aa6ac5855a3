public import Foundation
import GRDB
public import SDKRelay

/// Where one copy of a message stands: enough to follow it, and nothing of what it says.
public struct MessageStanding: Hashable, Sendable {
  public let id: MessageID
  public let mailbox: MailboxID
  public let direction: MessageDirection
  public let status: MessageStatus
  /// When this node took it.
  public let stored: Date
}

extension MailboxService {
  /// Where the messages stand that the principal may list; the others are left out, whether they are there or not.
  /// - Parameter ids: at most 1,000; what is beyond is not looked for.
  public func standings(
    of ids: [MessageID], for principal: Principal, at now: Date = .now
  ) throws -> [MessageStanding] {
    let access = AccessFilter(messages: principal, .list, at: now)
    let wanted = String(decoding: try JSONEncoder().encode(ids.prefix(1_000).map(\.value)), as: UTF8.self)
    return try relay.read { db in
      try Row.fetchAll(
        db.cachedStatement(
          sql: """
            SELECT messageId, message.participant, message.mailbox, message.direction, message.status, message.storedAt
            FROM message JOIN messageRecord ON messageRow = message.id
            WHERE messageId IN (SELECT value FROM json_each(?)) AND \(access.sql) ORDER BY message.id
            """), arguments: [wanted] + access.arguments
      ).map(MessageStanding.init)
    }
  }
}

extension MessageStanding {
  fileprivate init(_ row: Row) throws {
    guard let id = MessageID(row["messageId"]), let direction = MessageDirection(rawValue: row["direction"]),
      let status = MessageStatus(rawValue: row["status"])
    else { throw DatabaseError(message: "a message's row holds a word this version does not know") }
    self.init(
      id: id, mailbox: MailboxID(try ParticipantID(row["participant"]), try FunctionalAddress(row["mailbox"])),
      direction: direction, status: status, stored: Date(milliseconds: row["storedAt"]))
  }
}
