import Foundation
import SDKRelay
import Testbed
import Testing

@testable import StructuredBridge

@Suite("Facts that other clients of the structured interface tell of")
struct FactDocumentTests {
  static let tenant = "\"tenant\":\"0203:komvux.kommun.example.se\""
  static let event = """
    {"kind":"structured-event.observed",\(tenant),"counterparty":"0203:motpart.example.se","person":"19121212-1212",\
    "event":"admission","occurred":"2026-11-01T08:00:00Z","reference":"e-1",\
    "caseReferences":[{"kind":"caseNumber","owner":"counterpart","value":"Af-2026/0000 3075"}],\
    "summary":{"courseCode":"SVASVA01"}}
    """

  private func fact(_ json: String) throws -> StructuredFact { try FactDocument(Array(json.utf8), at: someNow).fact }

  private func problem(_ json: String) -> FactDocumentProblem? {
    do {
      _ = try FactDocument(Array(json.utf8), at: someNow)
      return nil
    } catch {
      return error
    }
  }

  @Test("each kind is read whole")
  func kinds() throws {
    guard case .eventObserved(let event) = try fact(Self.event) else {
      Issue.record("no event")
      return
    }
    #expect(event.kind == .admission && event.person.whole == "191212121212" && event.source == .feed)
    #expect(event.caseReferences.first?.comparable == "AF-2026/00003075" && event.digest?.count == 32)
    let others = [
      "{\"kind\":\"person.protection.changed\",\(Self.tenant),\"person\":\"191212121212\",\"marks\":[\"secrecyMark\"],"
        + "\"checked\":\"2026-11-01T08:00:00Z\"}",
      "{\"kind\":\"person.identifier.changed\",\(Self.tenant),\"former\":\"191212121212\",\"state\":\"pending\","
        + "\"occurred\":\"2026-11-01T08:00:00Z\"}",
      "{\"kind\":\"case.closed\",\(Self.tenant),\"case\":{\"kind\":\"system\",\"owner\":\"own\",\"value\":\"K-1\"},"
        + "\"occurred\":\"2026-11-01T08:00:00Z\"}",
      "{\"kind\":\"api.availability\",\"state\":\"down\",\"observed\":\"2026-11-01T08:00:00Z\"}",
    ]
    for json in others { #expect(problem(json) == nil, "\(json)") }
    #expect(try fact(others[3]).tenant == nil)
  }

  @Test("the same event with other white space, or another's number, has the same digest; another event has not")
  func digests() throws {
    func digest(_ json: String) throws -> [UInt8]? {
      if case .eventObserved(let event) = try fact(json) { event.digest } else { nil }
    }
    let first = try digest(Self.event)
    #expect(try digest(Self.event.replacing(",", with: " , ")) == first)
    #expect(try digest(Self.event.replacing("SVASVA01", with: "SVASVA02")) != first)
  }

  @Test(
    "what is wrong is refused by place and reason, never with the value",
    arguments: [
      ("\"admission\"", "\"hemligt\"", "event"), ("structured-event.observed", "structured-event.hemligt", "kind"),
      ("19121212-1212", "19121212-1213", "person"), ("19121212-1212", "121212-1212x", "person"),
      ("19121212-1212", "1212121212", "person"), ("19121212-1212", "19121212-TF26", "person"),
      ("19121212-1212", "1912121２-1212", "person"), ("19121212-1212", "1912121𝟐-1212", "person"),
      ("\"e-1\"", "\"\(String(repeating: "x", count: 257))\"", "reference"), ("\"e-1\"", "\"\"", "reference"),
      ("\"e-1\"", "7", "reference"), ("\"e-1\"", "\"e\\u202e1\"", "reference"), ("\"e-1\"", "null", "reference"),
      ("2026-11-01T08:00:00Z", "i går", "occurred"), ("\"reference\"", "\"Reference\"", "*"),
      ("0203:motpart", "0203:komvux.kommun", "counterparty"), ("0203:motpart", "0203:mоtpart", "counterparty"),
      ("\"caseNumber\"", "\"opaque\"", "caseReferences[0].kind"),
      ("\"owner\":\"counterpart\",", "", "caseReferences[0].owner"),
      ("SVASVA01", "för 191212121212", "summary.courseCode"), ("\"courseCode\"", "\"191212121212\"", "summary.*"),
      ("{\"courseCode\":\"SVASVA01\"}", "[]", "summary"),
    ])
  func wrong(_ old: String, _ new: String, _ place: String) throws {
    let json = Self.event.replacing(old, with: new)
    #expect(json != Self.event)
    let problem = try #require(self.problem(json))
    #expect(problem.place == place)
    #expect(!holds(problem, ["1212", "hemligt", "\"Reference", "xxx"]))
  }

  @Test(
    "contradictions in a number's change and in marks",
    arguments: [
      ("\"state\":\"done\"", "current"), ("\"state\":\"withdrawn\",\"current\":\"189001019802\"", "current"),
      ("\"state\":\"done\",\"current\":\"191212121212\"", "current"), ("\"state\":\"changed\"", "state"),
    ])
  func contradictions(_ fields: String, _ place: String) {
    let json =
      "{\"kind\":\"person.identifier.changed\",\(Self.tenant),\"former\":\"191212121212\",\(fields),"
      + "\"occurred\":\"2026-11-01T08:00:00Z\"}"
    #expect(problem(json)?.place == place)
  }

  @Test(
    "no JSON, no object, too deep, too long, or no UTF-8",
    arguments: [
      "", "{", "[]", "7", "{}", String(repeating: "[", count: 100), String(repeating: " ", count: 70_000),
    ])
  func noDocument(_ json: String) {
    #expect(problem(json) != nil)
    #expect(throws: FactDocumentProblem.self) { try FactDocument([0xFF, 0xFE], at: someNow) }
  }

  @Test("lines are read however they are cut; bad ones are told by number, and the others taken")
  func lines() throws {
    let text =
      "\u{FEFF}\(Self.event)\r\n\n{\"kind\":\"x\"}\n\(String(repeating: "y", count: 100_000))\n\(Self.event)"
    for size in [1, 7, 4_096, 1_000_000] {
      var reader = FactLines(at: someNow)
      var lines: [FactLines.Line] = []
      var bytes = Array(text.utf8)[...]
      while !bytes.isEmpty {
        lines += reader.take(bytes.prefix(size))
        bytes = bytes.dropFirst(size)
      }
      lines += [reader.finish()].compactMap(\.self)
      var (facts, problems): ([Int], [Int]) = ([], [])
      for line in lines {
        switch line {
        case .fact(let number, _): facts.append(number)
        case .problem(let problem): problems.append(problem.line)
        }
      }
      #expect(facts == [1, 5] && problems == [3, 4], "\(size)")
    }
  }
}
