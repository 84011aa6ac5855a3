import Foundation
import SDKRelay
import Testing

@testable import Mailbox

@Suite("Agreements in force") struct AgreementBookTests {
  private static func version(_ version: Int, _ from: String, _ to: String?) throws -> AgreementFile {
    try AgreementText(version: version, from: from, to: to).file("ab.\(version).yaml")
  }

  @Test("at any time the version in force counts, whatever order the files come in")
  func versions() throws {
    let book = try AgreementBook([
      Self.version(3, "2027-02-01", nil), Self.version(1, "2026-03-01", "2026-08-31"),
      Self.version(2, "2026-09-01", "2026-12-31"),
    ])
    #expect(try book.answer("a-one", "b-one", at: "2026-02-28T22:59:59Z") == "notYetInForce")
    #expect(try book.answer("a-one", "b-one", at: "2026-02-28T23:00:00Z") == "ab (version 1)")
    #expect(try book.answer("a-one", "b-one", at: "2026-08-31T21:59:59Z") == "ab (version 1)")
    #expect(try book.answer("a-one", "b-one", at: "2026-08-31T22:00:00Z") == "ab (version 2)")
    #expect(try book.answer("a-one", "b-one", at: "2027-01-15T12:00:00Z") == "notYetInForce")
    #expect(try book.answer("a-one", "b-one", at: "2099-01-01T12:00:00Z") == "ab (version 3)")
    #expect(book.version(of: "ab", at: try time("2026-10-01T12:00:00Z"))?.version == 2)
  }

  @Test("versions that overlap, or are there twice, are refused with the later file's line")
  func overlap() throws {
    func problem(_ files: AgreementFile...) -> String? {
      #expect(throws: AgreementProblems.self) { try AgreementBook(files) }?.description
    }
    #expect(
      try problem(Self.version(1, "2026-03-01", "2026-09-01"), Self.version(2, "2026-09-01", nil))
        == """
        ab.2.yaml:6: validity.from: overlaps version 1, which is in force until 2026-09-01: ab.1.yaml must end before
        """)
    #expect(
      try problem(Self.version(2, "2026-03-01", nil), Self.version(3, "2026-09-01", nil))
        == "ab.3.yaml:6: validity.from: overlaps version 2, which is in force without end: ab.2.yaml must end before")
    #expect(
      try problem(Self.version(1, "2026-09-01", nil), Self.version(2, "2026-03-01", "2026-08-31"))
        == "ab.2.yaml:6: validity.from: overlaps version 1, which is in force without end: ab.1.yaml must end before")
    #expect(
      try problem(
        Self.version(1, "2026-03-01", "2026-08-31"), AgreementText(from: "2027-03-01", to: nil).file("x.yaml"))
        == "x.yaml:2: version: the agreement ab has its version 1 in ab.1.yaml too")
  }

  @Test("of several agreements the refusal is that of the one that has more of the two mailboxes")
  func closest() throws {
    let other = AgreementText(id: "aa").text.replacing("b-one", with: "b-five")
    let book = try AgreementBook([AgreementText.file(other, "aa.1.yaml"), Self.version(1, "2026-03-01", nil)])
    for (address, sentence) in [
      ("b-one", "the agreement ab (version 1) has no mailbox a-three of 0203:a.example.se"),
      (
        "b-two",
        "the agreement aa (version 1) has no mailbox a-three of 0203:a.example.se and no mailbox b-two of "
          + "0203:b.example.se"
      ),
    ] {
      let permission = book.permission(
        from: try box("a-three"), to: try box(address), kind: .other, attachments: [],
        at: try time("2026-06-01T12:00:00Z"))
      guard case .refused(let refusal) = permission else {
        Issue.record("it is allowed")
        continue
      }
      #expect(refusal.description == sentence)
    }
  }

  @Test(
    "each rule refuses with its own reason",
    arguments: [
      ("a-one", "b-one", InformationKind.other, [pdf], "ab (version 1)"),
      ("a-one", "b-one", .application, [], "ab (version 1)"),
      ("b-one", "a-one", .decision, [pdf], "ab (version 1)"),
      ("c-one", "b-one", .other, [pdf], "noAgreement"),
      ("a-one", "c-one", .other, [pdf], "noAgreement"),
      ("a-one", "a-two", .other, [pdf], "noAgreement"),
      ("a-three", "b-one", .other, [pdf], "mailboxNotAgreed"),
      ("a-one", "b-two", .other, [pdf], "mailboxNotAgreed"),
      ("a-two", "b-one", .other, [pdf], "directionNotAgreed"),
      ("a-one", "b-one", .decision, [pdf], "kindNotAgreed"),
      ("b-one", "a-one", .other, [pdf], "kindNotAgreed"),
      ("a-one", "b-one", .other, [.init(type: "IMAGE/png; x=y", size: 1)], "ab (version 1)"),
      ("a-one", "b-one", .other, [.init(type: "text/html", size: 1)], "fileTypeNotAgreed"),
      ("a-one", "b-one", .other, [.init(type: "", size: 1)], "fileTypeNotAgreed"),
      ("a-one", "b-one", .other, [.init(type: "application/pdf", size: 1_001)], "tooLarge"),
      ("a-one", "b-one", .other, [pdf, .init(type: "image/png", size: 1)], "tooLarge"),
      ("a-one", "b-one", .other, [pdf, .init(type: "image/png", size: .max)], "tooLarge"),
    ])
  func reasons(
    _ from: String, _ to: String, _ kind: InformationKind, _ files: [AgreementPermission.Attachment], _ expected: String
  ) throws {
    #expect(try AgreementBook([AgreementText().file()]).answer(from, to, kind, files) == expected)
  }

  @Test("an ended agreement permits nothing, and says when it ended")
  func ended() throws {
    let book = try AgreementBook([AgreementText().file()])
    let permission = book.permission(
      from: try box("a-one"), to: try box("b-one"), kind: .other, attachments: [], at: try time("2026-12-31T23:00:00Z"))
    #expect(permission == .refused(.init(reason: .ended, description: "the agreement ab ended on 2026-12-31")))
    #expect(try book.answer("a-one", "b-one", at: "2026-12-31T22:59:59Z") == "ab (version 1)")
  }

  @Test("a mailbox counts for its own organisation only")
  func otherOrganisation() throws {
    let book = try AgreementBook([AgreementText().file()])
    let stolen = book.permission(
      from: try box("a-one", of: "c"), to: try box("b-one"), kind: .other, attachments: [],
      at: try time("2026-06-01T12:00:00Z"))
    guard case .refused(let refusal) = stolen else { return #expect(Bool(false)) as Void }
    #expect(refusal.reason == .noAgreement)
  }

  @Test("of several agreements one that allows is enough, and else the one that comes closest answers")
  func several() throws {
    var other = AgreementText(id: "other")
    other.routes = "  - from: a-one\n    to: b-one\n    kinds: [result]"
    let book = try AgreementBook([AgreementText().file(), other.file("other.yaml")])
    #expect(try book.answer("a-one", "b-one", .result) == "other (version 1)")
    #expect(try book.answer("a-one", "b-one", .other) == "ab (version 1)")
    #expect(try book.answer("a-one", "b-one", .change) == "kindNotAgreed")
    #expect(try book.answer("b-one", "a-one", .change) == "kindNotAgreed")
  }

  @Test("whatever is not listed is refused: every mailbox, kind and type against a reference of a few lines")
  func property() throws {
    var generator = Generator(state: 0x5eed)
    let boxes = ["a-one", "a-two", "b-one", "b-two", "c-one"]
    let types = ["application/pdf", "image/png", "text/plain"]
    for _ in 0..<40 {
      var listed: [String: Set<InformationKind>] = [:]
      for from in ["a-one", "a-two", "b-one"] {
        for to in ["a-one", "a-two", "b-one"] where from.first != to.first && Bool.random(using: &generator) {
          let kinds = InformationKind.allCases.filter { _ in Int.random(in: 0..<3, using: &generator) == 0 }
          if !kinds.isEmpty { listed["\(from) \(to)"] = Set(kinds) }
        }
      }
      guard !listed.isEmpty else { continue }
      var text = AgreementText()
      text.routes = listed.map { pair, kinds in
        let ends = pair.split(separator: " ")
        let words = kinds.map(\.rawValue).joined(separator: ", ")
        return "  - from: \(ends[0])\n    to: \(ends[1])\n    kinds: [\(words)]"
      }.joined(separator: "\n")
      let book = try AgreementBook([text.file()])
      for from in boxes {
        for to in boxes {
          for kind in InformationKind.allCases {
            let type = types.randomElement(using: &generator) ?? ""
            let size = Int.random(in: 990...1_010, using: &generator)
            let isListed = listed["\(from) \(to)"]?.contains(kind) == true && type != "text/plain" && size <= 1_000
            let answer = try book.answer(from, to, kind, [.init(type: type, size: size)])
            #expect((answer == "ab (version 1)") == isListed, "\(from) \(to) \(kind) \(type) \(size): \(answer)")
          }
        }
      }
    }
  }

  /// SplitMix64: the same cases in every run.
  private struct Generator: RandomNumberGenerator {
    var state: UInt64

    mutating func next() -> UInt64 {
      state &+= 0x9e37_79b9_7f4a_7c15
      var value = state
      value = (value ^ (value >> 30)) &* 0xbf58_476d_1ce4_e5b9
      value = (value ^ (value >> 27)) &* 0x94d0_49bb_1331_11eb
      return value ^ (value >> 31)
    }
  }
}
