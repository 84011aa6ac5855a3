import Foundation
import Testing
import XMLSecurity

@testable import Mailbox
@testable import SDKRelay

/// W4: what can be done at drafts, for every role × grant, at a new one and at one that answers a protected person's message.
@Suite struct DraftAccessMatrixTests {
  private let now = ComposeKit.now

  /// Where the grant counts, and when.
  private enum Given: CaseIterable { case own, ownProtected, ended, notYet, otherMailbox, otherOrganisation, none }

  @Test("W4 nobody sees, changes, sends or removes a draft that they may not", arguments: Role.allCases)
  func matrix(_ role: Role) async throws {
    let kit = try ComposeKit()
    let author = try await kit.user("author", [.role(.caseworker), .protectedPersons])
    let open = try await kit.draft("Text", by: author)
    let message = try await kit.received([])
    try await kit.protect(message)
    let closed = try await kit.service.newReply(to: message.id, DraftContent(texts: ["Svar"]), by: author, at: now)
    for given in Given.allCases {
      let user = try await user(role, given, kit)
      let maySend = role.permissions.contains(.send) && [.own, .ownProtected].contains(given)
      let seen = (maySend ? [open] : []) + (maySend && given == .ownProtected ? [closed] : [])
      let comment = Comment(rawValue: "\(role) \(given)")
      #expect(Set(try kit.service.drafts(for: user, at: now).map(\.id)) == Set(seen.map(\.id)), comment)
      for draft in [open, closed] {
        let isSeen = seen.contains { $0.id == draft.id }
        let version = try await kit.service.draft(draft.id, by: author, at: now).version
        let found = try? await kit.service.draft(draft.id, by: user, at: now)
        #expect((found != nil) == isSeen, comment)
        let change = try? await kit.service.changeDraft(
          draft.id, version: version, content: draft.content, by: user, at: now)
        #expect((change != nil) == isSeen, comment)
        guard !isSeen else { continue }
        // Whether it is there does not show.
        for id in [draft.id, MessageID.new()] {
          await #expect(throws: DraftProblem.notFound, comment) {
            try await kit.service.discardDraft(id, version: version, by: user, at: now)
          }
          await #expect(throws: DraftProblem.notFound, comment) {
            try await kit.service.sendDraft(id, version: version, by: user, at: now)
          }
          await #expect(throws: DraftProblem.notFound, comment) {
            try await kit.service.attach("a", contentType: "a/b", toDraft: id, version: version, by: user, at: now) {
              try $0.write([1])
            }
          }
        }
      }
      let begun = try? await kit.service.newReply(to: message.id, by: user, at: now)
      #expect((begun != nil) == (maySend && given == .ownProtected), comment)
      if let begun { try await kit.service.discardDraft(begun.id, version: 1, by: user, at: now) }
    }
    #expect(try kit.files().isEmpty && kit.count("draft") == 2)
  }

  private func user(_ role: Role, _ given: Given, _ kit: ComposeKit) async throws -> Principal {
    let day = AccessKit.day
    let (name, kinds) = ("user-\(given)", [Grant.Kind.role(role)])
    func user(
      _ kinds: [Grant.Kind], _ mailbox: MailboxID, from start: Date = ComposeKit.now - 2 * AccessKit.day,
      until end: Date? = nil
    ) async throws -> Principal {
      try await kit.kit.user(name, kinds, in: mailbox, from: start, until: end)
    }
    return switch given {
    case .own: try await user(kinds, ComposeKit.mailbox)
    case .ownProtected: try await user(kinds + [.protectedPersons], ComposeKit.mailbox)
    case .ended: try await user(kinds + [.protectedPersons], ComposeKit.mailbox, until: now)
    case .notYet: try await user(kinds + [.protectedPersons], ComposeKit.mailbox, from: now + day)
    case .otherMailbox: try await user(kinds + [.protectedPersons], ComposeKit.neighbour)
    case .otherOrganisation: try await user(kinds + [.protectedPersons], MessageKit.elsewhere)
    case .none: try await user([], ComposeKit.mailbox)
    }
  }
}
