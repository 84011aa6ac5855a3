import Foundation
import GRDB
import Testing

@testable import Mailbox
@testable import SDKRelay

@Suite struct SearchTests {
  @Test("words are found in subject, text, attachments' names, the counterparty's name and references") func places()
    async throws
  {
    let kit = try MessageKit()
    let user = try await kit.user()
    let message = try await kit.put {
      ($0.subject, $0.text, $0.file, $0.reference) = ("Ämnet", "Brödtexten här", "bilaga_ett.pdf", "Af-2025/0412 3333")
    }
    for words in ["ämnet", "BRÖDTEXTEN", "bilaga", "bilaga_ett.pdf", "motparten", "registratorn", "Af-2025/0412 3333"] {
      #expect(try await kit.find(words, user) == [message.row], "\(words)")
    }
    for words in ["amnet", "0412 Af 9", "2025 okänd", "p1", "ext"] {
      #expect(try await kit.find(words, user) == [], "\(words)")
    }
  }

  @Test("the last word may be the beginning of one, the others not") func prefix() async throws {
    let kit = try MessageKit()
    let user = try await kit.user()
    let message = try await kit.put { $0.text = "antagningsbesked bifogas" }
    #expect(try await kit.find("bifogas antag", user) == [message.row])
    #expect(try await kit.find("antag bifogas", user) == [])
    #expect(try await kit.find("an", user) == [])
    let numbered = try await kit.put { $0.text = "aktnummer 20260417" }
    #expect(try await kit.find("20260417", user) == [numbered.row])
    #expect(try await kit.find("202604", user) == [])
    // More words than are told one by one.
    let letters = "abcdefghijklmnop"
    let many = letters.flatMap { first in letters.map { "zeta\(first)\($0)" } }.joined(separator: " ")
    let crowded = try await kit.put { $0.text = many }
    #expect(try await kit.find("zeta", user) == [crowded.row])
    #expect(try await kit.find("ZETAab", user) == [crowded.row])
  }

  @Test(
    "what somebody types is never syntax",
    arguments: [
      "\"", "\"\"\"", "a\"b", "*", "^a", "a OR", "NOT", "AND AND", "NEAR(", "NEAR(a b, 2)", "subject:", "place:p1",
      "{subject} : a", "-a", "+", "(", ")", "a\u{0}b", "\u{0}", "';--", "a*b*", ":", "\\", "%", "_", "\u{202E}a",
      "\u{FFFF}", "👩‍👩‍👧", "", "   ", "a\u{301}", "p1 OR p2",
    ])
  func hostile(_ words: String) async throws {
    let kit = try MessageKit()
    let user = try await kit.user()
    try await kit.put { ($0.subject, $0.text) = ("zzz", "zzz") }
    #expect(try await kit.find(words, user) == [])
  }

  @Test("words of any length and number are searched for, the first 1,000 characters and 16 words of them") func long()
    async throws
  {
    let kit = try MessageKit()
    let user = try await kit.user()
    let message = try await kit.put { $0.text = "ord nycklar" }
    #expect(try await kit.find(String(repeating: "x", count: 1_000_000), user) == [])
    #expect(try await kit.find(String(repeating: "\"(", count: 100_000), user) == [])
    #expect(try await kit.find(String(repeating: "ord ", count: 100_000), user) == [message.row])
    #expect(try await kit.find("ord OR nycklar", user) == [])
    let composed = try await kit.put { $0.text = "caf\u{65}\u{301}" }
    #expect(try await kit.find("caf\u{E9}", user) == [composed.row])
  }

  @Test("conditions narrow, with words and without") func conditions() async throws {
    let kit = try MessageKit()
    let user = try await kit.user()
    try await kit.user(in: MessageKit.neighbour)
    let first = try await kit.put { ($0.isConfidential, $0.stored) = (true, MessageKit.now - 1_000) }
    let second = try await kit.put { $0.direction = .outgoing }
    let third = try await kit.put { ($0.mailbox, $0.status) = (MessageKit.neighbour, .receiptSent) }
    let id = try UserID("u1")
    try await kit.service.handle(first.id, .claim, version: 0, by: user, at: MessageKit.now)
    try await kit.service.handle(first.id, .done, version: 1, by: user, at: MessageKit.now)
    try await kit.service.handle(second.id, .tag("Brådskande"), version: 0, by: user, at: MessageKit.now)
    for words in [nil, "antagning"] {
      func find(_ narrow: (inout MessageSearch) -> Void) async throws -> [Int64] {
        try await kit.find(words, user, narrow)
      }
      #expect(try await find { _ in } == [third.row, second.row, first.row])
      #expect(try await find { $0.mailbox = MessageKit.neighbour } == [third.row])
      #expect(try await find { $0.direction = .outgoing } == [second.row])
      #expect(try await find { $0.statuses = [.receiptSent, .submitted] } == [third.row])
      #expect(try await find { $0.until = MessageKit.now - 500 } == [first.row])
      #expect(try await find { $0.from = MessageKit.now - 500 } == [third.row, second.row])
      #expect(try await find { $0.handler = id } == [first.row])
      #expect(try await find { $0.isDone = true } == [first.row])
      #expect(try await find { $0.isDone = false } == [third.row])
      #expect(try await find { $0.tag = "brådskande" } == [second.row])
      #expect(try await find { $0.isConfidential = true } == [first.row])
      let key = ConversationKey(first.conversationID, with: MessageKit.counterparty, in: MessageKit.mailbox)
      #expect(try await find { $0.conversation = key } == [first.row])
      #expect(try await find { $0.limit = 2 } == [third.row, second.row])
      #expect(try await find { ($0.limit, $0.before) = (2, second.row) } == [first.row])
    }
  }

  @Test("the audit trail tells of a search and not what for; an operator is named with the user") func audit()
    async throws
  {
    let kit = try MessageKit()
    let user = try await kit.user()
    var query = MessageSearch()
    query.words = "hemligt"
    _ = try await kit.service.find(query, for: user, at: MessageKit.now)
    _ = try await kit.service.find(query, for: user, through: .operator("drift"), at: MessageKit.now)
    let entries = try await kit.service.searchAudit(AuditFilter(), by: .operator("drift"), at: MessageKit.now)
    #expect(entries.map(\.principal) == ["drift", "u1"])
    #expect(entries.map(\.action) == ["message.search", "message.search"])
    #expect(entries[0].object == "as user u1")
    #expect(!"\(entries)".contains("hemligt"))
  }

  @Test("an operator finds nothing") func `operator`() async throws {
    let kit = try MessageKit()
    try await kit.put()
    #expect(try await kit.find("antagning", .operator("drift")) == [])
    #expect(try await kit.find(nil, .operator("drift")) == [])
  }

  @Test("what is taken out of the index leaves it whole") func integrity() async throws {
    let kit = try MessageKit()
    let user = try await kit.user("u2", [.role(.caseworker), .protectedPersons])
    let message = try await kit.put()
    for version in 0..<3 {
      try await kit.service.handle(
        message.id, version.isMultiple(of: 2) ? .protect : .unprotect, version: version, by: user, reason: "prövning",
        at: MessageKit.now)
      #expect(try await kit.find("antagning", user) == [message.row])
    }
    try await kit.service.relay.write { db in
      try db.execute(sql: "INSERT INTO messageSearch (messageSearch) VALUES ('integrity-check')")
      try SearchIndex.remove(message, for: .protectedPersons, in: db)
      try SearchIndex.forgetWords(in: db)
      #expect(try String.fetchAll(db, sql: "SELECT word FROM searchWord") == [])
    }
    #expect(try await kit.find("antagning", user) == [])
  }
}
