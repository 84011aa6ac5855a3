import Foundation
import SDKRelay
import Testing

@testable import Mailbox

@Suite("Coverage of received messages") struct AgreementCoverageTests {
  private func coverage(_ mailbox: String?, of letter: String, to: String, at day: String = "2026-06-01") throws -> String {
    let book = try AgreementBook([AgreementText().file()])
    let sender = (try ParticipantID("0203:\(letter).example.se"), try mailbox.map { try FunctionalAddress($0) })
    switch book.coverage(from: sender, to: try box(to), at: try time("\(day)T12:00:00Z")) {
    case .allowed(let reference): return "\(reference)"
    case .refused(let refusal): return refusal.reason.rawValue
    }
  }

  @Test("a route covers a message whatever it is about, and what no route covers has its reason")
  func reasons() throws {
    #expect(try coverage("b-one", of: "b", to: "a-one") == "ab, version 1")
    #expect(try coverage("b-one", of: "b", to: "a-two") == "directionNotAgreed")
    #expect(try coverage("b-two", of: "b", to: "a-one") == "mailboxNotAgreed")
    #expect(try coverage(nil, of: "b", to: "a-one") == "mailboxNotAgreed")
    #expect(try coverage("b-one", of: "c", to: "a-one") == "noAgreement")
    #expect(try coverage("b-one", of: "b", to: "a-one", at: "2027-01-01") == "ended")
    #expect(try coverage(nil, of: "c", to: "a-one") == "noAgreement")
  }
}
