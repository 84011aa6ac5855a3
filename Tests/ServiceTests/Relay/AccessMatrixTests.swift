import Foundation
import HTTPTypes
import Testing

@testable import Mailbox
@testable import SDKRelay
@testable import Service

/// W4: every route × every kind of message × every role and client × own, other and ended grants.
@Suite("Who sees what through the node's own interface", .serialized)
struct InterfaceAccessTests {
  /// Where the grant counts, and when.
  enum Given: CaseIterable { case own, ownProtected, ended, notYet, otherMailbox, otherOrganisation, none }

  enum Kind: Hashable, CaseIterable {
    case role(Role), client, narrowClient

    static var allCases: [Kind] { Role.allCases.map(Kind.role) + [.client, .narrowClient] }
    var isClient: Bool { if case .role = self { false } else { true } }
  }

  private struct Item: Sendable {
    let message: StoredMessage
    let marker: String
    var plan: RelayKit.Plan
  }

  @Test(
    "W4 nothing of a message comes to whoever may not see it, and no answer tells that it is there",
    arguments: Kind.allCases)
  func matrix(_ kind: Kind) async throws {
    let kit = try await RelayKit()
    let items = try await items(kit)
    try await kit.service.relay.record("zznodalarm", isAlarm: true)
    #expect(Set(kit.responder.relay.routes.map(\.operation)) == RouteSample.lists.union(RouteSample.all.keys))
    for given in Given.allCases {
      let token = try await token(kind, given, kit)
      let visible = items.filter { sees(kind, given, $0, .list) }
      if !kind.isClient {
        for item in items where item.plan.isProtected && sees(kind, given, item, .read) {
          let path = "/relay/v1/messages/\(item.message.id.value)"
          let before = try await kit.ask("GET", path, token: token).status
          // The first reason opens the others of the conversation.
          #expect(before == (item.marker == items.first { $0.plan.isProtected }?.marker ? 403 : 200))
          let opening = try await kit.ask("POST", path + "/openings", token: token, json: ["reason": "ärendet"])
          #expect(opening.status == 200, "\(opening.text)")
        }
      }
      try await lists(kit, token, kind, given, items, visible)
      let nothing = try await nothing(kit, token, like: items[0].message)
      // Where nothing is granted now, other mailboxes are no different.
      let isNowhere = [.ended, .notYet, .none].contains(given)
      for item in isNowhere ? Array(items.prefix(given == .ended ? 5 : 3)) : items {
        try await each(kit, token, kind, given, item, nothing: nothing)
      }
    }
  }

  /// Messages of each kind in each mailbox; open and protected ones share a conversation.
  private func items(_ kit: RelayKit) async throws -> [Item] {
    var items: [Item] = []
    for mailbox in [RelayKit.mailbox, RelayKit.neighbour, RelayKit.elsewhere] {
      let conversation = MessageID(UUID().uuidString)!
      let kinds = [
        (MessageDirection.incoming, false, false), (.outgoing, false, false), (.incoming, true, false),
        (.outgoing, true, false), (.incoming, false, true),
      ]
      for (direction, isProtected, isTaken) in mailbox == RelayKit.mailbox ? kinds : Array(kinds.prefix(3)) {
        var plan = RelayKit.Plan()
        (plan.mailbox, plan.direction, plan.isProtected, plan.isTaken) = (mailbox, direction, isProtected, isTaken)
        (plan.conversation, plan.marker) = (conversation, "zz\(UUID().uuidString.prefix(8).lowercased())")
        let made = plan
        let message = try await kit.put { $0 = made }
        try await kit.link(message)
        items.append(Item(message: message, marker: plan.marker, plan: plan))
      }
    }
    return items
  }

  private func token(_ kind: Kind, _ given: Given, _ kit: RelayKit) async throws -> String {
    let day = RelayKit.day
    let name = "p-\(given)"
    func give(_ extra: Bool, _ mailbox: MailboxID, from: Date = .now - day, until: Date? = nil) async throws -> String {
      let protected: [Grant.Kind] = extra ? [.protectedPersons] : []
      switch kind {
      case .role(let role):
        return try await kit.user(name, [.role(role)] + protected, in: mailbox, from: from, until: until)
      case .client:
        let all = Set(ClientScope.allCases)
        return try await kit.client(name, all, [.acting] + protected, in: mailbox, from: from, until: until)
      case .narrowClient:
        let scopes: Set<ClientScope> = [.getMessageByFilter]
        return try await kit.client(name, scopes, [.acting] + protected, in: mailbox, from: from, until: until)
      }
    }
    return switch given {
    case .own: try await give(false, RelayKit.mailbox)
    case .ownProtected: try await give(true, RelayKit.mailbox)
    case .ended: try await give(true, RelayKit.mailbox, from: .now - 2 * day, until: .now - 1)
    case .notYet: try await give(true, RelayKit.mailbox, from: .now + day)
    case .otherMailbox: try await give(false, RelayKit.neighbour)
    case .otherOrganisation: try await give(false, RelayKit.elsewhere)
    case .none:
      if case .role = kind { try await kit.user(name, []) } else { try await kit.client(name, [.getMessage], []) }
    }
  }

  /// What the table of roles says, told once more.
  private func sees(_ kind: Kind, _ given: Given, _ item: Item, _ permission: Permission) -> Bool {
    let place: MailboxID? =
      switch given {
      case .own, .ownProtected: RelayKit.mailbox
      case .otherMailbox: RelayKit.neighbour
      case .otherOrganisation: RelayKit.elsewhere
      case .ended, .notYet, .none: nil
      }
    guard place == item.plan.mailbox, !item.plan.isProtected || given == .ownProtected else { return false }
    switch kind {
    case .role(let role): return role.permissions.contains(permission)
    case .client: return !item.plan.isTaken && [.seeMailbox, .list, .read, .send, .remove].contains(permission)
    case .narrowClient: return !item.plan.isTaken && [.seeMailbox, .list].contains(permission)
    }
  }

  private func lists(
    _ kit: RelayKit, _ token: String, _ kind: Kind, _ given: Given, _ items: [Item], _ visible: [Item]
  ) async throws {
    let ids = items.map(\.message.id.value)
    let readable = items.filter { sees(kind, given, $0, .read) }
    let comment = Comment(rawValue: "\(kind) \(given)")
    let search = try await kit.ask("POST", "/relay/v1/messages/search", token: token, json: ["limit": 500])
    let words = try await kit.ask("POST", "/relay/v1/messages/search", token: token, json: ["words": "fråga"])
    let marked = try await kit.ask("POST", "/relay/v1/messages/search", token: token, json: ["words": items[2].marker])
    let status = try await kit.ask("POST", "/relay/v1/messages/status", token: token, json: ["ids": ids])
    let events = try await kit.ask("GET", "/relay/v1/events?limit=500", token: token)
    let news = try await kit.ask("GET", "/relay/v1/cases/events?limit=500", token: token)
    let conversations = try await kit.ask("GET", "/relay/v1/conversations", token: token)
    let waiting = try await kit.ask("GET", "/relay/v1/conversations?unhandled=true", token: token)
    let mailboxes = try await kit.ask("GET", "/relay/v1/mailboxes", token: token)
    let grants = try await kit.ask("GET", "/relay/v1/grants", token: token)
    let principal = try await kit.ask("GET", "/relay/v1/principal", token: token)
    for answer in [conversations, waiting] where kind.isClient { #expect(answer.status == 403, comment) }
    let ofUsers = kind.isClient ? [] : [conversations, waiting]
    for answer in [search, words, marked, status, events, mailboxes, grants, principal] + ofUsers {
      #expect(answer.status == 200, "\(comment) \(answer.text)")
      expectNothing(
        of: items.filter { item in !visible.contains { $0.marker == item.marker } }, in: answer, but: ids, comment)
      #expect(!answer.text.contains("zznodalarm"), comment)
    }
    func found(_ answer: RelayKit.Answer) -> Set<String> {
      Set(answer.list("messages").compactMap { $0["id"] as? String })
    }
    #expect(found(search) == Set(visible.map(\.message.id.value)), comment)
    #expect(found(words) == Set(readable.map(\.message.id.value)), comment)
    #expect(found(marked) == Set(readable.filter { $0.marker == items[2].marker }.map(\.message.id.value)), comment)
    let standing = status.list("messages").filter { ($0["copies"] as? [Any])?.isEmpty == false }
    #expect(Set(standing.compactMap { $0["id"] as? String }) == Set(visible.map(\.message.id.value)), comment)
    #expect(
      Set(events.list("events").compactMap { $0["message"] as? String }) == Set(visible.map(\.message.id.value)),
      comment)
    // What a client has taken is still its case's.
    let told = items.filter { item in
      var item = item
      item.plan.isTaken = false
      return sees(kind, given, item, .list)
    }
    expectNothing(
      of: items.filter { item in !told.contains { $0.marker == item.marker } }, in: news, but: ids, comment)
    #expect(
      Set(news.list("news").compactMap { $0["messageId"] as? String }) == Set(told.map(\.message.id.value)), comment)
    #expect(news.text.components(separatedBy: "zzcase").count - 1 == news.list("news").count, comment)
    try expectCounts(kind, given, visible, mailboxes, conversations, comment)
  }

  private func expectCounts(
    _ kind: Kind, _ given: Given, _ visible: [Item], _ mailboxes: RelayKit.Answer, _ conversations: RelayKit.Answer,
    _ comment: Comment
  ) throws {
    let mayList: Bool = if case .role(let role) = kind { role.permissions.contains(.list) } else { false }
    let isGiven = [.own, .ownProtected, .otherMailbox, .otherOrganisation].contains(given)
    let shown = mailboxes.list("mailboxes")
    #expect(shown.count == (isGiven ? 1 : 0), comment)
    let isProtectedSeen = given == .ownProtected
    // What a client has taken is still the mailbox's.
    let isOwn = given == .own || given == .ownProtected
    let unhandled = isGiven && mayList ? (isOwn ? (isProtectedSeen ? 3 : 2) : 1) : nil
    #expect(shown.first?["unhandled"] as? Int == unhandled, comment)
    let counted = conversations.list("conversations").compactMap { $0["messages"] as? Int }
    #expect(counted == (isGiven && mayList ? [isOwn ? (isProtectedSeen ? 5 : 3) : 2] : []), comment)
  }

  /// Every route that names a message, all at once: their order must not matter.
  private func each(
    _ kit: RelayKit, _ token: String, _ kind: Kind, _ given: Given, _ item: Item, nothing: [String: RelayKit.Answer]
  ) async throws {
    try await withThrowingTaskGroup(of: Void.self) { group in
      for route in kit.responder.relay.routes {
        guard let sample = RouteSample.all[route.operation] else { continue }
        group.addTask {
          let answer = try await ask(kit, token, route, sample, item.message)
          let comment = Comment(rawValue: "\(kind) \(given) \(route.operation) \(item.plan) \(answer.text)")
          // An item's conversation has others' messages besides: it is there as soon as one of them is.
          let isConversation = route.operation == "openConversation"
          let least = isConversation || sample.isOfMailbox ? openOne(of: item) : item
          var asked = (permission: sample.permission, item: least)
          if kind.isClient, let permission = sample.clientPermission {
            asked.permission = permission
            asked.item.plan.isTaken = false
          }
          if sees(kind, given, asked.item, asked.permission), !(isConversation && kind.isClient) {
            let granted = sample.isForUsers && kind.isClient ? [403] : sample.granted
            #expect(granted.contains(answer.status), comment)
          } else {
            #expect(answer == nothing[route.operation], comment)
            #expect(answer.status == (isConversation && kind.isClient ? 403 : 404), comment)
          }
        }
      }
      try await group.waitForAll()
    }
  }

  /// What each route answers about a message that is not there.
  private func nothing(_ kit: RelayKit, _ token: String, like message: StoredMessage) async throws -> [String: RelayKit
    .Answer]
  {
    var answers: [String: RelayKit.Answer] = [:]
    for route in kit.responder.relay.routes {
      guard let sample = RouteSample.all[route.operation] else { continue }
      answers[route.operation] = try await ask(kit, token, route, sample, message, isThere: false)
    }
    return answers
  }

  private func ask(
    _ kit: RelayKit, _ token: String, _ route: Route, _ sample: RouteSample, _ message: StoredMessage,
    isThere: Bool = true
  ) async throws -> RelayKit.Answer {
    var path = "/relay/v1/" + sample.path(message)
    if !isThere {
      path = path.replacing(message.id.value, with: UUID().uuidString.lowercased())
        .replacing(message.conversationID.value, with: UUID().uuidString.lowercased())
      if sample.isOfMailbox { path = path.replacing(message.ownMailbox!.value, with: "sdk:finns-inte") }
    }
    return try await kit.ask(
      route.method.rawValue, path, token: token, body: sample.body.map { Array($0.utf8) })
  }

  /// A message of the same conversation that needs least to be seen.
  private func openOne(of item: Item) -> Item {
    var plan = item.plan
    (plan.isProtected, plan.isTaken) = (false, false)
    return Item(message: item.message, marker: item.marker, plan: plan)
  }

  private func expectNothing(
    of hidden: [Item], in answer: RelayKit.Answer, but asked: [String], _ comment: Comment
  ) {
    let headers = answer.headers.values.joined(separator: "\n")
    for item in hidden {
      #expect(!answer.text.contains(item.marker) && !headers.contains(item.marker), comment)
      // A question's own ids come back, with nothing beside them.
      let copies = answer.text.contains("\"id\":\"\(item.message.id.value)\"") && answer.text.contains("\"subject\"")
      #expect(!copies, comment)
    }
  }
}
