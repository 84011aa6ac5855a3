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
  }

  private struct Item {
    let message: StoredMessage
    let marker: String
    let plan: RelayKit.Plan
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
      try await lists(kit, token, kind, given, items, visible)
      for item in items { try await each(kit, token, kind, given, item) }
    }
  }

  /// One message of each kind in each mailbox; open and protected ones share a conversation.
  private func items(_ kit: RelayKit) async throws -> [Item] {
    var items: [Item] = []
    for mailbox in [RelayKit.mailbox, RelayKit.neighbour, RelayKit.elsewhere] {
      let conversation = MessageID(UUID().uuidString)!
      for (direction, isProtected, isTaken) in [
        (MessageDirection.incoming, false, false), (.outgoing, false, false), (.incoming, true, false),
        (.outgoing, true, false), (.incoming, false, true),
      ] {
        var plan = RelayKit.Plan()
        (plan.mailbox, plan.direction, plan.isProtected, plan.isTaken) = (mailbox, direction, isProtected, isTaken)
        (plan.conversation, plan.marker) = (conversation, "zz\(UUID().uuidString.prefix(8).lowercased())")
        let made = plan
        items.append(Item(message: try await kit.put { $0 = made }, marker: plan.marker, plan: plan))
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
    case .client: return !item.plan.isTaken && [.list, .read, .send, .remove].contains(permission)
    case .narrowClient: return !item.plan.isTaken && permission == .list
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
    let conversations = try await kit.ask("GET", "/relay/v1/conversations", token: token)
    let waiting = try await kit.ask("GET", "/relay/v1/conversations?unhandled=true", token: token)
    let mailboxes = try await kit.ask("GET", "/relay/v1/mailboxes", token: token)
    let principal = try await kit.ask("GET", "/relay/v1/principal", token: token)
    let isClient: Bool = if case .role = kind { false } else { true }
    for answer in [conversations, waiting] where isClient { #expect(answer.status == 403, comment) }
    let ofUsers = isClient ? [] : [conversations, waiting]
    for answer in [search, words, marked, status, events, mailboxes, principal] + ofUsers {
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
    let unhandled = isGiven && mayList ? (isProtectedSeen ? 3 : 2) : nil
    #expect(shown.first?["unhandled"] as? Int == unhandled, comment)
    let counted = conversations.list("conversations").compactMap { $0["messages"] as? Int }
    #expect(counted == (isGiven && mayList ? [isProtectedSeen ? 5 : 3] : []), comment)
  }

  private func each(_ kit: RelayKit, _ token: String, _ kind: Kind, _ given: Given, _ item: Item) async throws {
    for route in kit.responder.relay.routes {
      guard let sample = RouteSample.all[route.operation] else { continue }
      let isClient: Bool = if case .role = kind { false } else { true }
      let comment = Comment(rawValue: "\(kind) \(given) \(route.operation) \(item.plan)")
      let path = "/relay/v1/" + sample.path(item.message)
      let body = sample.body.map { Array($0.utf8) }
      let answer = try await kit.ask(route.method.rawValue, path, token: token, body: body)
      let isLetIn: Bool
      if route.operation == "openConversation" {
        // Each item's conversation has others' messages besides: it is there as soon as one of them is.
        isLetIn = !isClient && sees(kind, given, openOne(of: item), .read)
      } else {
        isLetIn = sees(kind, given, item, sample.permission)
      }
      if isLetIn {
        let expected = sample.isForUsers && isClient ? [403] : sample.granted
        #expect(expected.contains(answer.status), "\(comment) \(answer.text)")
        continue
      }
      let elsewhere = path.replacing(item.message.id.value, with: UUID().uuidString.lowercased())
        .replacing(item.message.conversationID.value, with: UUID().uuidString.lowercased())
      let nothing = try await kit.ask(route.method.rawValue, elsewhere, token: token, body: body)
      let status = isClient && route.operation == "openConversation" ? 403 : 404
      #expect(answer == nothing && answer.status == status, "\(comment) \(answer.text) \(nothing.text)")
    }
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
