import Foundation
import Testing
import XMLSecurity

@testable import Mailbox
@testable import SDKRelay

@Suite struct HandOverTests {
  private let now = MessageKit.now
  private static let file = Hexadecimal.encode(digest(.sha256, of: [0]))

  /// The sum as docs/records.md tells others to make it.
  private func content(_ subject: String, _ texts: [String], _ files: [(String, String, String)]) -> String {
    var bytes = Array("sdk-relay content 1\n".utf8)
    let parts =
      [("subject", subject)] + texts.map { ("text", $0) }
      + files.flatMap { [("file", $0.0), ("type", $0.1), ("sha256", $0.2)] }
    for (name, value) in parts { bytes += Array("\(name) \(value.utf8.count):\(value)\n".utf8) }
    return Hexadecimal.encode(digest(.sha256, of: bytes))
  }

  private func receipt(_ file: String = Self.file, dnr: String? = "KOM-2026/7") -> HandOverReceipt {
    HandOverReceipt(
      system: "ärendesystemet", dnr: dnr,
      content: content("Fråga om antagning", ["En text"], [("betyg.pdf", "application/pdf", Self.file)]), files: [file])
  }

  @Test("what the receiver has is compared with what is here; only all of it counts, and registers")
  func verified() async throws {
    let kit = try MessageKit()
    let user = try await kit.user()
    let message = try await kit.put { $0.file = "betyg.pdf" }
    func hand(_ receipt: HandOverReceipt) async throws -> HandOver {
      try await kit.service.handOver(message.id, receipt: receipt, by: user, at: now)
    }
    var wrong = receipt()
    wrong.files = []
    await #expect(throws: HandOverProblem.fileCount(received: 0, held: 1)) { try await hand(wrong) }
    await #expect(throws: HandOverProblem.file(1)) { try await hand(receipt("aa")) }
    wrong = receipt()
    wrong.content = content("Fråga om antagning", ["En annan text"], [("betyg.pdf", "application/pdf", Self.file)])
    await #expect(throws: HandOverProblem.content) { try await hand(wrong) }
    wrong = receipt()
    wrong.system = "a\nb"
    await #expect(throws: HandOverProblem.system) { try await hand(wrong) }
    var query = RegisterQuery()
    query.message = message.id
    #expect(try await kit.service.register(query, for: user, at: now).first?.handedOver == nil)
    let done = try await hand(receipt())
    #expect((done.system, done.by) == ("ärendesystemet", "user u1"))
    let line = try #require(try await kit.service.register(query, for: user, at: now).first)
    #expect(line.handedOver == done)
    #expect(line.entry.facts?.dnr == "KOM-2026/7")
    #expect(try await hand(receipt(dnr: nil)) == done, "the same again is answered as the first time")
    #expect(try kit.service.relay.events(of: message).map(\.text).contains { $0.contains("verified") })
    let trail = try await kit.service.searchAudit(AuditFilter(), by: .operator("drift"), at: now)
    let outcomes = trail.filter { $0.action == "message.handOver" }.map(\.outcome)
    #expect(outcomes.filter { $0 == "failed" }.count == 4 && outcomes.filter { $0 == "done" }.count == 2)
  }

  @Test("the sum over the content is the one that the example in docs/records.md makes") func vector() {
    let file = StoredContent.File(
      name: "betyg.pdf", contentType: "application/pdf", size: 9,
      sha256: "e5c62df5dab5c87b6a015ef3d43597074d1eec433b15f51aec63b8582d0e4ab4", storedName: "x")
    let content = StoredContent(
      subject: "Fråga om antagning", isConfidential: false, references: [], returnedReferences: [],
      documents: [
        StoredContent.Document(id: "1", texts: ["En text"], files: [file]),
        StoredContent.Document(id: "2", texts: ["Två\nrader"], files: []),
      ])
    #expect(
      Hexadecimal.encode(ContentDigest.make(of: content))
        == "2fb6b3e888c94e726c7dff70012bd1e5f766fe693be52388fbc814184b857689")
  }

  @Test("a client hands over with its scope; that it takes a message counts for nothing") func client() async throws {
    let kit = try MessageKit()
    let message = try await kit.put { $0.file = "betyg.pdf" }
    _ = try await kit.client([.deleteMessage, .getMessage])
    let id = AccessKit.client
    let taking = Principal.client(ClientSession(id, scopes: [.deleteMessage]))
    try await kit.service.take(message.id, by: taking, at: now)
    let held = try await kit.service.relay.read { try HandOverTable.fetch(message, in: $0) }
    #expect(held == nil)
    await #expect(throws: MessageProblem.notFound) {
      try await kit.service.handOver(
        message.id, receipt: receipt(), by: .client(ClientSession(id, scopes: [.getMessage])), at: now)
    }
    let done = try await kit.service.handOver(message.id, receipt: receipt(), by: taking, at: now)
    #expect(done.by == "client case-system")
  }

  @Test("W4 nobody hands over what they may not register, and nothing that is under way") func denied() async throws {
    let kit = try MessageKit()
    let message = try await kit.put { $0.file = "betyg.pdf" }
    let waiting = try await kit.put { ($0.direction, $0.status) = (.outgoing, .waitingForReceipt) }
    for (name, role, mailbox) in [
      ("a", Role.auditor, MessageKit.mailbox), ("b", .mailboxAdministrator, MessageKit.mailbox),
      ("c", .caseworker, MessageKit.neighbour),
    ] {
      let user = try await kit.user(name, [.role(role)], in: mailbox)
      await #expect(throws: MessageProblem.notFound) {
        try await kit.service.handOver(message.id, receipt: receipt(), by: user, at: now)
      }
    }
    let user = try await kit.user()
    await #expect(throws: HandOverProblem.notFinal(.waitingForReceipt)) {
      try await kit.service.handOver(waiting.id, receipt: receipt(), by: user, at: now)
    }
  }
}
