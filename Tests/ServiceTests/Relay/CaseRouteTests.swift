import Foundation
import Testing

@testable import Mailbox
@testable import SDKRelay
@testable import Service
@testable import StructuredBridge

@Suite("Cases, links and channels through the node's own interface") struct CaseRouteTests {
  private func question(_ mailbox: MailboxID, kind: String = "other", document: Bool = true) -> [String: Any] {
    [
      "organisation": mailbox.participant.value, "mailbox": mailbox.address.value,
      "recipientOrganisation": "0203:motpart.example.se", "recipient": "sdk:registrator", "kind": kind,
      "document": document,
    ]
  }

  @Test("advice is for those who may know of the mailbox, and says rule, channel and reason")
  func channel() async throws {
    let kit = try await RelayKit(agreement: RelayKit.agreement)
    let token = try await kit.user("u1")
    let answer = try await kit.ask("POST", "/relay/v1/channel", token: token, json: question(RelayKit.mailbox))
    // The agreement lets it; the test node's directory knows no such recipient.
    #expect(answer.status == 200 && answer.json["rule"] as? String == "R2")
    let way = answer.json["document"] as? [String: Any]
    #expect(way?["reason"] as? String == "sdkMissing" && way?["channel"] as? String == "ordinaryCooperation")
    let event = try await kit.ask(
      "POST", "/relay/v1/channel", token: token, json: question(RelayKit.mailbox, kind: "result", document: false))
    #expect((event.json["event"] as? [String: Any])?["channel"] as? String == "webPortal")
    let elsewhere = try await kit.ask("POST", "/relay/v1/channel", token: token, json: question(RelayKit.neighbour))
    #expect(elsewhere.status == 404)
  }

  @Test("links are listed, and a letter about a case that is not there is nothing")
  func links() async throws {
    let kit = try await RelayKit()
    let token = try await kit.user("u1")
    let message = try await kit.put()
    let list = try await kit.ask("GET", "/relay/v1/links", token: token)
    #expect(list.status == 200 && list.list("links").isEmpty)
    let link = try await kit.ask("GET", "/relay/v1/messages/\(message.id.value)/link", token: token)
    #expect(link.status == 200 && link.json["state"] as? String == "later" && link.json["version"] as? Int == 0)
    let letter = try await kit.ask(
      "POST", "/relay/v1/cases/letter", token: token,
      json: ["organisation": RelayKit.organisation.value, "case": "KOM-2026/12"])
    #expect(letter.status == 404)
    let none = try await kit.ask(
      "POST", "/relay/v1/messages/\(message.id.value)/link", token: token, json: ["version": 0])
    #expect(none.status == 409 && none.text.contains("no case is proposed"))
  }

  @Test("a case's messages are asked for by its id, and there are none of what is not there")
  func messagesOfCase() async throws {
    let kit = try await RelayKit(bridge: { $0.isInUse = true })
    let token = try await kit.user("u1")
    let none = try await kit.ask("GET", "/relay/v1/cases/\(UUID().uuidString.lowercased())/messages", token: token)
    #expect(none.status == 200 && none.list("links").isEmpty)
    for wrong in ["KOM-2026", "191212121212"] {
      #expect(try await kit.ask("GET", "/relay/v1/cases/\(wrong)/messages", token: token).status == 404)
    }
  }
}
