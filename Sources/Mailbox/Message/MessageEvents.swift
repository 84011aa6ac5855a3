public import Foundation
import GRDB
public import SDKRelay

/// Something that happened to a message, as those see it who may list the message. Ids and codes, never content.
public struct MessageEvent: Hashable, Sendable {
  /// The number of the node's event list; what is between two of them is for others.
  public let number: Int64
  public let time: Date
  public let mailbox: MailboxID
  public let messageID: MessageID
  public let direction: MessageDirection
  public let conversationID: MessageID
  /// The status the message reached, when the event is a change of status.
  public let status: MessageStatus?
  /// A sentence: what happened and which code.
  public let text: String
}

/// A part of the event list as a principal may see it.
public struct MessageEvents: Sendable {
  /// Oldest first.
  public let events: [MessageEvent]
  /// How far the list was looked through, also where nothing was for whoever asks: the next part begins after it.
  public let end: Int64
  /// Whether there is more of the list already.
  public let hasMore: Bool
  /// Where the principal may list messages now.
  public let reach: Set<MailboxID>
}

extension MailboxService {
  /// The events after the one with this number that are about messages the principal may list now.
  ///
  /// SQLite has one writer at a time, also among processes, so that numbers rise in the order of the commits: none is
  /// ever added before one that has been seen.
  /// - Parameters:
  ///   - number: nil for the end of the list: nothing, and where to begin.
  ///   - limit: at most so many events, 1 to 1,000. An event of a message that two mailboxes of the principal exchanged
  ///     comes once for each of them, and counts as one.
  public func events(
    after number: Int64?, limit: Int = 100, for principal: Principal, at now: Date = .now
  ) throws -> MessageEvents {
    let limit = min(max(limit, 1), 1_000)
    return try relay.read { db in
      let reach = try Access.reach(of: principal, .list, at: now, in: db).mailboxes
      let newest = try Int64.fetchOne(db.cachedStatement(sql: "SELECT max(id) FROM event")) ?? 0
      guard let number, number < newest else {
        return MessageEvents(events: [], end: newest, hasMore: false, reach: reach)
      }
      let last = reach.isEmpty ? newest : min(newest, number + MessageEvent.window)
      var found: [MessageEvent] = []
      if !reach.isEmpty { found = try MessageEvent.fetch(number, last, limit, for: principal, at: now, in: db) }
      let numbers = Set(found.map(\.number)).sorted()
      guard numbers.count > limit else {
        return MessageEvents(events: found, end: last, hasMore: last < newest, reach: reach)
      }
      let end = numbers[limit - 1]
      return MessageEvents(events: found.filter { $0.number <= end }, end: end, hasMore: true, reach: reach)
    }
  }
}

extension MessageEvent {
  /// How many events one look goes through, so that none takes long in a list where little is for whoever asks.
  fileprivate static let window: Int64 = 5_000

  /// - Returns: what is there of one event more than the limit.
  fileprivate static func fetch(
    _ first: Int64, _ last: Int64, _ limit: Int, for principal: Principal, at now: Date, in db: Database
  ) throws -> [MessageEvent] {
    let access = AccessFilter(messages: principal, .list, at: now)
    // A status tells which of two copies an event is about. At most two copies are of one event.
    return try Row.fetchAll(
      db.cachedStatement(
        sql: """
          SELECT event.id, event.at, event.status, event.text, message.participant, message.mailbox, message.messageId,
            message.direction, message.conversationId
          FROM event CROSS JOIN message ON message.messageId = event.messageId
            AND message.participant = event.participant
            AND message.direction = CASE
              WHEN event.status IN (\(names(incoming))) THEN 'in' WHEN event.status IN (\(names(outgoing))) THEN 'out'
              ELSE message.direction END
          CROSS JOIN messageRecord ON messageRow = message.id
          WHERE event.id > ? AND event.id <= ? AND \(access.sql) ORDER BY event.id, message.id LIMIT ?
          """), arguments: [first, last] + access.arguments + [2 * limit + 2]
    ).map(MessageEvent.init)
  }

  private static let incoming: [MessageStatus] = [.retrieved, .receiptSent, .new]
  private static let outgoing: [MessageStatus] = [
    .scheduled, .submitted, .scheduledForResend, .acknowledged, .waitingForReceipt, .accepted, .rejected,
  ]

  private static func names(_ statuses: [MessageStatus]) -> String {
    statuses.map { "'\($0.rawValue)'" }.joined(separator: ", ")
  }

  private init(_ row: Row) throws {
    guard let id = MessageID(row["messageId"]), let conversation = MessageID(row["conversationId"]),
      let direction = MessageDirection(rawValue: row["direction"])
    else { throw DatabaseError(message: "an event's message has no id") }
    self.init(
      number: row["id"], time: Date(milliseconds: row["at"]),
      mailbox: MailboxID(try ParticipantID(row["participant"]), try FunctionalAddress(row["mailbox"])), messageID: id,
      direction: direction, conversationID: conversation,
      status: (row["status"] as String?).flatMap(MessageStatus.init), text: row["text"])
  }
}
