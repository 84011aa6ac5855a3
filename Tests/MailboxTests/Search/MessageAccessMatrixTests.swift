import Foundation
import Testing

@testable import Mailbox
@testable import SDKRelay

/// W4: what lists, searches, counts and conversations show, for every role × grant, over the messages of two
/// organisations, each kind of message, open and protected.
@Suite struct MessageAccessMatrixTests {
  /// Where the grant counts, and when.
  enum Given: CaseIterable { case own, ownProtected, ended, notYet, otherMailbox, otherOrganisation, none }

  private static let kinds: [(direction: MessageDirection, isProtected: Bool, isConfidential: Bool)] = [
    (.incoming, false, false), (.outgoing, false, true), (.incoming, true, false), (.outgoing, true, true),
  ]

  @Test("W4 nothing leaks in lists, search, counts and conversations", arguments: Role.allCases) func matrix(
    _ role: Role
  ) async throws {
    let kit = try MessageKit()
    let conversation = MessageID(UUID().uuidString)!
    var stored: [MailboxID: [(message: StoredMessage, isProtected: Bool)]] = [:]
    for mailbox in [MessageKit.mailbox, MessageKit.neighbour, MessageKit.elsewhere] {
      for kind in Self.kinds {
        let message = try await kit.put {
          ($0.mailbox, $0.direction, $0.isConfidential) = (mailbox, kind.direction, kind.isConfidential)
          $0.conversation = conversation
        }
        if kind.isProtected { try await protect(message, kit) }
        stored[mailbox, default: []].append((message, kind.isProtected))
      }
    }
    for given in Given.allCases {
      let user = try await user(role, given, kit)
      let seesMessages = role.permissions.contains(.list)
      for mailbox in stored.keys {
        let isOwn = mailbox == (given == .otherOrganisation ? MessageKit.elsewhere : MessageKit.mailbox)
        let isGiven = isOwn && [.own, .ownProtected, .otherOrganisation].contains(given)
        let isNeighbour = given == .otherMailbox && mailbox == MessageKit.neighbour
        let seen = (stored[mailbox] ?? []).filter { item in
          seesMessages && (isGiven || isNeighbour) && (!item.isProtected || given == .ownProtected)
        }
        let rows = seen.map(\.message.row).sorted(by: >)
        let comment = Comment(rawValue: "\(role) \(given) \(mailbox)")
        try await expect(
          kit, user, mailbox, conversation, rows, seen.filter { $0.message.direction == .incoming }.count, comment)
      }
    }
  }

  private func expect(
    _ kit: MessageKit, _ user: Principal, _ mailbox: MailboxID, _ conversation: MessageID, _ rows: [Int64],
    _ unhandled: Int, _ comment: Comment
  ) async throws {
    #expect(try await kit.find(nil, user) { $0.mailbox = mailbox } == rows, comment)
    #expect(try await kit.find("antagning", user) { $0.mailbox = mailbox } == rows, comment)
    #expect(try await kit.find("fråg", user).filter(rows.contains) == rows, comment)
    let key = ConversationKey(conversation, with: MessageKit.counterparty, in: mailbox)
    #expect(try await kit.find("antagning", user) { $0.conversation = key } == rows, comment)
    var query = ConversationQuery()
    query.mailbox = mailbox
    let found = try kit.service.conversations(query, for: user, at: MessageKit.now)
    #expect(found.map(\.newest.row) == Array(rows.prefix(1)), comment)
    #expect(found.map(\.count) == (rows.isEmpty ? [] : [rows.count]), comment)
    #expect(found.map(\.unhandled) == (rows.isEmpty ? [] : [unhandled]), comment)
    query.isUnhandled = true
    let waiting = try kit.service.conversations(query, for: user, at: MessageKit.now)
    #expect(waiting.map(\.count) == (unhandled == 0 ? [] : [rows.count]), comment)
    #expect(try kit.service.unhandled(for: user, at: MessageKit.now)[mailbox] ?? 0 == unhandled, comment)
    if let hidden = try kit.protectedMessage(among: rows) {
      await #expect(throws: AccessDenied.self, comment) {
        try await kit.service.conversation(key, by: user, at: MessageKit.now)
      }
      try await kit.service.open(
        protected: hidden.id, direction: hidden.direction, reason: "handläggning", by: user, at: MessageKit.now)
    }
    let thread = try? await kit.service.conversation(key, by: user, at: MessageKit.now)
    #expect((thread?.entries.map(\.message.row) ?? []).sorted(by: >) == rows, comment)
  }

  private func protect(_ message: StoredMessage, _ kit: MessageKit) async throws {
    let mailbox = message.ownMailboxID
    let name = "marker-\(mailbox.participant == AccessKit.stranger ? "b" : "a")-\(mailbox.address.value.dropFirst(4))"
    let marker = try await kit.user(name, [.role(.caseworker), .protectedPersons], in: mailbox)
    try await kit.service.handle(
      message.id, direction: message.direction, .protect, version: 0, by: marker, at: MessageKit.now)
  }

  private func user(_ role: Role, _ given: Given, _ kit: MessageKit) async throws -> Principal {
    let (now, day) = (MessageKit.now, AccessKit.day)
    let name = "user-\(given)"
    let kinds: [Grant.Kind] = [.role(role)]
    return switch given {
    case .own: try await kit.user(name, kinds)
    case .ownProtected: try await kit.user(name, kinds + [.protectedPersons])
    case .ended: try await kit.user(name, kinds + [.protectedPersons], from: now - 2 * day, until: now)
    case .notYet: try await kit.user(name, kinds + [.protectedPersons], from: now + day)
    case .otherMailbox: try await kit.user(name, kinds, in: MessageKit.neighbour)
    case .otherOrganisation: try await kit.user(name, kinds, in: MessageKit.elsewhere)
    case .none: try await kit.user(name, [])
    }
  }
}
