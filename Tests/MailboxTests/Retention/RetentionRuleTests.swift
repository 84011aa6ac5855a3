import Foundation
import Testing

@testable import Mailbox
@testable import SDKRelay

@Suite struct RetentionRuleTests {
  private static let folder = FileManager.default.temporaryDirectory

  private func rule(_ text: String) throws -> RetentionRule {
    try RetentionRule(SettingsFile.parse(text, file: "r.yaml", folder: Self.folder))
  }

  private func day(_ text: String) -> Date { Day(text)!.start + 43_200 }

  @Test("a rule is read whole") func whole() throws {
    let read = try rule(
      RetentionKit.rule(
        messages: "  state: handedOver\n  direction: out\n  about: [application, other]", trigger: "handedOver",
        keep: "6 months"))
    #expect((read.state, read.direction, read.trigger) == (.handedOver, .outgoing, .handedOver))
    #expect(read.about == [.application, .other])
    #expect((read.period.description, read.decision) == ("6 months", "VUX 2026/1"))
    #expect(read.sha256 != (try rule(RetentionKit.rule())).sha256)
  }

  @Test(
    "a wrong or incomplete rule is refused with file, line, key and reason",
    arguments: [
      ("decision: VUX 2026/1\n", "", "1: decision: is missing"),
      ("decision: VUX 2026/1", "decision: ''", "4: decision: has no value"),
      ("trigger: received\n", "", "1: trigger: is missing"),
      ("trigger: received", "trigger: ibland", "7: trigger: must be one of received, sent, registered, done,"),
      ("\nkeep: 30 days", "", "1: keep: is missing"),
      ("keep: 30 days", "keep: 30", "8: keep: must be a time such as 30 days"),
      ("keep: 30 days", "keep: -1 days", "8: keep: must be a time such as 30 days"),
      ("keep: 30 days", "keep: 101 years", "8: keep: must be a time such as 30 days"),
      ("keep: 30 days", "keep: 99999999999999999999 days", "8: keep: must be a time such as 30 days"),
      ("id: ringa", "id: Ringa!", "1: id: must be 1 to 64 of a–z, 0–9 and -"),
      ("kind: H", "kinds: H", "3: kinds: unknown key"),
      (
        "  state: cullable", "  state: unregistered",
        "6: messages.state: must be one of cullable, registered, handedOver"
      ),
      (
        "  state: cullable", "  state: cullable\n  direction: out", "8: trigger: received never comes for messages sent"
      ),
      ("  state: cullable", "  state: cullable\n  about: [allt]", "7: messages.about[0]: must be one of"),
      ("  state: cullable", "  state: cullable\n  about: [other]", "7: messages.about: is known of messages sent only"),
      ("trigger: received", "trigger: registered", "7: trigger: registered never comes for messages that are marked"),
      ("trigger: received", "trigger: handedOver", "7: trigger: handedOver is for messages.state handedOver"),
      ("organisation: 0203:", "organisation: ", "2: organisation: must be a participant id"),
    ])
  func refusals(_ right: String, _ wrong: String, _ expected: String) throws {
    let text = RetentionKit.rule()
    #expect(text.contains(right))
    let problem = #expect(throws: SettingsProblem.self) {
      try rule(text.replacing(right, with: wrong, maxReplacements: 1))
    }
    #expect(problem?.description.hasPrefix("r.yaml:\(expected)") == true, "\(problem?.description ?? "")")
  }

  @Test("a folder is taken whole or not at all; no folder, no rules") func folder() throws {
    let kit = try RetentionKit()
    #expect(try kit.service.retentionRules().rules.isEmpty)
    try kit.write(RetentionKit.rule())
    #expect(try kit.service.retentionRules().rules.map(\.id) == ["ringa"])
    try kit.write(RetentionKit.rule(keep: "1 day"), as: "b.yaml")
    let twice = #expect(throws: RetentionRuleProblems.self) { try kit.service.retentionRules() }
    #expect(twice?.description.contains("id: the rule ringa stands in b.yaml too") == true)
    try FileManager.default.removeItem(at: kit.rules.appending(path: "b.yaml"))
    try kit.write("", as: "c.yml")
    #expect(throws: RetentionRuleProblems.self) { try kit.service.retentionRules() }
    #expect(try MessageKit().service.retentionRules().rules.isEmpty)
  }

  /// What a rule is about, when, and the last day it keeps.
  @Test(
    "which rule is for what, from when on",
    arguments: [
      ("cullable", "received", "30 days", "in", "2026-03-31"), ("cullable", "sent", "1 month", "out", "2026-04-01"),
      ("cullable", "received", "30 days", "out", nil), ("registered", "registered", "1 year", "in", "2027-03-02"),
      ("registered", "done", "0 days", "in", "2026-03-03"), ("registered", "done", "0 days", "out", nil),
      ("handedOver", "handedOver", "2 days", "out", "2026-03-06"),
      ("handedOver", "registered", "1 day", "in", "2026-03-03"),
      ("registered", "conversationDone", "10 years", "out", "2036-03-05"),
    ])
  func table(_ state: String, _ trigger: String, _ keep: String, _ direction: String, _ last: String?) throws {
    let rule = try rule(RetentionKit.rule(messages: "  state: \(state)", trigger: trigger, keep: keep))
    let register: RegisterEntry.State =
      state == "cullable"
      ? .cullable(rule: "ringa")
      : .registered(try RegisterFacts(date: .now, dnr: "1", counterparty: "a", matter: "b"))
    var facts = RetentionFacts(
      mailbox: AccessKit.mailbox, direction: MessageDirection(rawValue: direction)!, state: register,
      stored: day("2026-03-01"), registered: day("2026-03-02"), done: day("2026-03-03"),
      handedOver: day("2026-03-04"), conversationDone: day("2026-03-05"))
    #expect(rule.covers(facts) == (last != nil))
    guard let last else { return }
    #expect(rule.lastDay(facts)?.description == last)
    let rules = RetentionRules([rule])
    #expect(rules.due(facts, on: try #require(Day(last))) == nil, "the last day counts whole")
    #expect(rules.due(facts, on: Day(number: try #require(Day(last)).number + 1))?.rule == rule)
    facts.mailbox = MailboxID(AccessKit.stranger, AccessKit.mailbox.address)
    #expect(!rule.covers(facts))
    facts.mailbox = AccessKit.mailbox
    facts.state = .unregistered
    #expect(!rule.covers(facts), "what is unregistered and unmarked is never culled")
    facts.state = .cullable(rule: "annan")
    #expect(!rule.covers(facts))
  }

  @Test("of several rules for a message the one that keeps longest counts, and one whose trigger has not come")
  func several() throws {
    let short = try rule(RetentionKit.rule(messages: "  state: registered", trigger: "registered"))
    let long = try rule(RetentionKit.rule(id: "lang", messages: "  state: registered", keep: "2 years"))
    let waiting = try rule(RetentionKit.rule(id: "vantar", messages: "  state: registered", trigger: "done"))
    var facts = RetentionFacts(
      mailbox: AccessKit.mailbox, direction: .incoming,
      state: .registered(try RegisterFacts(date: .now, dnr: "1", counterparty: "a", matter: "b")),
      stored: day("2026-03-01"), registered: day("2026-03-01"))
    let (soon, later) = (try #require(Day("2026-06-01")), try #require(Day("2028-06-01")))
    #expect(RetentionRules([short]).due(facts, on: soon)?.rule == short)
    #expect(RetentionRules([short, long]).due(facts, on: soon) == nil)
    #expect(RetentionRules([short, long]).due(facts, on: later)?.rule == long)
    #expect(RetentionRules([short, waiting]).due(facts, on: later) == nil)
    facts.done = day("2026-03-01")
    #expect(RetentionRules([short, waiting]).due(facts, on: later) != nil)
  }
}
