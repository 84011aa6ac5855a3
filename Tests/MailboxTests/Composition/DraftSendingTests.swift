import Foundation
import GRDB
import Testing

@testable import Mailbox
@testable import SDKRelay

@Suite struct DraftSendingTests {
  private let now = ComposeKit.now
  private static let both = [ComposeKit.education, ComposeKit.establishment]

  @Test("a distribution list is one message for each recipient, all in one conversation") func list() async throws {
    let kit = try ComposeKit()
    let user = try await kit.user()
    let draft = try await kit.attach(to: kit.draft(to: Self.both, by: user), by: user)
    #expect(draft.recipients.first?.messageID == draft.id)
    let sending = try await kit.send(draft, by: user)
    #expect(sending.isComplete && sending.recipients.map(\.mailbox) == Self.both)
    let sent = try sending.recipients.map { try #require(try kit.sent($0.messageID)) }
    #expect(Set(sent.map(\.id)).count == 2 && Set(sent.map(\.conversationID)) == [draft.id])
    #expect(sent.map(\.recipient.mailbox) == Self.both.map(\.address))
    #expect(sent.allSatisfy { $0.content.files.count == 1 && $0.status == .scheduled })
    #expect(try kit.files() == Set(sent.flatMap { $0.content.files.map(\.storedName) }), "the draft's own is gone")
    #expect(try ["message", "draft", "draftFile", "draftRecipient", "heldFile"].map(kit.count) == [2, 0, 0, 0, 0])
  }

  @Test("where one recipient cannot be written to, nobody gets anything, and each reason is told") func refused()
    async throws
  {
    let kit = try ComposeKit()
    let user = try await kit.user()
    let unknown = MailboxID(ComposeKit.counterparty, try FunctionalAddress("sdk:finns-inte"))
    let nobody = MailboxID(try ParticipantID("0203:okand.example.se"), ComposeKit.education.address)
    let draft = try await kit.draft(to: [ComposeKit.education, unknown, nobody], by: user)
    let problem = await #expect(throws: DraftProblem.self) { try await kit.send(draft, by: user) }
    guard case .refused(let refusals) = problem else {
      Issue.record("\(String(describing: problem))")
      return
    }
    #expect(refusals.map(\.mailbox) == [unknown, nobody])
    #expect(try kit.count("message") == 0)
    let mended = try await kit.service.changeDraft(
      draft.id, version: 1, recipients: [ComposeKit.establishment], by: user, at: now)
    #expect(try await kit.send(mended, by: user).recipients.map(\.messageID) == [draft.id])
  }

  @Test("a draft without a recipient, or with one twice, goes nowhere") func recipients() async throws {
    let kit = try ComposeKit()
    let user = try await kit.user()
    let draft = try await kit.draft(to: [], by: user)
    await #expect(throws: DraftProblem.noRecipient) { try await kit.send(draft, by: user) }
    await #expect(throws: DraftProblem.twice(ComposeKit.education)) {
      try await kit.draft(to: [ComposeKit.education, ComposeKit.education], by: user)
    }
    let many = try (0...100).map {
      MailboxID(ComposeKit.counterparty, try FunctionalAddress("sdk:nummer-\($0)"))
    }
    await #expect(throws: DraftProblem.tooManyRecipients(limit: 100)) { try await kit.draft(to: many, by: user) }
  }

  @Test("Q9: a draft that broke off between two recipients is sent to the rest, and to nobody twice") func brokenOff()
    async throws
  {
    let kit = try ComposeKit()
    let user = try await kit.user()
    let draft = try await kit.attach(to: kit.draft(to: Self.both, by: user), by: user)
    // As it is when the process ends after the first message's commit.
    let first = draft.recipients[0]
    var message = Draft(
      from: Draft.Mailbox(ComposeKit.mailbox.participant, ComposeKit.mailbox.address),
      to: Draft.Mailbox(first.mailbox.participant, first.mailbox.address), subject: "Kursstart", text: "Hej")
    message.chosen.messageID = first.messageID
    message.chosen.conversationID = draft.id
    _ = try await kit.service.submit(message, kind: .other, submitter: user) { _, db in
      let isLast = try DraftTable.sent(first, of: draft, at: now, in: db)
      #expect(!isLast)
    }
    let begun = try await kit.service.draft(draft.id, by: user, at: now)
    #expect(begun.isBeingSent && begun.recipients.map(\.isSent) == [true, false])
    await #expect(throws: DraftProblem.beingSent) {
      try await kit.service.changeDraft(
        draft.id, version: begun.version, content: DraftContent(), by: user, at: now)
    }
    await #expect(throws: DraftProblem.beingSent) { try await kit.attach(to: begun, by: user) }
    let sending = try await kit.send(begun, by: user)
    #expect(sending.isComplete)
    #expect(try kit.count("message") == 2)
    #expect(try kit.count("draft") == 0)
    await #expect(throws: DraftProblem.notFound) { try await kit.send(begun, by: user) }
    #expect(try kit.count("message") == 2)
  }

  @Test("what cannot be stored of a list stays in the draft, which then can only be sent further or discarded")
  func partly() async throws {
    let kit = try ComposeKit()
    let user = try await kit.user()
    let draft = try await kit.attach(to: kit.draft(to: Self.both, by: user), by: user)
    // Somebody else's message has the second one's id.
    let other = try await kit.put { ($0.id, $0.direction) = (draft.recipients[1].messageID, .outgoing) }
    let sending = try await kit.send(draft, by: user)
    #expect(!sending.isComplete)
    #expect(sending.recipients.map { $0.problem == nil } == [true, false])
    #expect(try kit.sent(draft.id) != nil && kit.sent(other.id)?.row == other.row)
    let rest = try await kit.service.draft(draft.id, by: user, at: now)
    #expect(rest.isBeingSent && rest.files.count == 1)
    let again = try await kit.send(rest, by: user)
    #expect(again.recipients.map { $0.problem == nil } == [true, false])
    try await kit.service.discardDraft(rest.id, version: rest.version, by: user, at: now)
    #expect(try ["message", "draft", "draftRecipient", "heldFile"].map(kit.count) == [2, 0, 0, 0])
  }

  @Test("Q1: the same draft sent by many at once is sent once to each recipient") func atOnce() async throws {
    let kit = try ComposeKit()
    let user = try await kit.user()
    let draft = try await kit.attach(to: kit.draft(to: Self.both, by: user), by: user)
    let ends = await withTaskGroup(of: String.self) { group in
      for _ in 0..<8 {
        group.addTask {
          do {
            return try await kit.send(draft, by: user).isComplete ? "sent" : "partly"
          } catch {
            return "\(error)"
          }
        }
      }
      return await group.reduce(into: Set<String>()) { $0.insert($1) }
    }
    // Whoever comes later finds that all is sent, or no draft any more.
    #expect(ends.contains("sent") && ends.subtracting(["sent", "\(DraftProblem.notFound)"]).isEmpty, "\(ends)")
    #expect(try ["message", "transfer", "draft", "heldFile"].map(kit.count) == [2, 2, 0, 0])
    let messages = try draft.recipients.map { try #require(try kit.sent($0.messageID)) }
    #expect(try kit.files() == Set(messages.flatMap { $0.content.files.map(\.storedName) }))
  }

  @Test("a grant that ends while a draft is being sent ends that too") func revoked() async throws {
    let kit = try ComposeKit()
    let user = try await kit.kit.user("u1", in: ComposeKit.mailbox, until: now + 1)
    let draft = try await kit.draft(by: user)
    await #expect(throws: DraftProblem.notFound) {
      try await kit.service.sendDraft(draft.id, version: 1, by: user, at: now + 1)
    }
    #expect(try kit.count("message") == 0)
  }

  @Test("what breaks the federation's rules, or is too large, is not sent, and the draft stays") func invalid()
    async throws
  {
    let kit = try ComposeKit { $0.limits.outgoing = 10_000 }
    let user = try await kit.user()
    let empty = try await kit.service.newDraft(
      DraftContent(subject: "Tomt"), in: ComposeKit.mailbox, to: [ComposeKit.education], by: user, at: now)
    await #expect(throws: SubmissionProblem.self) { try await kit.send(empty, by: user) }
    let wrong = try await kit.attach(Array("\u{7F}ELF".utf8) + [0], "x.pdf", to: kit.draft(by: user), by: user)
    await #expect(throws: SubmissionProblem.self) { try await kit.send(wrong, by: user) }
    await #expect(throws: DraftProblem.fileTooLarge(limit: 10_000)) {
      try await kit.attach([UInt8](repeating: 65, count: 10_001), to: empty, by: user)
    }
    #expect(try ["message", "draft"].map(kit.count) == [0, 2])
    #expect(try kit.files() == Set(wrong.files.map(\.held.storedName)))
  }

  @Test("an agreement is asked about the new route: mailbox, kind, types and size of files") func agreement()
    async throws
  {
    let folder = FileManager.default.temporaryDirectory.appending(path: "agreements-\(UUID().uuidString)")
    try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
    defer { try? FileManager.default.removeItem(at: folder) }
    var agreement = AgreementText()
    agreement.from = "2020-01-01"
    agreement.to = nil
    let text = agreement.text.replacing("0203:a.example.se", with: ComposeKit.mailbox.participant.value)
      .replacing("0203:b.example.se", with: ComposeKit.counterparty.value)
      .replacing("a-one", with: ComposeKit.mailbox.address.value)
      .replacing("a-two", with: ComposeKit.neighbour.address.value)
      .replacing("b-one", with: ComposeKit.education.address.value)
    try Data(text.utf8).write(to: folder.appending(path: "ab.yaml"))
    let kit = try ComposeKit { $0.agreements = folder }
    let user = try await kit.user()
    let message = try await kit.received([ComposeKit.pdf])
    func forward(to mailbox: MailboxID, _ kind: InformationKind = .application) async throws -> DraftSending {
      let draft = try await kit.service.newForward(
        of: message.id, to: [mailbox], DraftContent(kind: kind), by: user, at: now)
      return try await kit.send(draft, by: user)
    }
    func refusal(_ work: () async throws -> DraftSending) async -> String? {
      do {
        _ = try await work()
        return nil
      } catch DraftProblem.refused(let refusals) {
        return refusals.first?.reason
      } catch {
        return "\(error)"
      }
    }
    #expect(await refusal { try await forward(to: ComposeKit.establishment) }?.contains("has no mailbox") == true)
    #expect(await refusal { try await forward(to: ComposeKit.education, .decision) }?.contains("not about") == true)
    #expect(await refusal { try await forward(to: ComposeKit.education) } == nil)
    let large = try await kit.received([[UInt8](repeating: 65, count: 1_001)])
    let draft = try await kit.service.newForward(
      of: large.id, to: [ComposeKit.education], DraftContent(kind: .application), by: user, at: now)
    #expect(await refusal { try await kit.send(draft, by: user) }?.contains("at most 1000") == true)
    #expect(try kit.count("message") == 3)
  }
}
