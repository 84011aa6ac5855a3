import Foundation
import Testing

@testable import Mailbox
@testable import SDKRelay
@testable import StructuredBridge

/// A case from its referral to its result, with what is written about it between.
@Suite("A case and its messages from beginning to end") struct WholeExchangeTests {
  @Test("the core tells of a referral, a message finds it, the answer leads back to it, the result closes it")
  func whole() async throws {
    let core = try await CoreKit()
    let client = try core.client()
    let kit = try LinkKit()
    let bridge = kit.kit.bridge
    let user = try await kit.user("u1", [.role(.caseworker), .protectedPersons])
    // 1. The referral comes through the structured interface.
    let needs = try await client.needs(of: CoreKit.person, for: kit.kit.tenant, as: .system).value
    let observed = try await bridge.take(needs).compactMap { try? $0.get() }
    guard case .taken(let id?)? = observed.first else { return #expect(Bool(false), "\(observed)") }
    try await kit.kit.clear(CoreKit.person)
    // 2. A message about it arrives and is linked; by the number alone a person confirms it.
    let message = try await kit.deliver {
      $0.counterparty = CoreKit.counterparty
      $0.refer(CoreKit.person)
    }
    #expect(try await kit.outcome(message) == "proposed 5 personNumber 1")
    try await bridge.confirmLink(of: message.id, version: 1, by: user, at: LinkKit.now)
    // 3. What goes out about the case has our reference, and the answer brings it back.
    var question = CaseLetterQuestion(id.value, of: kit.kit.tenant)
    (question.sender, question.recipient) = (kit.mailbox.address, try FunctionalAddress("sdk:utbildning"))
    let letter = try await bridge.letter(question, by: user, at: LinkKit.now)
    let sent = try await kit.deliver {
      ($0.direction, $0.counterparty, $0.references) = (.outgoing, CoreKit.counterparty, letter.references)
      ($0.answers, $0.conversation) = (message.id, message.conversationID)
    }
    let answer = try await kit.deliver {
      ($0.counterparty, $0.returned) = (CoreKit.counterparty, letter.references)
    }
    for one in [message, sent, answer] { #expect(try await kit.caseOf(one) == id) }
    #expect(try await kit.outcome(answer) == "linked 1 ownReference 1")
    // 4. The structured result closes the case.
    var report = try CoreReport(.result, id: "r-1", person: CoreKit.person, occurred: Date.now - 60)
    // What the core calls the case, as the referral said it.
    let known = CoreKit.events(needs).first?.caseReferences ?? []
    report.caseID = known.first { $0.kind == .system }?.value
    report.caseNumber = known.first { $0.kind == .caseNumber }?.value
    let receipt = try await client.tell(report, of: kit.kit.tenant, as: .system)
    #expect(try await bridge.take([receipt.value.fact])[0].get() == .taken(id))
    let tenant = kit.kit.tenant
    let record = try await kit.kit.register { register in
      try register.cases(tenant).fetch(register.cases(tenant).row(of: id)!)
    }
    #expect(!record.isOpen)
    let news = try bridge.caseNews(after: 0, limit: 100, for: user).news
    #expect(Set(news.map(\.messageID)) == [message.id, sent.id, answer.id])
    #expect(news.contains { $0.kind == .answered && $0.messageID == sent.id })
  }
}
