import Foundation
import GRDB
import Testing

@testable import Mailbox
@testable import SDKRelay
@testable import StructuredBridge

/// What answers that grow old, come and change do to messages that are there.
@Suite("Covering and uncovering") struct CoverTests {
  private static let (one, other) = (BridgeKit.person(), BridgeKit.person(1))
  private static let later = LinkKit.now + 86_401

  private func isSeen(_ message: StoredMessage, by user: Principal, _ kit: LinkKit) async throws -> Bool {
    try await kit.kit.bridge.mailbox.find(MessageSearch(), for: user, at: LinkKit.now).contains {
      $0.row == message.row
    }
  }

  private func sweep(_ kit: LinkKit, at now: Date = later) async throws {
    while try await kit.kit.bridge.coverNextStale(at: now) {}
  }

  @Test("an answer that grows old covers what is there, and a new one uncovers it")
  func stale() async throws {
    let kit = try LinkKit()
    let id = try await kit.open()
    let user = try await kit.user("u1")
    let reference = try await kit.issue(id)
    let message = try await kit.deliver { $0.returned = [reference] }
    let answer = try await kit.deliver { ($0.answers, $0.conversation) = (message.id, message.conversationID) }
    try await sweep(kit, at: LinkKit.now + 86_399)
    #expect(try await isSeen(message, by: user, kit))
    try await sweep(kit)
    #expect(try await !isSeen(message, by: user, kit))
    #expect(try await !isSeen(answer, by: user, kit))
    try await sweep(kit)
    try await kit.kit.clear(at: Self.later)
    #expect(try await isSeen(message, by: user, kit))
    #expect(try await isSeen(answer, by: user, kit))
    try await sweep(kit, at: Self.later + 86_402)
    #expect(try await !isSeen(message, by: user, kit), "and it grows old again")
  }

  @Test("who was unknown is uncovered by the first answer that has no mark, and by none that has one")
  func unknown() async throws {
    let kit = try LinkKit()
    let user = try await kit.user("u1")
    let message = try await kit.deliver { $0.refer(Self.one) }
    #expect(try await !isSeen(message, by: user, kit))
    try await kit.open(isClear: false)
    #expect(try await !isSeen(message, by: user, kit))
    try await kit.kit.clear()
    #expect(try await isSeen(message, by: user, kit))
    let marked = try await kit.deliver { $0.refer(Self.other) }
    try await kit.open(Self.other, isClear: false)
    try await kit.kit.say([.secrecyMark], of: Self.other)
    #expect(try await !isSeen(marked, by: user, kit))
  }

  @Test("a mark that the register takes away again uncovers nothing: a person does, for a reason")
  func formerly() async throws {
    let kit = try LinkKit()
    try await kit.open()
    let (user, insider) = (
      try await kit.user("u1"), try await kit.user("u2", [.role(.caseworker), .protectedPersons])
    )
    let message = try await kit.deliver { $0.refer(Self.one) }
    try await kit.kit.say([.secrecyMark], at: LinkKit.now + 1)
    try await kit.kit.clear(at: LinkKit.now + 2)
    #expect(try await !isSeen(message, by: user, kit))
    let service = kit.kit.bridge.mailbox
    let version = try await service.handling(of: message.id, reason: "ärendet", by: insider, at: LinkKit.now).state
      .version
    try await service.handle(
      message.id, .unprotect, version: version, by: insider, reason: "avregistrerad", at: LinkKit.now)
    #expect(try await isSeen(message, by: user, kit))
    let new = try await kit.deliver { $0.refer(Self.one) }
    #expect(try await isSeen(new, by: user, kit), "new messages follow the answer")
  }

  @Test(
    "news that nobody could see while a message was covered comes to whoever may see it then, each under its own id")
  func newsAgain() async throws {
    let kit = try LinkKit()
    let id = try await kit.open(isClear: false)
    let reference = try await kit.issue(id)
    let bridge = kit.kit.bridge
    let insider = try await kit.user("u2", [.role(.caseworker), .protectedPersons])
    let message = try await kit.deliver { $0.returned = [reference] }
    let link = try await bridge.link(of: message.id, for: insider, at: LinkKit.now)
    _ = try await bridge.confirmLink(of: message.id, version: link.version, by: insider, at: LinkKit.now)
    let user = try await kit.user("u1")
    func news(_ number: Int64, _ principal: Principal) throws -> CaseNewsPage {
      try bridge.caseNews(after: number, for: principal, at: LinkKit.now)
    }
    let (passed, told) = (try news(0, user), try news(0, insider))
    #expect(passed.news.isEmpty && told.news.map(\.kind) == [.received, .linked])
    let events = try bridge.mailbox.events(after: nil, for: user, at: LinkKit.now).end
    try await kit.kit.clear()
    let shown = try news(passed.end, user)
    #expect(shown.news.map(\.id) == told.news.map(\.id) && shown.news.map(\.kind) == told.news.map(\.kind))
    #expect(shown.news.allSatisfy { $0.number > passed.end })
    #expect(try bridge.caseNews(after: passed.end, limit: 10, of: kit.kit.tenant).news.count == 2, "webhooks too")
    let later = try bridge.mailbox.events(after: events, for: user, at: LinkKit.now).events
    #expect(later.map(\.messageID) == [message.id], "and whoever follows events learns of it")
  }

  @Test("what a person has marked stays marked whatever the register answers")
  func byHand() async throws {
    let kit = try LinkKit()
    try await kit.open()
    let (user, insider) = (
      try await kit.user("u1"), try await kit.user("u2", [.role(.caseworker), .protectedPersons])
    )
    let service = kit.kit.bridge.mailbox
    let message = try await kit.deliver { $0.refer(Self.one) }
    try await service.handle(message.id, .protect, version: 0, by: insider, at: LinkKit.now)
    let answer = try await kit.deliver { ($0.answers, $0.conversation) = (message.id, message.conversationID) }
    try await sweep(kit)
    try await kit.kit.clear(at: Self.later)
    #expect(try await !isSeen(message, by: user, kit))
    #expect(try await !isSeen(answer, by: user, kit))
  }

  @Test("what belongs to one person's case and names another is covered once that one is protected")
  func namesAnother() async throws {
    let kit = try LinkKit()
    let id = try await kit.open()
    try await kit.open(Self.other)
    let user = try await kit.user("u1")
    let message = try await kit.deliver { $0.refer(Self.other) }
    let link = try await kit.kit.bridge.link(of: message.id, for: user, at: LinkKit.now)
    _ = try await kit.kit.bridge.confirmLink(
      of: message.id, to: id.value, version: link.version, by: user, at: LinkKit.now)
    #expect(try await kit.outcome(message) == "linked 0 person 1")
    #expect(try await isSeen(message, by: user, kit))
    try await kit.kit.say([.secrecyMark], of: Self.other, at: LinkKit.now + 1)
    #expect(try await !isSeen(message, by: user, kit))
  }

  @Test("what is about somebody else too is uncovered only once nothing is left to cover it")
  func severalPersons() async throws {
    let kit = try LinkKit()
    try await kit.open()
    try await kit.open(Self.other, isClear: false)
    let user = try await kit.user("u1")
    let message = try await kit.deliver {
      $0.refer(Self.one)
      $0.refer(Self.other)
    }
    try await kit.kit.clear(at: LinkKit.now + 1)
    #expect(try await !isSeen(message, by: user, kit))
    try await kit.kit.clear(Self.other, at: LinkKit.now + 1)
    #expect(try await isSeen(message, by: user, kit))
  }

  @Test("a row of the first loading covers, and finds what waits for it")
  func loading() async throws {
    let kit = try LinkKit()
    let user = try await kit.user("u1")
    let message = try await kit.deliver { $0.refer(Self.one) }
    #expect(try await kit.outcome(message) == "none 7 nothing 0")
    let loading = try LoadingKit(kit.kit)
    func load(_ word: String, _ time: Date) async throws {
      let row = loading.row(protection: "\(word),\(time.ISO8601Format())")
      #expect(try await loading.load(loading.file([row]), name: word).counts == [1, 0, 0])
    }
    try await load("none", LinkKit.now - 1)
    #expect(try await kit.outcome(message) == "proposed 5 personNumber 1")
    #expect(try await isSeen(message, by: user, kit))
    try await load("secrecyMark", LinkKit.now)
    #expect(try await !isSeen(message, by: user, kit))
  }
}
