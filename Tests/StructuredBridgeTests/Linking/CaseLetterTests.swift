import Foundation
import Testing

@testable import Mailbox
@testable import SDKRelay
@testable import StructuredBridge

/// What a case fills in of a message, and the answer that comes back by it.
@Suite("Messages about a case") struct CaseLetterTests {
  private static let dnr = CaseReference(.caseNumber, of: .own, "KOM-2026/12")!

  private func question(_ kit: LinkKit, _ change: (inout CaseLetterQuestion) -> Void = { _ in }) -> CaseLetterQuestion {
    var question = CaseLetterQuestion("KOM-2026/12", of: kit.kit.tenant)
    question.sender = kit.mailbox.address
    change(&question)
    return question
  }

  @Test(
    "a case fills in recipient, subject and references; the answer comes back to it, and to no other organisation's")
  func filled() async throws {
    let kit = try LinkKit { LinkKit.agreement($0) }
    let id = try await kit.open(known: [Self.dnr])
    let user = try await kit.user("u1")
    let bridge = kit.kit.bridge
    let letter = try await bridge.letter(question(kit), by: user, at: LinkKit.now)
    #expect(letter.recipient.address.value == "sdk:registrator" && letter.record.id == id)
    #expect(letter.subject == "Ärende KOM-2026/12" && !letter.isConfidential)
    #expect(letter.references.map(\.root) == [CaseReference.opaqueRoot, "dnr"])
    let again = try await bridge.letter(question(kit), by: user, at: LinkKit.now)
    #expect(again.references == letter.references, "issued once")
    let sent = try await kit.deliver { ($0.direction, $0.references) = (.outgoing, letter.references) }
    #expect(try await kit.caseOf(sent) == id)
    let answer = try await kit.deliver { $0.returned = [letter.references[0]] }
    #expect(try await kit.outcome(answer) == "linked 1 ownReference 1")
    let news = try bridge.caseNews(after: 0, limit: 100, of: kit.kit.tenant).news
    #expect(news.map(\.kind) == [.sent, .linked, .receipt, .received, .linked])
    let reply = try await kit.deliver { ($0.answers, $0.conversation) = (sent.id, sent.conversationID) }
    #expect(try await kit.caseOf(reply) == id)
    #expect(try bridge.caseNews(after: 0, limit: 100, of: kit.kit.tenant).news.contains { $0.kind == .answered })
  }

  @Test("what no agreement lets be written, to whom, and about protected persons is refused")
  func refused() async throws {
    let kit = try LinkKit { LinkKit.agreement($0) }
    try await kit.open(known: [Self.dnr])
    let (user, bridge) = (try await kit.user("u1"), kit.kit.bridge)
    func problem(_ change: (inout CaseLetterQuestion) -> Void) async throws -> CaseLetterProblem? {
      do {
        _ = try await bridge.letter(question(kit, change), by: user, at: LinkKit.now)
        return nil
      } catch let problem as CaseLetterProblem {
        return problem
      }
    }
    #expect(try await problem { $0.kind = .result } == .ordinaryCooperation(.result))
    #expect(try await problem { $0.reference = "KOM-2026/13" } == .noCase)
    #expect(try await problem { $0.sender = nil } == .needsSender)
    #expect(try await problem { $0.withPersonNumber = true } == .noPersonNumber)
    try await kit.kit.say([.protectedRegistration], at: LinkKit.now + 1)
    let recipient = try FunctionalAddress("sdk:registrator")
    #expect(try await problem { _ in } == .noCase, "it is not for this user")
    try await kit.user("u1", [.protectedPersons])
    #expect(try await problem { _ in } == .notForProtected(recipient))
    await #expect(throws: AccessDenied.self) {
      try await bridge.letter(question(kit), by: .user(UserID("nobody")), at: LinkKit.now)
    }
  }

  @Test("a person's number goes where the agreement lets it")
  func number() async throws {
    let kit = try LinkKit { LinkKit.agreement($0, more: "personNumbersInReferences: true") }
    try await kit.open(known: [Self.dnr])
    let user = try await kit.user("u1")
    let letter = try await kit.kit.bridge.letter(
      question(kit) { $0.withPersonNumber = true }, by: user, at: LinkKit.now)
    #expect(letter.references.last?.value == BridgeKit.person().whole)
  }
}
