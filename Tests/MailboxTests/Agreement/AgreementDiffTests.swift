import Foundation
import SDKRelay
import Testing

@testable import Mailbox

@Suite("Differences between agreements") struct AgreementDiffTests {
  private func lines(_ change: (inout AgreementText) -> Void, _ edit: (String) -> String = { $0 }) throws -> [String] {
    var text = AgreementText()
    let old = try text.file().agreement
    change(&text)
    let new = try AgreementText.file(edit(text.text)).agreement
    return AgreementDiff(from: old, to: new).changes.map {
      "\($0.place)|\($0.key ?? "")|\($0.old ?? "")|\($0.new ?? "")"
    }
  }

  @Test("the same version twice has no difference")
  func same() throws {
    #expect(try lines { _ in }.isEmpty)
  }

  @Test("keys of the agreement, of a party and of a mailbox are named where they changed")
  func keys() throws {
    let found = try lines({ ($0.version, $0.to) = (2, nil) }) {
      $0.replacing("name: Samverkan", with: "name: Kansliet").replacing("vardagar 9–15", with: "vardagar 9–16")
    }
    #expect(
      found == [
        "|version|1|2", "|validity.to|2026-12-31|",
        "0203:b.example.se|administrator.name|Samverkan|Kansliet",
        "0203:b.example.se/b-one|hours|vardagar 9–15|vardagar 9–16",
      ])
  }

  @Test("routes and mailboxes that came or went stand there whole")
  func routes() throws {
    let found = try lines({
      $0.routes =
        "  - from: a-one\n    to: b-one\n    kinds: [other, result]\n  - from: a-new\n    to: b-one\n    kinds: [other]"
    }) { $0.replacing("address: a-two", with: "address: a-new") }
    #expect(
      found == [
        "0203:a.example.se/a-two||Rektorn|", "0203:a.example.se/a-new|||Rektorn",
        "0203:a.example.se/a-one → 0203:b.example.se/b-one|kinds|application, other|result, other",
        "0203:b.example.se/b-one → 0203:a.example.se/a-one||decision|",
        "0203:a.example.se/a-new → 0203:b.example.se/b-one|||other",
      ])
  }
}
