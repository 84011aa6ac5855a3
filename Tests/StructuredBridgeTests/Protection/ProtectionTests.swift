import Foundation
import GRDB
import Testing

@testable import Mailbox
@testable import SDKRelay
@testable import StructuredBridge

@Suite("Protected persons") struct ProtectionTests {
  private static let header = "nummer;sekretessmarkering;skyddadFolkbokforing;kontrollerad"
  private static let (one, other) = (BridgeKit.person(), BridgeKit.person(1))

  private func isSeen(_ message: StoredMessage, by user: Principal, _ kit: LinkKit) async throws -> Bool {
    try await kit.kit.bridge.mailbox.find(MessageSearch(), for: user, at: LinkKit.now).contains {
      $0.row == message.row
    }
  }

  @Test("a message that names somebody who is, or may be, protected is one from its first moment")
  func arriving() async throws {
    let kit = try LinkKit()
    try await kit.open()
    let user = try await kit.user("u1")
    let named = try await kit.deliver { $0.refer(Self.one) }
    #expect(try await isSeen(named, by: user, kit))
    let unknown = try await kit.deliver { $0.refer(Self.other) }
    #expect(try await !isSeen(unknown, by: user, kit))
    try await kit.kit.say([.secrecyMark], at: LinkKit.now + 1)
    let marked = try await kit.deliver { $0.refer(Self.one) }
    #expect(try await !isSeen(marked, by: user, kit))
    let plain = try await kit.deliver()
    #expect(try await isSeen(plain, by: user, kit))
    let insider = try await kit.user("u2", [.role(.caseworker), .protectedPersons])
    #expect(try await isSeen(marked, by: insider, kit))
    #expect(try await isSeen(unknown, by: insider, kit))
  }

  @Test("protection that comes later masks what is there: lists, words, counts, and who works at it")
  func later() async throws {
    let kit = try LinkKit()
    let id = try await kit.open(known: [LinkKit.dnr])
    let user = try await kit.user("u1")
    let reference = try await kit.issue(id)
    let message = try await kit.deliver {
      $0.returned = [reference]
      $0.text = "hemligtord"
    }
    let follow = try await kit.deliver { $0.conversation = message.conversationID }
    let mailbox = kit.kit.bridge.mailbox
    try await mailbox.handle(message.id, .claim, version: 0, by: user, at: LinkKit.now)
    var words = MessageSearch()
    words.words = "hemligtord"
    #expect(try await mailbox.find(words, for: user, at: LinkKit.now).count == 1)
    try await kit.kit.say([.protectedRegistration], at: LinkKit.now + 1)
    #expect(try await mailbox.find(words, for: user, at: LinkKit.now).isEmpty)
    #expect(try await !isSeen(message, by: user, kit))
    #expect(try await !isSeen(follow, by: user, kit))
    #expect(try mailbox.conversations(ConversationQuery(), for: user, at: LinkKit.now).isEmpty)
    let handler = try await mailbox.relay.write { db in
      try String.fetchOne(db, sql: "SELECT handler FROM messageHandling WHERE messageRow = ?", arguments: [message.row])
    }
    #expect(handler == nil)
    #expect(try kit.kit.bridge.caseNews(after: 0, limit: 100, of: kit.kit.tenant).news.isEmpty)
    // And again changes nothing.
    try await kit.kit.say([.protectedRegistration, .secrecyMark], at: LinkKit.now + 2)
    #expect(try await kit.outcome(message) == "linked 1 ownReference 1")
  }

  @Test("what is about a protected person leaves under secrecy, without the person's number, to mailboxes that take it")
  func sending() async throws {
    let kit = try LinkKit { LinkKit.agreement($0) }
    try await kit.open()
    try await kit.kit.say([.secrecyMark], at: LinkKit.now + 1)
    let number = Self.one.reference!
    let reference = Draft.Reference(root: number.root, value: number.extension)
    await #expect(throws: SubmissionProblem.self) {
      try await kit.deliver { ($0.direction, $0.references) = (.outgoing, [reference]) }
    }
    // Somebody's word for it lets the number leave, and the trail keeps that word.
    let attested = try await kit.deliver {
      ($0.direction, $0.references) = (.outgoing, [reference])
      $0.attestation = Attestation("Motparten behöver numret för beslutet")
    }
    let told = try await kit.kit.bridge.mailbox.searchAudit(AuditFilter(), by: .operator("o"), at: LinkKit.now)
      .filter { $0.action == "identity.attest" }
    #expect(told.map(\.messageID) == [attested.id.comparable] && told[0].persons != nil)
    #expect(told[0].reason == "Motparten behöver numret för beslutet" && !"\(told)".contains(Self.one.whole))
    for words in ["kort", String(repeating: "a", count: 501), String(repeating: " ", count: 20)] {
      #expect(Attestation(words) == nil)
    }
    // In the text too, where the register knows the person; and what the recipient has given itself it may have back.
    await #expect(throws: SubmissionProblem.self) {
      try await kit.deliver {
        ($0.direction, $0.text) = (.outgoing, "Gäller \(Self.one.whole.prefix(8))-\(Self.one.whole.suffix(4)).")
      }
    }
    try await kit.deliver { ($0.direction, $0.text) = (.outgoing, "Gäller \(Self.other.whole), okänd i registret.") }
    let asked = try await kit.deliver { $0.references = [reference] }
    try await kit.deliver {
      ($0.direction, $0.answers, $0.returned) = (.outgoing, asked.id, [reference])
      $0.conversation = asked.conversationID
    }
    await #expect(throws: SubmissionProblem.self) {
      try await kit.deliver {
        ($0.direction, $0.answers, $0.returned) = (.outgoing, asked.id, [reference])
        $0.counterparty = LinkKit.stranger
      }
    }
    let counts = try await kit.kit.bridge.mailbox.relay.write {
      try Int.fetchOne($0, sql: "SELECT count(*) FROM message")
    }
    #expect(counts == 4)
  }

  @Test("what is about a protected person is sent under secrecy, whatever its writer chose")
  func forced() async throws {
    let kit = try BridgeKit { settings, _, _ in settings.isInUse = true }
    let other = try ParticipantID("0203:arbetsformedlingen.example.se")
    var event = kit.event(.needOfEducation, known: [LinkKit.dnr])
    event.counterparty = other
    try await kit.observe(event)
    try await kit.say([.secrecyMark])
    func send(_ reference: String) async throws -> StoredMessage? {
      let own = try FunctionalAddress("sdk:sfi:\(kit.tenant.value)")
      var draft = Draft(
        from: Draft.Mailbox(kit.tenant, own),
        to: Draft.Mailbox(other, try FunctionalAddress("sdk:etablering:\(other.value)")), subject: "Ett ärende",
        isConfidential: false, references: [Draft.Reference(root: "dnr", value: reference)])
      draft.documents = [Draft.Document(texts: ["En text"])]
      let id = try await kit.bridge.mailbox.submit(draft, byOperator: .operator("drift"))
      return try kit.bridge.mailbox.relay.message(id).first
    }
    #expect(try await send(LinkKit.dnr.value)?.content.isConfidential == true)
    #expect(try await send("KOM-2026/0")?.content.isConfidential == false)
    let count = try await kit.bridge.mailbox.relay.write { try Int.fetchOne($0, sql: "SELECT count(*) FROM message") }
    #expect(count == 2)
  }

  @Test("the population register's file is asked about persons in the register, and one wrong line counts for all")
  func file() async throws {
    let kit = try LinkKit()
    try await kit.open(isClear: false)
    try await kit.open(Self.other, isClear: false)
    let folder = FileManager.default.temporaryDirectory.appending(path: "register-\(UUID().uuidString)")
    try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
    defer { try? FileManager.default.removeItem(at: folder) }
    let file = folder.appending(path: "register.csv")
    let watch = ProtectionWatch(
      bridge: kit.kit.bridge, register: PopulationRegisterFile(file: file), now: { LinkKit.now })
    let time = LinkKit.now.ISO8601Format()
    func write(_ lines: String...) throws {
      try Data(([Self.header] + lines).joined(separator: "\r\n").utf8).write(to: file)
    }
    func standing(_ person: PersonIdentityNumber) async throws -> String? {
      try await kit.kit.bridge.protection(of: person.whole, in: kit.kit.tenant, by: .operator("o"), at: LinkKit.now)?
        .standing.word
    }
    await #expect(throws: PopulationRegisterProblem.self) { try await watch.round() }
    for wrong in [
      "\(Self.one.whole);JA;NEJ", "\(Self.one.whole);ja;NEJ;\(time)", "19121212;JA;NEJ;\(time)", "x;JA;NEJ;\(time)",
      "\(Self.one.whole);JA;NEJ;nyss",
    ] {
      try write("\(Self.other.whole);NEJ;NEJ;\(time)", wrong)
      do {
        _ = try await watch.round()
        Issue.record("\(wrong) was taken")
      } catch let problem as PopulationRegisterProblem {
        #expect(problem.description.contains("line 3") && !problem.description.contains(Self.one.whole))
      }
    }
    #expect(try await standing(Self.one) == "unknown")
    try write(
      "\(Self.one.whole);JA;NEJ;\(time)", "\(Self.other.whole);NEJ;NEJ;\((LinkKit.now - 90_000).ISO8601Format())")
    _ = try await watch.round()
    #expect(try await standing(Self.one) == "protected")
    #expect(try await standing(Self.other) == "stale")
    try write("\(Self.one.whole);NEJ;NEJ;\(time)", "\(Self.one.whole);JA;NEJ;\(time)")
    await #expect(throws: PopulationRegisterProblem.self) {
      try await ProtectionWatch(
        bridge: kit.kit.bridge, register: PopulationRegisterFile(file: file),
        now: { LinkKit.now + 50_000 }
      ).round()
    }
    #expect(try await kit.kit.bridge.protection(of: "KOM-1", in: kit.kit.tenant, by: .operator("o")) == nil)
  }
}
