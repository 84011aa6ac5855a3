import Foundation
import Mailbox
import SDKRelay

/// Which messages to find. Words stand in a body and never in an address, where logs would keep them.
struct SearchQuestion: Decodable {
  let words: String?
  let organisation: String?
  let mailbox: String?
  let direction: String?
  let statuses: [String]?
  let from: Date?
  let until: Date?
  let handler: String?
  let done: Bool?
  let tag: String?
  let confidential: Bool?
  let conversation: String?
  let counterparty: String?
  let before: String?
  let limit: Int?

  static let schema = Schema.object(
    .optional("words", .text(from: 1, to: 1_000), "All have to be there. Without words it is a list."),
    .optional("organisation", .organisation, "With `mailbox`: only this mailbox."), .optional("mailbox", .address),
    .optional("direction", MessageHead.direction), .optional("statuses", .list(MessageHead.status, to: 20)),
    .optional("from", .time, "Taken by this node then or later."), .optional("until", .time, "And before then."),
    .optional("handler", .text(from: 1, to: 128), "The user who works at it."), .optional("done", .flag),
    .optional("tag", .text(from: 1, to: 64)), .optional("confidential", .flag),
    .optional("conversation", .id, "With `mailbox` and `counterparty`."), .optional("counterparty", .organisation),
    .optional("before", Cursors.schema, "The `next` of the former page."),
    .optional("limit", .integer(from: 1, to: 500), "At most so many; 50 where it is not said."))

  /// - Parameter position: what `before` stands for.
  func search(before position: Int64?) throws(Problem) -> MessageSearch {
    var search = MessageSearch()
    search.words = words
    search.mailbox = try Asked.mailbox(organisation, mailbox)
    search.direction = direction.flatMap(MessageDirection.init)
    search.statuses = Set((statuses ?? []).compactMap(MessageStatus.init))
    (search.from, search.until, search.isDone, search.tag) = (from, until, done, tag)
    if let handler { search.handler = try Asked.user(handler, "handler") }
    search.isConfidential = confidential
    search.before = position
    search.limit = limit ?? 50
    guard conversation != nil || counterparty != nil else { return search }
    guard let conversation, let counterparty, let place = search.mailbox else {
      throw .wrong("conversation", "needs mailbox and counterparty")
    }
    search.conversation = ConversationKey(
      try Asked.messageID(conversation, "conversation"), with: try Asked.organisation(counterparty, "counterparty"),
      in: place)
    return search
  }
}

/// What was found, newest first.
struct SearchAnswer: Encodable {
  let messages: [MessageHead]
  let next: String?
  let complete: Bool

  static let schema = Schema.object(
    .required("messages", .list(MessageHead.schema), "Newest first."),
    .optional("next", Cursors.schema, "There may be more before it."),
    .required(
      "complete", .flag,
      "False while the index of words is being filled, such as after a restore: older messages may be missing yet."))
}
