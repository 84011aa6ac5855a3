import Foundation
import Testing

@testable import Mailbox
@testable import SDKRelay
@testable import StructuredBridge

/// Each scenario of the cascade against a real store: what comes, what is known, what becomes of it.
@Suite("Messages and their cases") struct LinkScenarioTests {
  private static let (one, other) = (BridgeKit.person(), BridgeKit.person(1))

  @Test("step 1: our own reference comes back from the organisation it was given to, and only from that one")
  func ownReference() async throws {
    let kit = try LinkKit()
    let id = try await kit.open()
    let reference = try await kit.issue(id)
    let good = try await kit.deliver { $0.returned = [reference] }
    #expect(try await kit.outcome(good) == "linked 1 ownReference 1")
    #expect(try await kit.caseOf(good) == id)
    let stray = try await kit.deliver {
      $0.returned = [reference]
      $0.counterparty = LinkKit.stranger
    }
    #expect(try await kit.outcome(stray) == "none 7 strayReference 0")
    let guessed = try await kit.deliver { $0.returned = [CaseReference.issued().payload!] }
    #expect(try await kit.outcome(guessed) == "none 7 strayReference 0")
  }

  @Test("steps 2 and 3: a reply and a conversation follow their case, in the same mailbox with the same organisation")
  func thread() async throws {
    let kit = try LinkKit()
    let id = try await kit.open()
    let reference = try await kit.issue(id)
    let first = try await kit.deliver { $0.returned = [reference] }
    let reply = try await kit.deliver {
      ($0.direction, $0.answers, $0.conversation) = (.outgoing, first.id, first.conversationID)
    }
    #expect(try await kit.outcome(reply) == "linked 2 reply 1")
    let follow = try await kit.deliver { $0.conversation = first.conversationID }
    #expect(try await kit.outcome(follow) == "linked 3 conversation 1")
    let elsewhere = try await kit.deliver {
      $0.conversation = first.conversationID
      $0.answers = first.id
      $0.counterparty = LinkKit.stranger
    }
    #expect(try await kit.outcome(elsewhere) == "none 7 nothing 0")
    let neighbour = MailboxID(kit.kit.tenant, try FunctionalAddress("sdk:rektor"))
    let beside = try await kit.deliver {
      $0.mailbox = neighbour
      $0.answers = first.id
    }
    #expect(try await kit.outcome(beside) == "none 7 nothing 0")
  }

  @Test("step 4: a unique case number links; a protected person's is proposed, a closed or shared one chosen")
  func caseNumber() async throws {
    let kit = try LinkKit()
    let dnr = Draft.Reference(root: "dnr", value: "AF-2026/00003075")
    #expect(try await kit.outcome(kit.deliver { $0.references = [dnr] }) == "none 7 nothing 0")
    let id = try await kit.open(known: [LinkKit.dnr])
    let message = try await kit.deliver { $0.references = [dnr] }
    #expect(try await kit.caseOf(message) == id)
    #expect(try await kit.outcome(message) == "linked 4 caseNumber 1")
    let stranger = try await kit.deliver { ($0.references, $0.counterparty) = ([dnr], LinkKit.stranger) }
    #expect(try await kit.outcome(stranger) == "none 7 nothing 0")
    try await kit.kit.say([.secrecyMark], at: LinkKit.now + 1)
    #expect(try await kit.outcome(kit.deliver { $0.references = [dnr] }) == "proposed 4 caseNumber 1")
    try await kit.kit.clear(at: LinkKit.now + 2)
    try await kit.kit.observe(kit.kit.event(.result, days: -1))
    #expect(try await kit.outcome(kit.deliver { $0.references = [dnr] }) == "choose 6 closedCase 1")
  }

  @Test("step 5: a person's number proposes their only open case, and links it only where the agreement lets it")
  func personNumber() async throws {
    let kit = try LinkKit()
    try await kit.open()
    #expect(try await kit.outcome(kit.deliver { $0.refer(Self.one) }) == "proposed 5 personNumber 1")
    let agreed = try LinkKit { LinkKit.agreement($0, more: "linksByPersonNumber: true") }
    let id = try await agreed.open()
    let linked = try await agreed.deliver { $0.refer(Self.one) }
    #expect(try await agreed.caseOf(linked) == id)
    let careful = try LinkKit { LinkKit.agreement($0) }
    try await careful.open()
    #expect(try await careful.outcome(careful.deliver { $0.refer(Self.one) }) == "proposed 5 personNumber 1")
  }

  @Test("step 6: several, closed, protected, stale, a number change, a case number in the text: a person chooses")
  func choices() async throws {
    let kit = try LinkKit()
    try await kit.open(isClear: false)
    // Nobody has asked the population register.
    let unknown = try await kit.deliver { $0.refer(Self.one) }
    #expect(try await kit.outcome(unknown) == "choose 6 protectedPerson 1")
    try await kit.kit.clear()
    let system = CaseReference(.system, of: .own, "B")!
    try await kit.kit.observe(kit.kit.event(.needOfEducation, days: -1, known: [system]))
    #expect(try await kit.outcome(kit.deliver { $0.refer(Self.one) }) == "choose 6 severalCases 2")
    try await kit.kit.take(
      .identifierChanged(
        IdentifierChange(
          tenant: kit.kit.tenant, former: Self.one, current: nil, state: .pending, occurred: LinkKit.now, source: .feed)
      ))
    #expect(try await kit.outcome(kit.deliver { $0.refer(Self.one) }) == "choose 6 numberChange 2")
    try await kit.open(Self.other, known: [LinkKit.dnr])
    let text = try await kit.deliver { $0.text = "Gäller Af-2026/0000 3075, tack." }
    #expect(try await kit.outcome(text) == "choose 6 numberInText 1")
  }

  @Test("held: references to two persons, known or not, and a reply that speaks of somebody else")
  func contradictions() async throws {
    let kit = try LinkKit()
    try await kit.open(known: [LinkKit.dnr])
    try await kit.open(Self.other)
    let dnr = Draft.Reference(root: "dnr", value: LinkKit.dnr.value)
    let both = try await kit.deliver {
      $0.refer(Self.one)
      $0.refer(Self.other)
    }
    #expect(try await kit.outcome(both) == "held 6 severalPersons 0")
    let mixed = try await kit.deliver {
      $0.references = [dnr]
      $0.refer(Self.other)
    }
    #expect(try await kit.outcome(mixed) == "held 6 severalPersons 2")
    let unknown = try await kit.deliver {
      $0.references = [dnr]
      $0.refer(BridgeKit.person(2))
    }
    #expect(try await kit.outcome(unknown) == "held 6 contradiction 1")
    let first = try await kit.deliver { $0.references = [dnr] }
    let reply = try await kit.deliver {
      $0.answers = first.id
      $0.refer(Self.other)
    }
    #expect(try await kit.outcome(reply) == "held 6 contradiction 2")
  }

  @Test("quarantined: a sender outside the agreement is never linked, whatever it refers to")
  func unexpected() async throws {
    let kit = try LinkKit { LinkKit.agreement($0) }
    let id = try await kit.open(known: [LinkKit.dnr])
    let reference = try await kit.issue(id, to: LinkKit.stranger)
    let message = try await kit.deliver {
      $0.counterparty = LinkKit.stranger
      $0.returned = [reference]
    }
    #expect(try await kit.outcome(message) == "quarantined 7 unexpectedSender 0")
  }

  @Test(
    "what is no sure number leads nowhere and is flagged",
    arguments: [
      ("1.2.752.129.2.1.3.1", "19121212-1213", "checkDigit"), ("1.2.752.129.2.1.3.1", "１９１２１２１２１２１２", "foreignDigit"),
      ("1.2.752.129.2.1.3.3", "191212121212", "contradiction"), ("dnr", "191212121212", "contradiction"),
      ("1.2.752.129.2.1.3.1", "1212121212", "openCentury"), ("1.2.752.129.2.1.3.1", "19140728-TF26", "contradiction"),
      ("unregistred", "191212121212", ""),
    ])
  func flagged(_ root: String, _ value: String, _ flag: String) async throws {
    let kit = try LinkKit()
    guard case .person(let person) = try read("191212121212") else { return }
    try await kit.open(person)
    let message = try await kit.deliver { $0.references = [Draft.Reference(root: root, value: value)] }
    let link = try await kit.kit.bridge.mailbox.relay.write { try MessageLink(message, in: $0) }
    #expect(link.state == .none && link.cases.isEmpty)
    #expect(link.flags.joined(separator: " ") == flag)
  }

  @Test("a merged person's cases are found by both numbers, and another organisation's case by nothing")
  func merged() async throws {
    let kit = try LinkKit()
    try await kit.open()
    try await kit.open(Self.other)
    try await kit.kit.observe(kit.kit.event(.result, of: Self.other, days: -1))
    try await kit.kit.take(
      .identifierChanged(
        IdentifierChange(
          tenant: kit.kit.tenant, former: Self.one, current: Self.other, state: .done, occurred: LinkKit.now,
          source: .feed)))
    for person in [Self.one, Self.other] {
      let message = try await kit.deliver { $0.refer(person) }
      #expect(try await kit.outcome(message) == "proposed 5 personNumber 1")
    }
    let foreign = try await kit.deliver {
      $0.refer(Self.one)
      $0.counterparty = LinkKit.stranger
    }
    #expect(try await kit.outcome(foreign) == "none 7 nothing 0")
  }

  @Test("what the register learns later is looked for among messages that led nowhere, once")
  func later() async throws {
    let kit = try LinkKit()
    let dnr = Draft.Reference(root: "dnr", value: LinkKit.dnr.value)
    let message = try await kit.deliver { $0.references = [dnr] }
    let number = try await kit.deliver { $0.refer(Self.one) }
    #expect(try await kit.outcome(message) == "none 7 nothing 0")
    let id = try await kit.open(known: [LinkKit.dnr], isClear: false)
    // Unknown to the population register: proposed at most.
    #expect(try await kit.outcome(message) == "proposed 4 caseNumber 1")
    #expect(try await kit.outcome(number) == "choose 6 protectedPerson 1")
    try await kit.kit.clear()
    #expect(try await kit.outcome(number) == "proposed 5 personNumber 1")
    try await kit.kit.observe(kit.kit.event(.application, days: -3, known: [LinkKit.dnr]))
    #expect(try await kit.caseOf(message) == id)
    let news = try kit.kit.bridge.caseNews(after: 0, limit: 100, of: kit.kit.tenant).news
    #expect(news.map(\.kind) == [.received, .linked], "nothing but a missing answer had covered it")
  }
}
