import HTTPTypes
import Mailbox
import SDKRelay

private struct ConversationView: Encodable {
  let id: String
  let organisation: String
  let mailbox: String
  let counterparty: String
  let newest: MessageHead
  let messages: Int
  let unhandled: Int

  init(_ conversation: Conversation) {
    id = conversation.key.id.value
    organisation = conversation.key.mailbox.participant.value
    mailbox = conversation.key.mailbox.address.value
    counterparty = conversation.key.counterparty.value
    newest = MessageHead(conversation.newest)
    messages = conversation.count
    unhandled = conversation.unhandled
  }

  static let schema = Schema.named("Conversation") {
    .object(
      .required("id", .id), .required("organisation", .organisation), .required("mailbox", .address),
      .required("counterparty", .organisation), .required("newest", MessageHead.schema),
      .required("messages", .integer(), "Of those you may see."),
      .required("unhandled", .integer(), "Received ones that nobody has marked done, of those you may see."))
  }
}

private struct ConversationList: Encodable {
  let conversations: [ConversationView]
  let next: String?

  static let schema = Schema.object(
    .required("conversations", .list(ConversationView.schema), "The one with the newest message first."),
    .optional("next", Cursors.schema, "There may be more before it."))
}

private struct ThreadView: Encodable {
  let entries: [Entry]
  let cut: Bool

  struct Entry: Encodable {
    let message: MessageDetails
    let depth: Int
    let orphan: Bool
    let late: Bool
  }

  init(_ thread: ConversationThread) {
    cut = thread.isCut
    entries = thread.entries.map {
      Entry(
        message: MessageDetails($0.message), depth: $0.place.depth, orphan: $0.place.isOrphan, late: $0.place.isLate)
    }
  }

  static let schema = Schema.object(
    .required(
      "entries",
      .list(
        .object(
          .required("message", MessageDetails.schema),
          .required("depth", .integer(), "How many messages lie between it and the one that began its branch."),
          .required("orphan", .flag, "It answers a message that is not here, or not for you."),
          .required("late", .flag, "An answer to it was here before it."))),
      "Each message after what it answers."),
    .required("cut", .flag, "Whether there are older messages than the 500 here."))
}

extension RouteTable {
  var conversationRoutes: [Route] {
    [
      Route(
        .get, "conversations", "listConversations", "The conversations that you may see, by pages.",
        query: [
          .optional("organisation", .organisation, "With `mailbox`: only this mailbox's."),
          .optional("mailbox", .address), .optional("counterparty", .organisation),
          .optional("unhandled", .flag, "true: only those with something left to handle."),
          .optional("before", Cursors.schema, "The `next` of the former page."),
          .optional("limit", .integer(from: 1, to: 500), "At most so many; 50 where it is not said."),
        ], answer: .json(ConversationList.schema), problems: [403]
      ) { asked in Self.answer(try conversations(asked)) },
      Route(
        .get, "conversations/{id}", "openConversation",
        "A conversation's messages with their texts. The same id with another counterparty is another conversation.",
        query: [
          .required("organisation", .organisation), .required("mailbox", .address),
          .required("counterparty", .organisation),
        ], answer: .json(ThreadView.schema), problems: [403]
      ) { [mailbox] asked in
        try Self.checkUser(asked)
        guard let place = try Asked.mailbox(asked.text("organisation"), asked.text("mailbox")) else {
          throw Problem.wrong("mailbox", "is missing")
        }
        let other = try Asked.organisation(asked.text("counterparty") ?? "", "counterparty")
        let key = ConversationKey(try asked.id(), with: other, in: place)
        return Self.answer(ThreadView(try await mailbox.conversation(key, by: asked.principal)))
      },
    ]
  }

  /// Conversations are counted with what clients have taken for their own and are shown no longer.
  private static func checkUser(_ asked: Asked) throws {
    guard case .user = asked.principal else { throw Problem.usersOnly }
  }

  private func conversations(_ asked: Asked) throws -> ConversationList {
    try Self.checkUser(asked)
    var query = ConversationQuery()
    query.mailbox = try Asked.mailbox(asked.text("organisation"), asked.text("mailbox"))
    query.counterparty = try asked.text("counterparty").map { try Asked.organisation($0, "counterparty") }
    query.isUnhandled = asked.flag("unhandled") ?? false
    query.before = try position(asked.text("before"), of: .conversations, "before")
    query.limit = asked.integer("limit") ?? 50
    let found = try mailbox.conversations(query, for: asked.principal)
    let last = found.count == query.limit ? found.last : nil
    return ConversationList(
      conversations: found.map(ConversationView.init), next: last.map { cursors.seal($0.position, of: .conversations) })
  }
}
