import Foundation
import Testing

@testable import Mailbox
@testable import SDKRelay

@Suite struct ConversationTests {
  private let now = MessageKit.now

  @Test("one id used with several recipients and mailboxes is as many conversations") func reused() async throws {
    let kit = try MessageKit()
    let user = try await kit.user()
    try await kit.user(in: MessageKit.neighbour)
    let id = MessageID(UUID().uuidString)!
    let other = try ParticipantID("0203:tredje.example.se")
    for (mailbox, counterparty) in [
      (MessageKit.mailbox, MessageKit.counterparty), (MessageKit.mailbox, other),
      (MessageKit.neighbour, MessageKit.counterparty), (MessageKit.mailbox, MessageKit.counterparty),
    ] {
      try await kit.put { ($0.conversation, $0.mailbox, $0.counterparty) = (id, mailbox, counterparty) }
    }
    let found = try kit.service.conversations(ConversationQuery(), for: user, at: now)
    #expect(found.map(\.count) == [2, 1, 1])
    #expect(found.map(\.unhandled) == [2, 1, 1])
    #expect(
      found.map(\.key) == [
        ConversationKey(id, with: MessageKit.counterparty, in: MessageKit.mailbox),
        ConversationKey(id, with: MessageKit.counterparty, in: MessageKit.neighbour),
        ConversationKey(id, with: other, in: MessageKit.mailbox),
      ])
    var query = ConversationQuery()
    query.counterparty = other
    #expect(try kit.service.conversations(query, for: user, at: now).map(\.key) == [found[2].key])
  }

  @Test("pages by key show every conversation once, also while new messages come") func pages() async throws {
    let kit = try MessageKit()
    let user = try await kit.user()
    var expected: [MessageID] = []
    for _ in 0..<7 { expected.insert(try await kit.put().conversationID, at: 0) }
    var query = ConversationQuery()
    query.limit = 3
    var seen: [MessageID] = []
    while true {
      let page = try kit.service.conversations(query, for: user, at: now)
      guard let last = page.last else { break }
      seen += page.map(\.key.id)
      query.before = last.position
      try await kit.put()
    }
    #expect(seen == expected)
  }

  @Test("a conversation shows each message after what it answers, and marks what is late or answers nothing here")
  func thread() async throws {
    let kit = try MessageKit()
    let user = try await kit.user()
    let id = MessageID(UUID().uuidString)!
    let late = MessageID(UUID().uuidString)!
    let first = try await kit.put { $0.conversation = id }
    let early = try await kit.put { ($0.conversation, $0.answers) = (id, late) }
    let orphan = try await kit.put { ($0.conversation, $0.answers) = (id, MessageID(UUID().uuidString)!) }
    try await kit.put { ($0.conversation, $0.id, $0.answers, $0.direction) = (id, late, first.id, .outgoing) }
    let key = ConversationKey(id, with: MessageKit.counterparty, in: MessageKit.mailbox)
    let thread = try await kit.service.conversation(key, by: user, at: now)
    #expect(thread.entries.map(\.message.id) == [first.id, late, early.id, orphan.id])
    #expect(thread.entries.map(\.place.depth) == [0, 1, 2, 0])
    #expect(thread.entries.map(\.place.isLate) == [false, true, false, false])
    #expect(thread.entries.map(\.place.isOrphan) == [false, false, false, true])
    await #expect(throws: MessageProblem.notFound) {
      let other = ConversationKey(id, with: AccessKit.stranger, in: MessageKit.mailbox)
      return try await kit.service.conversation(other, by: user, at: now)
    }
  }

  @Test("references in circles, to oneself and to ids that come twice leave every message in its place once")
  func circles() {
    func id(_ number: Int) -> MessageID { MessageID("00000000-0000-4000-8000-00000000000\(number)")! }
    func order(_ items: [(Int, Int?)]) -> [Int] {
      ThreadOrder.places(
        items.enumerated().map { ThreadOrder.Item(row: Int64($0), id: id($1.0), reference: $1.1.map(id)) }
      ).map(\.index)
    }
    #expect(order([(1, 1)]) == [0])
    #expect(order([(1, 2), (2, 1)]) == [0, 1])
    #expect(order([(1, 3), (2, 1), (3, 2), (4, 3)]) == [0, 1, 2, 3])
    #expect(order([(4, 1), (1, 2), (2, 1)]) == [1, 0, 2])
    #expect(order([(1, nil), (1, 1), (1, 1)]) == [0, 1, 2])
    #expect(order([]) == [])
    let chain = (0..<20_000).map { number in
      let text = String(format: "00000000-0000-4000-8000-%012d", number)
      let parent = String(format: "00000000-0000-4000-8000-%012d", max(0, number - 1))
      return ThreadOrder.Item(row: Int64(number), id: MessageID(text)!, reference: MessageID(parent)!)
    }
    #expect(ThreadOrder.places(chain).count == chain.count)
  }
}
