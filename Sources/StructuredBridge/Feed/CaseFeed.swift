public import Foundation
import GRDB
public import Mailbox
public import SDKRelay

extension Bridge {
  /// The news after the piece with this number that is about messages the principal may list now: a durable list for case
  /// systems, which take it by cursor. Each piece comes once and in order.
  /// - Parameters:
  ///   - number: nil for the end of the list: nothing, and where to begin.
  ///   - limit: at most so many, 1 to 1,000.
  public func caseNews(
    after number: Int64?, limit: Int = 100, for principal: Principal, at now: Date = .now
  ) throws -> CaseNewsPage {
    let access = AccessFilter(
      principal, .list, at: now, participant: "message.participant", mailbox: "message.mailbox",
      isProtected: "messageRecord.isProtected")
    return try mailbox.relay.read { db in
      try CaseFeed(db: db).page(after: number, limit: limit, where: access.sql, access.arguments)
    }
  }

  /// The same for a webhook of the organisation: nothing of it is about protected persons.
  func caseNews(after number: Int64, limit: Int, of tenant: ParticipantID) throws -> CaseNewsPage {
    try mailbox.relay.read { db in
      try CaseFeed(db: db).page(
        after: number, limit: limit, where: "caseFeed.participant = ? AND messageRecord.isProtected = 0",
        [tenant.comparable])
    }
  }
}

/// Reads the list in one state of the database.
private struct CaseFeed {
  let db: Database
  /// How many rows one look goes through, so that none takes long where little is for whoever asks.
  private static let window: Int64 = 5_000

  func page(
    after number: Int64?, limit: Int, where condition: String, _ arguments: StatementArguments
  ) throws -> CaseNewsPage {
    let limit = min(max(limit, 1), 1_000)
    let newest = try Int64.fetchOne(db.cachedStatement(sql: "SELECT max(id) FROM caseFeed")) ?? 0
    guard let number, number < newest else { return CaseNewsPage(news: [], end: newest, hasMore: false) }
    let last = min(newest, number + Self.window)
    let rows = try Row.fetchAll(
      db.cachedStatement(
        sql: """
          SELECT caseFeed.id, caseFeed.newsId, caseFeed.at, caseFeed.kind, caseFeed.detail, caseFeed.caseRow, message.participant,
            message.mailbox, message.messageId, message.direction, message.conversationId
          FROM caseFeed CROSS JOIN message ON message.id = caseFeed.messageRow
          CROSS JOIN messageRecord ON messageRecord.messageRow = message.id
          WHERE caseFeed.id > ? AND caseFeed.id <= ? AND \(condition) ORDER BY caseFeed.id LIMIT ?
          """), arguments: [number, last] + arguments + [limit + 1])
    guard rows.count > limit else {
      return CaseNewsPage(news: try rows.map(news), end: last, hasMore: last < newest)
    }
    let news = try rows.prefix(limit).map(news)
    return CaseNewsPage(news: news, end: news[limit - 1].number, hasMore: true)
  }

  private func news(_ row: Row) throws -> CaseNews {
    guard let kind = CaseNews.Kind(rawValue: row["kind"]), let id = MessageID(row["newsId"]),
      let message = MessageID(row["messageId"]),
      let direction = MessageDirection(rawValue: row["direction"]),
      let conversation = MessageID(row["conversationId"])
    else { throw DatabaseError(message: "a piece of news holds a word this version does not know") }
    let tenant = try ParticipantID(row["participant"])
    let found = try CaseTable(tenant: tenant, db: db).fetch(row["caseRow"])
    return CaseNews(
      number: row["id"], id: id, time: Date(milliseconds: row["at"]), kind: kind, caseID: found.id,
      references: found.references.filter { $0.owner == .own && $0.kind != .opaque }, messageID: message,
      mailbox: MailboxID(tenant, try FunctionalAddress(row["mailbox"])), direction: direction,
      conversationID: conversation, detail: row["detail"])
  }
}
