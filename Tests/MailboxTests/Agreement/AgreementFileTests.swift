import Foundation
import SDKRelay
import Testing

@testable import Mailbox

@Suite("Agreement files") struct AgreementFileTests {
  @Test("every key of a file is read")
  func values() throws {
    let agreement = try AgreementText().file().agreement
    #expect(agreement.reference.description == "ab (version 1)")
    #expect(agreement.validity.from.description == "2026-03-01")
    #expect(agreement.parties.map(\.name) == ["Kommunen", "Förmedlingen"])
    #expect(agreement.parties[0].administrator.contact == "forvaltning@a.example.se")
    #expect(agreement.parties[0].mailboxes.map(\.protectedPersons) == [true, false])
    #expect(agreement.routes.map(\.kinds) == [[.application, .other], [.decision]])
    #expect(agreement.maximumSize == 1_000)
    #expect(agreement.answerWithinWorkingDays == 5)
    #expect(agreement.retention.days == 730)
  }

  @Test("the commented examples are right, and are two agreements, one of them in two versions")
  func examples() throws {
    let root = URL(filePath: #filePath).deletingLastPathComponent().appending(path: "../../../config/agreements")
    let book = try AgreementBook(folder: root.standardizedFileURL)
    #expect(
      book.versions.map(\.reference.description) == [
        "komvux-arbetsformedlingen (version 1)", "komvux-arbetsformedlingen (version 2)", "sfi-etablering (version 1)",
      ])
  }

  @Test(
    "a wrong file is refused with file, line, key and reason",
    arguments: [
      ("id: ab", "id: A b", "1: id: must be 1 to 64 lower-case letters, digits and inner hyphens, not “A b”"),
      ("id: ab", "idd: ab", "1: idd: unknown key"),
      ("version: 1", "version: 0", "2: version: must be a whole number from 1 to 9999, not “0”"),
      ("version: 1", "version: 1.0", "2: version: must be a whole number from 1 to 9999, not “1.0”"),
      ("date: 2026-02-10\n", "", "1: date: is missing"),
      ("date: 2026-02-10", "date: 2026-02-30", "3: date: must be a day such as 2026-03-01, not “2026-02-30”"),
      ("date: 2026-02-10", "date: 2026-2-1", "3: date: must be a day such as 2026-03-01, not “2026-2-1”"),
      ("title: Utbyte", "title: ''", "4: title: has no value"),
      ("to: 2026-12-31", "to: 2026-02-28", "7: validity.to: ends before it begins, on 2026-03-01"),
      ("to: 2026-12-31", "until: 2026-12-31", "7: validity.until: unknown key; known here: from, to"),
      ("[1 a § lagen (2000:625)]", "[]", "8: legalBasis: must name at least one rule of law"),
      (
        "participant: 0203:a.example.se", "participant: a.example.se",
        "10: parties[0].participant: must be a participant id such as 0203:kommun.example.se, not “a.example.se”"
      ),
      (
        "participant: 0203:b.example.se", "participant: 0203:A.example.se",
        "27: parties[1].participant: the same party twice"
      ),
      (
        "- address: a-two", "- address: ' a-two'",
        "22: parties[0].mailboxes[1].address: must be a functional address of 1 to 256 characters, not “ a-two”"
      ),
      ("- address: a-two", "- address: a-one", "22: parties[0].mailboxes[1].address: the same mailbox twice"),
      (
        "protectedPersons: true", "protectedPersons: yes",
        "21: parties[0].mailboxes[0].protectedPersons: must be true or false, not “yes”"
      ),
      ("hours: vardagar 9–15", "hour: vardagar 9–15", "36: parties[1].mailboxes[0].hour: unknown key"),
      (
        "- from: b-one", "- from: b-two",
        "42: routes[1].from: is no mailbox that a party of this agreement lists: “b-two”"
      ),
      ("to: b-one", "to: a-two", "40: routes[0].to: is of the same party as from"),
      ("kinds: [decision]", "kinds: [desicion]", "44: routes[1].kinds[0]: must be one of needOfEducation, application"),
      ("kinds: [decision]", "kinds: []", "44: routes[1].kinds: must name at least one of"),
      ("kinds: [decision]", "kinds: [decision, decision]", "44: routes[1].kinds: names the same kind twice"),
      ("- from: b-one\n    to: a-one", "- from: a-one\n    to: b-one", "42: routes[1].from: the same route twice"),
      (
        "[application/pdf, image/png]", "[image/png]",
        "45: fileTypes: application/pdf is mandatory for every participant"
      ),
      (
        "[application/pdf, image/png]", "[application/pdf, PNG]", "45: fileTypes[1]: must be a media type in lower case"
      ),
      ("maximumSize: 1 kB", "maximumSize: 1 kilo", "46: maximumSize: must be a size such as 100 MB"),
      ("maximumSize: 1 kB\n", "", "1: maximumSize: is missing"),
      ("Days: 5", "Days: fem", "47: answerWithinWorkingDays: must be a whole number from 1 to 366, not “fem”"),
      ("days: 730", "days: 2 år", "49: retention.days: must be a whole number from 1 to 36600, not “2 år”"),
      ("title: Utbyte", "title: Utbyte\ntitle: Utbyte", "4: the same key twice: title"),
    ])
  func refusals(_ right: String, _ wrong: String, _ expected: String) throws {
    let text = AgreementText().text
    #expect(text.contains(right))
    let problem = #expect(throws: SettingsProblem.self) {
      try AgreementText.file(text.replacing(right, with: wrong, maxReplacements: 1))
    }
    let sentence = problem?.description ?? ""
    #expect(sentence.hasPrefix("ab.yaml:\(expected)"), "\(sentence)")
  }

  @Test("an address that two parties have is named with its organisation")
  func sameAddress() throws {
    var text = AgreementText()
    text.routes = "  - from: 0203:a.example.se/a-one\n    to: 0203:b.example.se/a-one\n    kinds: [other]"
    let shared = text.text.replacing("- address: b-one", with: "- address: a-one")
    let route = try AgreementText.file(shared).agreement.routes[0]
    #expect(route.from.participant != route.to.participant)
    let ambiguous = shared.replacing("from: 0203:a.example.se/a-one", with: "from: a-one")
    let problem = #expect(throws: SettingsProblem.self) { try AgreementText.file(ambiguous) }
    #expect(problem?.reason == "is a mailbox of several parties: write ORGANISATION/a-one")
  }

  @Test("days are those of the calendar, and begin at midnight in Sweden")
  func days() throws {
    #expect(Day("2028-02-29") != nil)
    for text in ["2026-02-29", "2026-13-01", "2026-00-10", "2026-1-01", "20260301", "2026-03-01 ", "١٢٣٤-03-01", ""] {
      #expect(Day(text) == nil, "\(text)")
    }
    #expect(Day(containing: try time("2026-02-28T22:59:59Z")).description == "2026-02-28")
    #expect(Day(containing: try time("2026-02-28T23:00:00Z")).description == "2026-03-01")
    #expect(Day(containing: try time("2026-08-31T22:00:00Z")).description == "2026-09-01")
  }
}
