import Foundation
import SDKRelay
import Testing

@Suite("Identifiers")
struct IdentifierTests {
  @Test(
    "a participant is a code list and a value of its form",
    arguments: [
      "0203:komvux.kommun.example.se", "0203:a", "0203:myndighetA.org", "0203:xn--blbr-roah.example.se",
      "0007:1234567890", "0088:7300010000001",
    ])
  func participants(_ text: String) throws {
    #expect(try ParticipantID(text).value == text)
  }

  @Test(
    "I9: a participant outside the ASCII subset of its code list is refused",
    arguments: [
      "", "0203", "0203:", "0203: kommun.example.se", "0203:kommun.example.se ", "0203:kommun.example.se\n",
      "0203:kommun.example.se\u{0}", "0203:kommun.ex\u{0430}mple.se", "0203:bl\u{E5}b\u{E4}r.example.se", "0203:a..b",
      "0203:.a", "0203:a.", "0203:-a.se", "0203:a-.se", "0203:a_b.se", "0203:a/b", "0203:a:b", "0203:a\u{200B}b.se",
      "\u{FEFF}0203:a.se", "0203:kommun.example.\u{17F}e", "0007:123456789", "0007:12345678901", "0007:123456-7890",
      "0007:123456789\u{0663}", "0088:730001000000", "0204:a.se", "0203\u{FF1A}a.se", " 0203:a.se",
      "0203:" + String(repeating: "a", count: 64) + ".se", "0203:" + String(repeating: "a.", count: 127) + "se",
    ])
  func refusedParticipants(_ text: String) {
    #expect(throws: IdentifierProblem.self) { try ParticipantID(text) }
  }

  @Test("participants are compared as lower-case ASCII and keep how they were written")
  func participantComparison() throws {
    let upper = try ParticipantID("0203:Kommun.Example.SE")
    let lower = try ParticipantID("0203:kommun.example.se")
    #expect(upper == lower)
    #expect(Set([upper, lower]).count == 1)
    #expect(upper.value == "0203:Kommun.Example.SE")
    #expect(upper.comparable == "0203:kommun.example.se")
  }

  @Test("a message identifier is a UUID, in either case")
  func messageIdentifiers() {
    let lower = MessageID("7bc5576a-3f87-4cf5-a0c5-277da06fcacb")
    #expect(lower != nil)
    #expect(lower == MessageID("7BC5576A-3F87-4CF5-A0C5-277DA06FCACB"))
    #expect(MessageID.new() != MessageID.new())
    #expect(MessageID(MessageID.new().value) != nil)
  }

  @Test(
    "what is not a UUID is no message identifier",
    arguments: [
      "", "7bc5576a3f874cf5a0c5277da06fcacb", "232cd54e-5aab-4518-b35c-d81bb053a590\u{D6}",
      "{7bc5576a-3f87-4cf5-a0c5-277da06fcacb}", " 7bc5576a-3f87-4cf5-a0c5-277da06fcacb",
      "7bc5576a-3f87-4cf5-a0c5-277da06fcacg", "7bc5576a-3f87-4cf5-a0c5-277da06fcac", "----",
      "7bc5576\u{FF41}-3f87-4cf5-a0c5-277da06fcacb",
    ])
  func refusedMessageIdentifiers(_ text: String) {
    #expect(MessageID(text) == nil)
  }

  @Test("a functional address is opaque, of 1 to 256 characters")
  func functionalAddresses() throws {
    #expect(try FunctionalAddress("sdk:inkorg:0203:kommun.example.se").value == "sdk:inkorg:0203:kommun.example.se")
    #expect(try FunctionalAddress(String(repeating: "\u{E5}", count: 256)).value.count == 256)
    #expect(try FunctionalAddress("A") != FunctionalAddress("a"))
    #expect(try FunctionalAddress("e\u{301}") != FunctionalAddress("\u{E9}"), "canonical equivalence is not identity")
  }

  @Test(
    "I9: a functional address has no control or invisible characters and no space at its ends",
    arguments: [
      "", "a\u{0}", "a\nb", "a\tb", " a", "a ", "a\u{200B}b", "a\u{202E}b", "a\u{A0}b", "\u{FEFF}a", "a\u{2028}b",
      String(repeating: "a", count: 257),
    ])
  func refusedFunctionalAddresses(_ text: String) {
    #expect(throws: IdentifierProblem.self) { try FunctionalAddress(text) }
  }

  @Test("identifiers read from JSON are checked")
  func decoding() throws {
    let json = JSONDecoder()
    let participant = try json.decode([ParticipantID].self, from: Data(#"["0203:a.se"]"#.utf8))
    #expect(try participant == [ParticipantID("0203:a.se")])
    #expect(throws: (any Error).self) { try json.decode([ParticipantID].self, from: Data(#"["0203:a b"]"#.utf8)) }
    #expect(throws: (any Error).self) { try json.decode([MessageID].self, from: Data(#"["x"]"#.utf8)) }
    #expect(throws: (any Error).self) { try json.decode([FunctionalAddress].self, from: Data(#"[""]"#.utf8)) }
    #expect(try JSONEncoder().encode([MessageID.new()]).count == 40)
  }
}
