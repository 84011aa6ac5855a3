import Foundation
import HTTPTypes
import Mailbox
import SDKRelay
import Testing

@testable import Service
@testable import StructuredBridge

@Suite("Facts that other clients tell over the node's own interface")
struct FactRouteTests {
  private func fact(_ reference: String = "e-1", tenant: ParticipantID = RelayKit.organisation) -> [String: Any] {
    [
      "kind": "structured-event.observed", "tenant": tenant.value, "counterparty": "0203:motpart.example.se",
      "person": "191212121212", "event": "needOfEducation", "occurred": "2026-03-01T08:00:00Z", "reference": reference,
      "summary": ["courseCode": "SVASVA01"],
    ]
  }

  private func post(
    _ kit: RelayKit, _ token: String?, _ facts: [[String: Any]], key: String? = "k-1"
  ) async throws -> RelayKit.Answer {
    let body = Array(try JSONSerialization.data(withJSONObject: ["facts": facts]))
    return try await kit.ask(
      "POST", "/relay/v1/facts", token: token, body: body,
      headers: key.map { ["idempotency-key": $0, "content-type": "application/json"] }
        ?? ["content-type": "application/json"])
  }

  @Test("a client with the scope tells facts of its organisation, once for a key")
  func taken() async throws {
    let kit = try await RelayKit()
    let token = try await kit.client("fakta", [.tellFacts], [])
    let first = try await post(kit, token, [fact()])
    #expect(first.status == 200 && first.text.contains("\"taken\""), "\(first.text)")
    #expect(try await post(kit, token, [fact()]).text == first.text)
    #expect(try await post(kit, token, [fact("e-2")]).status == 409)
    #expect(try await post(kit, token, [fact()], key: nil).status == 400)
  }

  @Test("without the scope, for another organisation, or as a caseworker there is nothing; an administrator may")
  func access() async throws {
    let kit = try await RelayKit()
    let client = try await kit.client("utan", [.getMessage, .getMessageByFilter])
    let caseworker = try await kit.user("anna")
    let facts = try await kit.client("fakta", [.tellFacts], [])
    #expect(try await post(kit, client, [fact()]).status == 404)
    #expect(try await post(kit, caseworker, [fact()]).status == 404)
    #expect(try await post(kit, facts, [fact(tenant: RelayKit.elsewhere.participant)]).status == 404)
    #expect(try await post(kit, nil, [fact()]).status == 401)
    let administrator = try await kit.user("drift", [.role(.systemAdministrator)], in: nil)
    #expect(try await post(kit, administrator, [fact()]).status == 200)
  }

  @Test("what is no fact is named by its place, without its value, and nothing of the batch is taken")
  func wrong() async throws {
    let kit = try await RelayKit()
    let token = try await kit.client("fakta", [.tellFacts], [])
    var bad = fact("e-2")
    bad["person"] = "191212121213"
    let answer = try await post(kit, token, [fact(), bad])
    #expect(answer.status == 400 && answer.text.contains("facts[1].person") && !answer.text.contains("1212121"))
    let again = try await post(kit, token, [fact()])
    #expect(again.text.contains("\"taken\""))
    bad["hemligt"] = "x"
    #expect(try await post(kit, token, [bad], key: "k-2").status == 400)
  }
}
