import Foundation
import GRDB
import Testing

@testable import Mailbox
@testable import SDKRelay

/// Opening what is about a protected person: for a reason, by whom it is for; by others only by breaking the glass.
@Suite struct ProtectedOpeningTests {
  private let kit: MessageKit
  private let message: StoredMessage
  private let now = MessageKit.now
  private let insider: Principal

  init() async throws {
    kit = try MessageKit()
    message = try await kit.put { ($0.subject, $0.text, $0.file) = ("Skyddad fråga", "hemligtord", "plan.pdf") }
    try await kit.protect(message)
    insider = try await kit.user("u1", [.role(.caseworker), .protectedPersons])
  }

  private func entries(_ action: AuditAction) async throws -> [AuditEntry] {
    var filter = AuditFilter()
    filter.messageID = message.id
    return try await kit.service.searchAudit(filter, by: .operator("drift"), at: now)
      .filter { $0.action == action.rawValue }
  }

  private func isOpen(_ user: Principal, at time: Date) async -> Bool {
    (try? await kit.service.open(message.id, by: user, at: time)) != nil
  }

  /// Everything by which a user has its content before them.
  private func ways(_ user: Principal) -> [(String, @Sendable () async throws -> Void)] {
    let (service, message, now) = (kit.service, message, now)
    let key = ConversationKey(message.conversationID, with: message.counterparty.id, in: message.ownMailboxID)
    let file = FileManager.default.temporaryDirectory.appending(path: UUID().uuidString)
    return [
      ("open", { _ = try await service.open(message.id, by: user, at: now) }),
      ("attachment", { _ = try await service.open(message.id, part: "attachment 1", by: user, at: now) }),
      ("conversation", { _ = try await service.conversation(key, by: user, at: now) }),
      ("handling", { _ = try await service.handling(of: message.id, by: user, at: now) }),
      ("forward", { _ = try await service.newForward(of: message.id, by: user, at: now) }),
      ("command", { _ = try await service.read(message.id, for: CommandReader(user), at: now) }),
      ("evidence", { try await service.exportEvidence(message.id, to: file, by: user, at: now) }),
      (
        "archive",
        { _ = try await service.exportArchive(.messages([message.id]), to: .folder(file), for: user, at: now) }
      ),
    ]
  }

  @Test("nothing about a protected person opens without a reason, in whichever way, and a reason given before counts")
  func reasons() async throws {
    let both = try await kit.user(
      "u2", [.role(.caseworker), .role(.mailboxAdministrator), .protectedPersons])
    for (name, way) in ways(both) {
      let error = await #expect(throws: AccessDenied.self, "\(name)") { try await way() }
      #expect(error?.reason == .reasonMissing && error?.mayKnow == true, "\(name)")
    }
    let opening = try await kit.service.open(protected: message.id, reason: "Ansökan handläggs", by: both, at: now)
    #expect(!opening.isGlassBroken && opening.end == now + 3_600)
    for (name, way) in ways(both) {
      do {
        try await way()
      } catch {
        #expect(!(error is AccessDenied), "\(name) \(error)")
      }
    }
    let read = try await entries(.readMessage).filter { $0.outcome == "done" }
    #expect(!read.isEmpty && read.allSatisfy { $0.reason == "Ansökan handläggs" })
    #expect(try await entries(.openProtected).map(\.principal) == ["u2"])
  }

  @Test("a reason opens for an hour, for whoever gave it, and no longer once the message is for others")
  func limits() async throws {
    try await kit.service.open(protected: message.id, reason: "ärendet", by: insider, at: now)
    let colleague = try await kit.user("u2", [.role(.caseworker), .protectedPersons])
    #expect(await isOpen(insider, at: now + 3_599))
    #expect(await !isOpen(insider, at: now + 3_600))
    #expect(await !isOpen(colleague, at: now))
    try await kit.service.relay.write { [message, now] db in
      let list = try AccessListTable.list(about: "person 1", of: message.participant, in: db)
      _ = try AccessListTable.add(.user(UserID("u1")), to: list, by: "operator drift", at: now, in: db)
      try MailboxService.show(message, to: .accessList(list), at: now, in: db)
    }
    #expect(await !isOpen(insider, at: now), "the list is for the same user, who has to say why again")
    try await kit.service.open(protected: message.id, reason: "ärendet", by: insider, at: now)
    #expect(await isOpen(insider, at: now))
  }

  @Test("a reason that was given for some of a conversation's messages opens none that are for others")
  func severalAudiences() async throws {
    let other = try await kit.put { $0.conversation = message.conversationID }
    try await kit.service.relay.write { [now] db in
      let list = try AccessListTable.list(about: "person 1", of: other.participant, in: db)
      _ = try AccessListTable.add(.user(UserID("u1")), to: list, by: "operator drift", at: now, in: db)
      try MailboxService.show(other, to: .accessList(list), at: now, in: db)
    }
    let key = ConversationKey(message.conversationID, with: message.counterparty.id, in: message.ownMailboxID)
    try await kit.service.open(protected: message.id, reason: "det ena", by: insider, at: now)
    let denied = await #expect(throws: AccessDenied.self) {
      try await kit.service.conversation(key, by: insider, at: now)
    }
    #expect(denied?.reason == .reasonMissing)
    try await kit.service.open(protected: other.id, reason: "det andra", by: insider, at: now)
    #expect(try await kit.service.conversation(key, by: insider, at: now).entries.count == 2)
  }

  @Test("a reason is some words, users give it, and the trail keeps no number of it")
  func forms() async throws {
    for reason in ["", "   ", "ab", String(repeating: "a", count: 501)] {
      await #expect(throws: OpeningProblem.reason) {
        try await kit.service.open(protected: message.id, reason: reason, by: insider, at: now)
      }
    }
    try await kit.service.open(protected: message.id, reason: "om 19121212-1212", by: insider, at: now)
    #expect(try await entries(.openProtected).first { $0.outcome == "done" }?.reason == "om [number]")
    let plain = try await kit.put()
    await #expect(throws: OpeningProblem.notProtected) {
      try await kit.service.open(protected: plain.id, reason: "ärendet", by: insider, at: now)
    }
    let client = try await kit.client([.getMessage, .getMessageByFilter])
    await #expect(throws: MessageProblem.notFound, "a client works in no mailbox but by its own grants") {
      try await kit.service.open(protected: .new(), reason: "ärendet", by: client, at: now)
    }
    await #expect(throws: OpeningProblem.usersOnly) {
      try await kit.service.open(protected: message.id, reason: "ärendet", by: client, at: now)
    }
  }

  @Test(
    "breaking the glass needs the mailbox's leave, tells its owner and the trail, and opens nothing but the content")
  func glass() async throws {
    let outsider = try await kit.user("u3")
    let neighbour = try await kit.user("u4", in: MessageKit.neighbour)
    func breakGlass(_ user: Principal, isMeant: Bool = true) async throws -> ProtectedOpening {
      try await kit.service.open(
        protected: message.id, reason: "akut, ansvarig borta", breakingGlass: isMeant, by: user, at: now)
    }
    await #expect(throws: OpeningProblem.notForYou) { try await breakGlass(outsider, isMeant: false) }
    await #expect(throws: OpeningProblem.glassForbidden) { try await breakGlass(outsider) }
    #expect(await !isOpen(outsider, at: now))
    try await kit.service.relay.write { [now] db in
      var settings = MailboxSettings()
      (settings.allowsBreakingGlass, settings.notifications) = (true, ["chef@kommun.example.se"])
      try MailboxSettingsTable.keep(
        ConfiguredMailbox(
          organisation: MessageKit.mailbox.participant, mailbox: MessageKit.mailbox.address, version: 1, changed: now,
          changedBy: "user u9", settings: settings), at: now, by: "user u9", in: db)
    }
    await #expect(throws: MessageProblem.notFound) { try await breakGlass(neighbour) }
    #expect(try await breakGlass(outsider).isGlassBroken)
    #expect(try await kit.service.open(message.id, by: outsider, at: now).subject == "Skyddad fråga")
    let read = try await entries(.readMessage).first { $0.outcome == "done" }
    #expect(read?.object?.contains("glass broken") == true && read?.reason == "akut, ansvarig borta")
    #expect(try await entries(.breakGlass).filter { $0.outcome == "done" }.map(\.principal) == ["u3"])
    let told = try kit.service.relay.read { try NotificationTable.due(at: now, in: $0) }
    #expect(told.map(\.reasons) == [[.glassBroken]])
    let text = NotificationText(name: "Antagningen", reasons: [.glassBroken], link: nil)
    #expect(text.subject.contains("Åtkomst") && !text.body.contains("hemligtord"))
    // Lists, words and counts know nothing of it.
    #expect(try await kit.find("hemligtord", outsider).isEmpty)
    #expect(try await kit.find(nil, outsider).isEmpty)
    #expect(try kit.service.conversations(ConversationQuery(), for: outsider, at: now).isEmpty)
    #expect(try kit.service.unhandled(for: outsider, at: now).values.allSatisfy { $0 == 0 })
    await #expect(throws: MessageProblem.notFound) {
      try await kit.service.handle(message.id, .claim, version: 1, by: outsider, at: now)
    }
    #expect(await !isOpen(outsider, at: now + 3_600))
  }

  @Test("a user breaks the glass at the command line as elsewhere")
  func command() async throws {
    let outsider = try await kit.user("u3")
    let reader = CommandReader(outsider, through: .operator("drift"), reason: "akut", breaksGlass: true)
    await #expect(throws: OpeningProblem.glassForbidden) {
      try await kit.service.read(message.id, for: reader, at: now)
    }
    let plain = CommandReader(outsider, through: .operator("drift"), reason: "akut")
    let denied = await #expect(throws: AccessDenied.self) {
      try await kit.service.read(message.id, for: plain, at: now)
    }
    #expect(denied?.reason == .protectedPerson)
  }

  @Test("whoever works in the mailbox sees that something is there that is not for them, and nothing of it")
  func concealed() async throws {
    let outsider = try await kit.user("u3")
    let neighbour = try await kit.user("u4", in: MessageKit.neighbour)
    let open = try await kit.put()
    let found = try kit.service.concealed(for: outsider, at: now)
    #expect(found.map(\.id) == [message.id] && found[0].status == .new && found[0].stored == now)
    #expect(try kit.service.concealed(before: found[0].row, for: outsider, at: now).isEmpty)
    #expect(try kit.service.concealed(in: MessageKit.neighbour, for: outsider, at: now).isEmpty)
    for user in [insider, neighbour] { #expect(try kit.service.concealed(for: user, at: now).isEmpty) }
    let client = try await kit.client([.getMessage, .getMessageByFilter])
    #expect(try kit.service.concealed(for: client, at: now).isEmpty)
    let listed = try await kit.service.list(
      MessageFilter(), for: CommandReader(outsider, through: .operator("drift")), at: now)
    #expect(listed.map(\.message.id) == [open.id, message.id] && listed.map(\.isConcealed) == [false, true])
  }
}
