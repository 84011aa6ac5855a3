import Foundation
import GRDB
import Logging
import Testing
import XMLSecurity

@testable import Mailbox
@testable import SDKRelay

@Suite struct DraftTests {
  private let now = ComposeKit.now

  @Test("a draft is there for everybody who may send from its mailbox, and for nobody else") func access() async throws
  {
    let kit = try ComposeKit()
    let author = try await kit.user()
    let draft = try await kit.draft("Hemlig text", by: author)
    let colleague = try await kit.user("u2")
    #expect(try await kit.service.draft(draft.id, by: colleague, at: now).content.texts == ["Hemlig text"])
    #expect(try kit.service.drafts(for: colleague, at: now).map(\.id) == [draft.id])
    #expect(try kit.service.drafts(for: colleague, at: now).allSatisfy(\.content.texts.isEmpty))

    let ended = try await kit.kit.user("u3", in: ComposeKit.mailbox, until: now)
    let registrar = try await kit.user("u4", [.role(.registrar)])
    let neighbour = try await kit.kit.user("u5", in: ComposeKit.neighbour)
    let client = Principal.client(ClientSession(AccessKit.client, scopes: [.sendMessages]))
    for stranger in [ended, registrar, neighbour, client, .operator("root")] {
      #expect(try kit.service.drafts(for: stranger, at: now).isEmpty)
      await #expect(throws: DraftProblem.self) { try await kit.service.draft(draft.id, by: stranger, at: now) }
      await #expect(throws: DraftProblem.self) {
        try await kit.service.changeDraft(draft.id, version: 1, content: DraftContent(), by: stranger, at: now)
      }
      await #expect(throws: DraftProblem.self) { try await kit.attach(to: draft, by: stranger) }
      await #expect(throws: DraftProblem.self) { try await kit.send(draft, by: stranger) }
      await #expect(throws: DraftProblem.self) {
        try await kit.service.discardDraft(draft.id, version: 1, by: stranger, at: now)
      }
      await #expect(throws: (any Error).self) { try await kit.draft(by: stranger) }
    }
    #expect(try kit.files().isEmpty, "what a stranger wanted to attach was never taken in")
    #expect(try await kit.service.draft(draft.id, by: author, at: now).version == 1)
  }

  @Test(
    "what answers a protected person's message is closed to whoever lacks the grant, also when the mark comes later")
  func protected() async throws {
    let kit = try ComposeKit()
    let user = try await kit.user()
    let message = try await kit.put()
    let draft = try await kit.service.newReply(to: message.id, DraftContent(texts: ["Svar"]), by: user, at: now)
    try await kit.protect(message)
    #expect(try kit.service.drafts(for: user, at: now).isEmpty)
    await #expect(throws: DraftProblem.notFound) { try await kit.service.draft(draft.id, by: user, at: now) }
    await #expect(throws: DraftProblem.notFound) { try await kit.send(draft, by: user) }
    await #expect(throws: MessageProblem.notFound) {
      try await kit.service.newReply(to: message.id, by: user, at: now)
    }
    let trusted = try await kit.user("u2", [.role(.caseworker), .protectedPersons])
    let sending = try await kit.send(draft, by: trusted)
    #expect(sending.isComplete)
    // The answer is about the same person.
    #expect(try await kit.kit.find(nil, user).isEmpty)
    #expect(try await kit.kit.find(nil, trusted).count == 2)
  }

  @Test("of two who change at once one is refused") func stale() async throws {
    let kit = try ComposeKit()
    let user = try await kit.user()
    let draft = try await kit.draft(by: user)
    let changed = try await kit.service.changeDraft(
      draft.id, version: 1, content: DraftContent(subject: "Annat"), by: user, at: now)
    #expect((changed.version, changed.content.subject) == (2, "Annat"))
    let stale = DraftProblem.stale(seen: 1, now: 2)
    await #expect(throws: stale) {
      try await kit.service.changeDraft(draft.id, version: 1, content: DraftContent(), by: user, at: now)
    }
    await #expect(throws: stale) { try await kit.attach(to: draft, by: user) }
    await #expect(throws: stale) { try await kit.send(draft, by: user) }
    await #expect(throws: stale) { try await kit.service.discardDraft(draft.id, version: 1, by: user, at: now) }
    #expect(try kit.count("message") == 0)
  }

  @Test("a mailbox has so many drafts, so much in their attachments, and a draft so many recipients") func limits()
    async throws
  {
    let kit = try ComposeKit { settings in
      settings.drafts.perMailbox = 2
      settings.drafts.size = 20
      settings.drafts.recipients = 1
    }
    let user = try await kit.user()
    let draft = try await kit.attach(to: kit.draft(by: user), by: user)
    let other = try await kit.draft(by: user)
    await #expect(throws: DraftProblem.tooManyDrafts(limit: 2)) { try await kit.draft(by: user) }
    await #expect(throws: DraftProblem.filesTooLarge(limit: 20)) { try await kit.attach(to: other, by: user) }
    await #expect(throws: DraftProblem.emptyFile) { try await kit.attach([], to: draft, by: user) }
    await #expect(throws: DraftProblem.fileName) { try await kit.attach([1], "", to: draft, by: user) }
    for recipients in [[ComposeKit.education, ComposeKit.establishment]] {
      await #expect(throws: DraftProblem.tooManyRecipients(limit: 1)) {
        try await kit.service.changeDraft(draft.id, version: 2, recipients: recipients, by: user, at: now)
      }
    }
    for content in [
      DraftContent(subject: String(repeating: "å", count: 257)),
      DraftContent(texts: [String(repeating: "a", count: DraftContent.largestText + 1)]),
      DraftContent(references: [Draft.Reference(root: "dnr", value: String(repeating: "1", count: 257))]),
    ] {
      await #expect(throws: DraftProblem.self) {
        try await kit.service.changeDraft(draft.id, version: 2, content: content, by: user, at: now)
      }
    }
    #expect(try kit.files().count == 1)
  }

  @Test("a draft's files stay for as long as it does") func files() async throws {
    let kit = try ComposeKit()
    let user = try await kit.user()
    var draft = try await kit.attach(to: kit.draft(by: user), by: user)
    draft = try await kit.attach(Array("%PDF-1.7 ett till".utf8), "b.pdf", to: draft, by: user)
    let names = Set(draft.files.map(\.held.storedName))
    let janitor = Janitor(
      store: kit.relay.store, participants: [ComposeKit.mailbox.participant], duplicateWindow: .seconds(1),
      logger: Logger(label: "test") { _ in SwiftLogNoOpLogHandler() })
    let participant = ComposeKit.mailbox.participant
    _ = try await kit.relay.takeFile(of: participant, limit: 10) { try $0.write([1]) }
    try await janitor.sweep(now: Date() + 7_200)
    #expect(try kit.files() == names)
    #expect(draft.files.map(\.number) == [1, 2])
    draft = try await kit.service.detach(1, fromDraft: draft.id, version: draft.version, by: user, at: now)
    draft = try await kit.attach(to: draft, by: user)
    #expect(draft.files.map(\.number) == [2, 3], "a number is never used again")
    #expect(try kit.files() == Set(draft.files.map(\.held.storedName)))
    await #expect(throws: DraftProblem.noFile(1)) {
      try await kit.service.detach(1, fromDraft: draft.id, version: draft.version, by: user, at: now)
    }
    try await kit.service.discardDraft(draft.id, version: draft.version, by: user, at: now)
    #expect(try kit.files().isEmpty)
    #expect(try ["draft", "draftFile", "draftRecipient", "heldFile"].map(kit.count) == [0, 0, 0, 0])
  }

  @Test("Q8: while the disk is nearly full nothing is attached, and nothing is left") func full() async throws {
    let kit = try ComposeKit { $0.limits.reserve = .max }
    let user = try await kit.user()
    let draft = try await kit.draft(by: user)
    await #expect(throws: SubmissionProblem.self) { try await kit.attach(to: draft, by: user) }
    #expect(try kit.files().isEmpty)
    #expect(try await kit.service.draft(draft.id, by: user, at: now).version == 1)
  }

  @Test("a backup takes the attachments of drafts along") func backup() async throws {
    let kit = try ComposeKit()
    let user = try await kit.user()
    let draft = try await kit.attach(to: kit.draft(by: user), by: user)
    let folder = FileManager.default.temporaryDirectory.appending(path: "backup-\(UUID().uuidString)")
    defer { try? FileManager.default.removeItem(at: folder) }
    _ = try kit.service.backUp(into: folder)
    let name = try #require(draft.files.first).held.storedName
    let paths = FileManager.default.enumerator(atPath: folder.path)?.allObjects as? [String] ?? []
    #expect(paths.contains { $0.hasSuffix(name) })
  }

  @Test("creation, change, sending and removal are told of in the audit trail, without content") func trail()
    async throws
  {
    let kit = try ComposeKit()
    let user = try await kit.user()
    let draft = try await kit.attach(to: kit.draft("Hemligt", by: user), by: user)
    _ = try await kit.send(draft, by: user)
    let second = try await kit.draft(by: user)
    try await kit.service.discardDraft(second.id, version: 1, by: user, at: now)
    await #expect(throws: DraftProblem.notFound) { try await kit.send(draft, by: user) }
    #expect(
      try kit.trail() == [
        "draft.create done", "draft.change done", "message.send done", "draft.create done", "draft.discard done",
        "message.send failed",
      ])
    let words = try await kit.relay.read { db in
      try String.fetchAll(db, sql: "SELECT coalesce(object, '') || coalesce(reason, '') FROM auditEntry")
    }
    #expect(!words.contains { $0.contains("Hemligt") || $0.contains("Kursstart") || $0.contains("plan.pdf") })
  }

  @Test("the trail names the operator and the user in whose name a command works") func inTheNameOf() async throws {
    let kit = try ComposeKit()
    let user = try await kit.user()
    let draft = try await kit.service.newDraft(
      DraftContent(subject: "Kursstart", texts: ["Hej"]), in: ComposeKit.mailbox, to: [ComposeKit.education], by: user,
      through: .operator("root"), at: now)
    _ = try await kit.service.sendDraft(draft.id, version: 1, by: user, through: .operator("root"), at: now)
    let rows = try await kit.relay.read { db in
      try String.fetchAll(db, sql: "SELECT principalKind || ' ' || principal || ' ' || object FROM auditEntry")
    }
    #expect(rows.count == 2 && rows.allSatisfy { $0.hasPrefix("operator root ") && $0.hasSuffix("as user u1") })
  }

  @Test("a draft that nobody has changed for long is listed as forgotten, and stays") func forgotten() async throws {
    let kit = try ComposeKit { $0.drafts.forgottenAfter = .seconds(3_600) }
    let user = try await kit.user()
    let old = try await kit.draft(by: user)
    var query = DraftQuery()
    query.isForgotten = true
    #expect(try kit.service.drafts(query, for: user, at: now + 3_600).isEmpty)
    #expect(try kit.service.drafts(query, for: user, at: now + 3_601).map(\.id) == [old.id])
    #expect(kit.service.isForgotten(old, at: now + 3_601))
    let newer = try await kit.draft(by: user)
    var page = DraftQuery()
    page.limit = 1
    #expect(try kit.service.drafts(page, for: user, at: now).map(\.id) == [newer.id])
    page.before = newer.position
    #expect(try kit.service.drafts(page, for: user, at: now).map(\.id) == [old.id])
  }
}
