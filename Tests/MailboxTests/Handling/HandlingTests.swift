import Foundation
import Testing

@testable import Mailbox
@testable import SDKRelay

@Suite struct HandlingTests {
  private let now = MessageKit.now

  @Test("of two who claim at once one wins") func claims() async throws {
    let kit = try MessageKit()
    let message = try await kit.put()
    let users = [try await kit.user("u1"), try await kit.user("u2")]
    let results = await withTaskGroup(of: Result<HandlingState, any Error>.self) { group in
      for user in users {
        group.addTask {
          do {
            return .success(try await kit.service.handle(message.id, .claim, version: 0, by: user, at: now))
          } catch {
            return .failure(error)
          }
        }
      }
      return await group.reduce(into: []) { $0.append($1) }
    }
    let winners = results.compactMap { try? $0.get().handler }
    #expect(winners.count == 1)
    let problems = results.compactMap { result in if case .failure(let error) = result { error } else { nil } }
    #expect(problems.map { $0 as? HandlingProblem } == [.stale(seen: 0, now: 1)])
    let handling = try await kit.service.handling(of: message.id, by: users[0], at: now)
    #expect(handling.state.handler == winners.first)
    #expect(handling.history.map(\.step) == ["claim"])
  }

  @Test("a claimed message is handed over to one who has access, and to nobody else") func handOver() async throws {
    let kit = try MessageKit()
    let message = try await kit.put()
    let (first, second) = (try await kit.user("u1"), try await kit.user("u2"))
    try await kit.user("u3", in: MessageKit.neighbour)
    try await kit.user("u4", [.role(.registrar)])
    try await kit.service.handle(message.id, .claim, version: 0, by: first, at: now)
    await #expect(throws: HandlingProblem.claimed(by: try UserID("u1"))) {
      try await kit.service.handle(message.id, .claim, version: 1, by: second, at: now)
    }
    for name in ["u3", "u4", "unknown"] {
      await #expect(throws: HandlingProblem.noAccess(try UserID(name))) {
        try await kit.service.handle(message.id, .handOver(UserID(name)), version: 1, by: first, at: now)
      }
    }
    let state = try await kit.service.handle(message.id, .handOver(UserID("u2")), version: 1, by: first, at: now)
    #expect(try state.handler == UserID("u2"))
    #expect(try await kit.service.handle(message.id, .release, version: 2, by: first, at: now).handler == nil)
  }

  @Test("done and reopened change what waits") func done() async throws {
    let kit = try MessageKit()
    let user = try await kit.user()
    let message = try await kit.put()
    let sent = try await kit.put { $0.direction = .outgoing }
    func unhandled() throws -> Int? { try kit.service.unhandled(for: user, at: now)[MessageKit.mailbox] }
    #expect(try unhandled() == 1)
    try await kit.service.handle(message.id, .done, version: 0, by: user, at: now)
    #expect(try unhandled() == 0)
    await #expect(throws: HandlingProblem.isDone) {
      try await kit.service.handle(message.id, .claim, version: 1, by: user, at: now)
    }
    try await kit.service.handle(message.id, .reopen, version: 1, by: user, at: now)
    #expect(try unhandled() == 1)
    await #expect(throws: HandlingProblem.notReceived) {
      try await kit.service.handle(sent.id, .done, version: 0, by: user, at: now)
    }
  }

  @Test("seen is kept once for each user; notes and tags are kept with who wrote them") func notes() async throws {
    let kit = try MessageKit()
    let (first, second) = (try await kit.user("u1"), try await kit.user("u2"))
    let message = try await kit.put()
    try await kit.service.see(message.id, by: first, at: now)
    try await kit.service.see(message.id, by: first, at: now + 60)
    try await kit.service.see(message.id, by: second, at: now + 30)
    try await kit.service.note("Ring tillbaka", on: message.id, by: second, at: now)
    try await kit.service.handle(message.id, .tag("sfi"), version: 0, by: first, at: now)
    try await kit.service.handle(message.id, .untag("SFI"), version: 1, by: second, at: now)
    let handling = try await kit.service.handling(of: message.id, by: first, at: now)
    #expect(handling.seen.map(\.user.value) == ["u1", "u2"])
    #expect(handling.seen.map(\.time) == [now, now + 30])
    #expect(handling.notes.map(\.text) == ["Ring tillbaka"])
    #expect(handling.state.tags == [])
    #expect(handling.history.map(\.step) == ["tag", "untag"])
    for tag in ["", " a", "a\nb", "19121212-1212", String(repeating: "a", count: 65)] {
      await #expect(throws: HandlingProblem.tag) {
        try await kit.service.handle(message.id, .tag(tag), version: 2, by: first, at: now)
      }
    }
    await #expect(throws: HandlingProblem.note) { try await kit.service.note(" ", on: message.id, by: first, at: now) }
    let trail = try await kit.service.searchAudit(AuditFilter(), by: .operator("drift"), at: now)
    #expect(!"\(trail)".contains("Ring"))
  }

  @Test("whoever handles a message may mark it protected; the mark goes with the grant and a reason only")
  func protect()
    async throws
  {
    let kit = try MessageKit()
    let user = try await kit.user("u1")
    let message = try await kit.put()
    try await kit.service.handle(message.id, .claim, version: 0, by: user, at: now)
    let state = try await kit.service.handle(message.id, .protect, version: 1, by: user, at: now)
    #expect(state.handler == nil)
    await #expect(throws: MessageProblem.notFound) { try await kit.service.open(message.id, by: user, at: now) }
    await #expect(throws: MessageProblem.notFound) {
      try await kit.service.handle(message.id, .unprotect, version: 2, by: user, reason: "fel", at: now)
    }
    let special = try await kit.user("u2", [.role(.caseworker), .protectedPersons])
    await #expect(throws: HandlingProblem.noAccess(try UserID("u1"))) {
      try await kit.service.handle(message.id, .handOver(UserID("u1")), version: 2, by: special, at: now)
    }
    await #expect(throws: HandlingProblem.needsReason) {
      try await kit.service.handle(message.id, .unprotect, version: 2, by: special, at: now)
    }
    try await kit.service.handle(message.id, .unprotect, version: 2, by: special, reason: "prövat", at: now)
    _ = try await kit.service.open(message.id, by: user, at: now)
  }

  @Test("a grant that ends in the middle of a session ends the work") func ended() async throws {
    let kit = try MessageKit()
    let user = try await kit.user(until: now + 60)
    let message = try await kit.put()
    try await kit.service.handle(message.id, .claim, version: 0, by: user, at: now)
    let later = now + 60
    await #expect(throws: MessageProblem.notFound) {
      try await kit.service.handle(message.id, .done, version: 1, by: user, at: later)
    }
    await #expect(throws: MessageProblem.notFound) { try await kit.service.see(message.id, by: user, at: later) }
    await #expect(throws: MessageProblem.notFound) {
      try await kit.service.note("x", on: message.id, by: user, at: later)
    }
    await #expect(throws: MessageProblem.notFound) {
      try await kit.service.handling(of: message.id, by: user, at: later)
    }
    #expect(try kit.service.conversations(ConversationQuery(), for: user, at: later).isEmpty)
    #expect(try kit.service.unhandled(for: user, at: later) == [:])
    #expect(try await kit.service.find(MessageSearch(), for: user, at: later).isEmpty)
  }
}
