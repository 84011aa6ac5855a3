public import Foundation
import GRDB
public import SDKRelay

/// Which messages to list, oldest first. Every condition narrows; an empty query means all that may be seen.
public struct MessageQuery: Sendable {
  /// By the statuses that clients are shown; empty for any.
  public var statuses: Set<MessageStatus> = []
  /// The functional address the message comes from, and the one it goes to.
  public var sender: FunctionalAddress?
  public var recipient: FunctionalAddress?
  /// By the time its writer gave it; both ends count.
  public var createdFrom: Date?
  public var createdTo: Date?
  /// Only messages stored after the one with this number: the last of the former page (``StoredMessage/row``).
  public var after: Int64 = 0
  /// At most so many, from 1.
  public var limit = 100

  public init() {}
}

extension MessageQuery {
  /// The messages of one mailbox that match.
  func fetch(in mailbox: MailboxID, for principal: Principal, at now: Date, in db: Database) throws -> [StoredMessage] {
    let access = AccessFilter(
      principal, .list, at: now, participant: "message.participant", mailbox: "message.mailbox",
      isProtected: "messageRecord.isProtected")
    var conditions = [
      "message.participant = ?", "message.mailbox = ?", "message.id > ?", "takenAt IS NULL", access.sql,
    ]
    var arguments: StatementArguments = [mailbox.participant.comparable, mailbox.address.value, after]
    arguments += access.arguments
    func add(_ condition: String, _ values: StatementArguments) {
      conditions.append(condition)
      arguments += values
    }
    if !statuses.isEmpty {
      let marks = statuses.map { _ in "?" }.joined(separator: ", ")
      add("message.status IN (\(marks))", StatementArguments(statuses.map(\.rawValue)))
    }
    if let sender { add("json_extract(message.sender, '$.mailbox') = ?", [sender.value]) }
    if let recipient { add("json_extract(message.recipient, '$.mailbox') = ?", [recipient.value]) }
    if let createdFrom { add("message.createdAt >= ?", [createdFrom.milliseconds]) }
    if let createdTo { add("message.createdAt <= ?", [createdTo.milliseconds]) }
    return try Row.fetchAll(
      db,
      sql: """
        SELECT \(StoredMessage.columns) FROM message JOIN messageRecord ON messageRow = message.id
        WHERE \(conditions.joined(separator: " AND ")) ORDER BY message.id LIMIT ?
        """, arguments: arguments + [limit]
    ).map(StoredMessage.init)
  }
}
