import Foundation
import GRDB
import Mailbox
import SDKRelay
import Testing

@testable import StructuredBridge

@Suite("Batches of facts with a key")
struct FactFeedTests {
  private let kit: BridgeKit
  private let feed: FactFeed
  private let theOperator = Principal.operator("root")
  private let key = FactKey("batch-1")!

  init() throws {
    kit = try BridgeKit()
    feed = FactFeed(kit.bridge)
  }

  private func documents(_ json: String...) throws -> [JSONValue] {
    try json.map { try JSONDecoder().decode(JSONValue.self, from: Data($0.utf8)) }
  }

  private func event(_ reference: String, _ kind: EventKind = .needOfEducation, person: String = "191212121212")
    -> String
  {
    """
    {"kind":"structured-event.observed","tenant":"\(kit.tenant)","counterparty":"0203:motpart.example.se",\
    "person":"\(person)","event":"\(kind.rawValue)","occurred":"2026-11-01T08:00:00Z","reference":"\(reference)"}
    """
  }

  private func take(_ documents: [JSONValue], _ key: FactKey? = nil, by principal: Principal? = nil) async throws
    -> [FactFeed.Item]
  {
    try await feed.take(documents, key: key ?? self.key, by: principal ?? theOperator, at: BridgeKit.now)
  }

  @Test("a batch is taken once for its key; with other content the key is refused")
  func keys() async throws {
    let batch = try documents(event("e-1"), event("e-2", .application), event("e-1", .result))
    let first = try await take(batch)
    #expect(first.map(\.result) == [.taken, .taken, .refused] && first[2].reason == "contradiction")
    #expect(try await take(batch) == first)
    await #expect(throws: FactBatchProblem.otherBody) { try await take(documents(event("e-3"))) }
    let again = try await take(batch, FactKey("batch-2")!)
    #expect(again.map(\.result) == [.known, .known, .refused])
  }

  @Test("one document that is none, and nothing of the batch is taken")
  func whole() async throws {
    await #expect(
      throws: FactBatchProblem.documents([
        FactDocumentProblem("facts[1].person", IdentityProblem.checkDigit.description)
      ])
    ) { try await take(documents(event("e-1"), event("e-2", person: "191212121213"))) }
    let items = try await take(documents(event("e-1")))
    #expect(items.map(\.result) == [.taken])
    await #expect(throws: FactBatchProblem.size) { try await take([]) }
  }

  @Test("whoever may not administer the organisation, or is another's client, is denied, and the trail says so")
  func access() async throws {
    let batch = try documents(event("e-1"))
    for principal in [
      Principal.user(try UserID("anna")), .client(ClientSession(try ClientID("x"), scopes: Set(ClientScope.allCases))),
      .service,
    ] {
      await #expect(throws: AccessDenied.self) { try await take(batch, by: principal) }
    }
    let denied = try kit.bridge.mailbox.relay.read { db in
      try Int.fetchOne(db, sql: "SELECT count(*) FROM auditEntry WHERE action = 'facts.take' AND outcome = 'denied'")
        ?? 0
    }
    #expect(denied == 3)
  }

  @Test("a client of the organisation with the scope may, with its account and its token, until it is revoked")
  func clients() async throws {
    let id = try ClientID("fakta")
    _ = try await kit.bridge.mailbox.addClient(
      id, name: "Fakta", of: kit.tenant, scopes: [.tellFacts], credential: ClientCredential.newSecret().credential,
      by: theOperator)
    let batch = try documents(event("e-1"))
    #expect(try await take(batch, by: .client(ClientSession(id, scopes: [.tellFacts]))).map(\.result) == [.taken])
    let addresses = Set<FunctionalAddress>()
    for session in [
      ClientSession(id, scopes: [.getMessage]), ClientSession(id, scopes: [.tellFacts], addresses: addresses),
    ] {
      await #expect(throws: AccessDenied.self) { try await take(batch, by: .client(session)) }
    }
    let everywhere = try documents(
      "{\"kind\":\"api.availability\",\"state\":\"up\",\"observed\":\"2026-11-01T08:00:00Z\"}")
    #expect(try await take(everywhere, FactKey("b-2")!, by: theOperator).map(\.result) == [.taken])
    try await kit.bridge.mailbox.revokeClient(id, by: theOperator)
    await #expect(throws: AccessDenied.self) {
      try await take(batch, by: .client(ClientSession(id, scopes: [.tellFacts])))
    }
  }

  @Test("neither the keys' table nor the trail holds a number or an unkeyed digest of one")
  func numbers() async throws {
    let batch = try documents(event("e-1"))
    _ = try await take(batch)
    let rows = try kit.bridge.mailbox.relay.read { db in
      try String.fetchAll(
        db, sql: "SELECT quote(digest) || outcome || key || teller FROM factKey UNION ALL SELECT object FROM auditEntry"
      )
    }
    #expect(!rows.contains { $0.contains("191212121212") })
  }

  @Test("a key is visible ASCII and no person's number", arguments: ["", "å", "191212121212", "a\nb"])
  func badKeys(_ text: String) { #expect(FactKey(text) == nil) }
}
