import Foundation
import GRDB
import Testing

@testable import Mailbox
@testable import SDKRelay

@Suite struct AnswerTests {
  private let now = ComposeKit.now

  @Test("SDK-PAY-04, SDK-PAY-05, SDK-PAY-15: a reply goes to the sender, in its conversation, with its references")
  func reply() async throws {
    let kit = try ComposeKit()
    let user = try await kit.user()
    let message = try await kit.received([], isConfidential: true)
    let draft = try await kit.service.newReply(
      to: message.id, DraftContent(texts: ["Tack"], references: [Draft.Reference(root: "dnr", value: "KOM-1")]),
      by: user, at: now)
    #expect(draft.content.subject == message.subject && draft.content.isConfidential)
    await #expect(throws: DraftProblem.fixedRecipient) {
      try await kit.service.changeDraft(
        draft.id, version: 1, recipients: [ComposeKit.establishment], by: user, at: now)
    }
    let sending = try await kit.send(draft, by: user)
    #expect(sending.isComplete && sending.recipients.map(\.messageID) == [draft.id])
    let sent = try #require(try kit.sent(draft.id))
    #expect(sent.conversationID == message.conversationID && sent.refToMessageID == message.id)
    #expect(sent.content.returnedReferences == message.content.references)
    #expect(sent.content.references.map(\.value) == ["KOM-1"])
    #expect(sent.recipient.id == ComposeKit.counterparty && sent.recipient.mailbox == ComposeKit.education.address)
    #expect(sent.sender.mailbox == ComposeKit.mailbox.address && sent.content.isConfidential)
    #expect(try ["draft", "draftRecipient"].map(kit.count) == [0, 0])
    // Nothing was known of where to answer to.
    let bare = try await kit.put { $0.counterpartyMailbox = nil }
    await #expect(throws: DraftProblem.noMailboxToAnswer) {
      try await kit.service.newReply(to: bare.id, by: user, at: now)
    }
    let named = try await kit.service.newReply(
      to: bare.id, mailbox: ComposeKit.education.address, by: user, at: now)
    #expect(named.recipients.map(\.mailbox) == [ComposeKit.education])
  }

  @Test("SDK-PAY-05: supplements refer to the first of one's own messages, also to a reply") func supplement()
    async throws
  {
    let kit = try ComposeKit()
    let user = try await kit.user()
    let message = try await kit.received([])
    let reply = try await kit.service.newReply(to: message.id, DraftContent(texts: ["Svar"]), by: user, at: now)
    _ = try await kit.send(reply, by: user)
    var previous = reply.id
    for _ in 0..<2 {
      let draft = try await kit.service.newSupplement(
        to: previous, DraftContent(texts: ["Mer"]), by: user, at: now)
      _ = try await kit.send(draft, by: user)
      let sent = try #require(try kit.sent(draft.id))
      #expect(sent.refToMessageID == reply.id && sent.conversationID == message.conversationID)
      #expect(sent.content.returnedReferences == message.content.references)
      previous = draft.id
    }
    await #expect(throws: DraftProblem.onlySentSupplemented) {
      try await kit.service.newSupplement(to: message.id, by: user, at: now)
    }
    await #expect(throws: DraftProblem.onlyReceivedAnswered) {
      try await kit.service.newReply(to: reply.id, by: user, at: now)
    }
  }

  @Test("where two mailboxes of one organisation wrote to each other, each answers its own copy") func neighbours()
    async throws
  {
    let kit = try ComposeKit()
    let user = try await kit.kit.user("u2", in: ComposeKit.neighbour)
    let id = MessageID.new()
    for direction in [MessageDirection.outgoing, .incoming] {
      try await kit.put {
        ($0.id, $0.conversation, $0.direction, $0.reference) = (id, id, direction, "KOM-1")
        $0.counterparty = ComposeKit.mailbox.participant
        let (own, other) = (ComposeKit.mailbox, ComposeKit.neighbour)
        $0.mailbox = direction == .outgoing ? own : other
        $0.counterpartyMailbox = (direction == .outgoing ? other : own).address
      }
    }
    let draft = try await kit.service.newReply(to: id, DraftContent(texts: ["Svar"]), by: user, at: now)
    #expect(draft.mailbox == ComposeKit.neighbour && draft.recipients.map(\.mailbox) == [ComposeKit.mailbox])
    _ = try await kit.send(draft, by: user)
    let sent = try #require(try kit.sent(draft.id))
    #expect(sent.refToMessageID == id && sent.content.returnedReferences.map(\.value) == ["KOM-1"])
  }

  @Test(
    "case 11: nothing is sent that refers to a message which the other side counts as failed",
    arguments: [MessageStatus.rejected, .messageExchangeError])
  func failed(_ status: MessageStatus) async throws {
    let kit = try ComposeKit()
    let user = try await kit.user()
    let sent = try await kit.put { ($0.direction, $0.status) = (.outgoing, status) }
    await #expect(throws: DraftProblem.failedMessage(status)) {
      try await kit.service.newSupplement(to: sent.id, by: user, at: now)
    }
    // It failed while the draft was being written.
    let other = try await kit.put { $0.direction = .outgoing }
    let draft = try await kit.service.newSupplement(to: other.id, DraftContent(texts: ["Mer"]), by: user, at: now)
    try await kit.relay.write { db in
      try db.change(sql: "UPDATE message SET status = ? WHERE id = ?", arguments: [status.rawValue, other.row])
    }
    await #expect(throws: DraftProblem.failedMessage(status)) { try await kit.send(draft, by: user) }
    #expect(try kit.sent(draft.id) == nil)
  }

  @Test("a forwarded message is a new conversation with the chosen parts, and its files byte for byte") func forward()
    async throws
  {
    let kit = try ComposeKit()
    let user = try await kit.user()
    let message = try await kit.received([ComposeKit.pdf, Array("%PDF-1.7 två".utf8)], isConfidential: true)
    let draft = try await kit.service.newForward(
      of: message.id, to: [ComposeKit.establishment], DraftContent(texts: ["För kännedom"]), by: user, at: now)
    #expect(draft.content.texts.first == "För kännedom" && draft.content.texts.suffix(2) == ["Första", "Andra"])
    #expect(draft.content.texts[1].contains("Arbetsförmedlingen, Utbildning"))
    #expect(draft.files.map(\.name) == ["bilaga-1.pdf", "bilaga-2.pdf"])
    await #expect(throws: DraftProblem.staysConfidential) {
      try await kit.service.changeDraft(
        draft.id, version: draft.version, content: DraftContent(subject: "Öppet"), by: user, at: now)
    }
    _ = try await kit.send(draft, by: user)
    let sent = try #require(try kit.sent(draft.id))
    #expect(sent.conversationID != message.conversationID && sent.refToMessageID == nil)
    #expect(sent.content.returnedReferences.isEmpty && sent.content.references.isEmpty)
    #expect(sent.content.isConfidential && sent.recipient.mailbox == ComposeKit.establishment.address)
    #expect(sent.content.files.map(\.sha256) == message.content.files.map(\.sha256))
    #expect(Set(sent.content.files.map(\.storedName)).isDisjoint(with: message.content.files.map(\.storedName)))

    let part = try await kit.service.newForward(
      of: message.id, ForwardedParts(includesTexts: false, files: [2]), to: [ComposeKit.establishment], by: user,
      at: now)
    #expect(part.content.texts.isEmpty && part.files.map(\.name) == ["bilaga-2.pdf"])
    await #expect(throws: DraftProblem.noFile(3)) {
      try await kit.service.newForward(of: message.id, ForwardedParts(files: [3]), by: user, at: now)
    }
    #expect(try kit.trail().filter { $0 == "message.read done" }.count == 2, "passing on is reading")
  }

  @Test("a protected person's message is passed on by whoever has the grant, and stays protected") func protected()
    async throws
  {
    let kit = try ComposeKit()
    let user = try await kit.user()
    let message = try await kit.received([ComposeKit.pdf])
    try await kit.protect(message)
    let before = try kit.files()
    await #expect(throws: MessageProblem.notFound) {
      try await kit.service.newForward(of: message.id, to: [ComposeKit.establishment], by: user, at: now)
    }
    await #expect(throws: MessageProblem.notFound) {
      try await kit.service.newForward(of: .new(), to: [ComposeKit.establishment], by: user, at: now)
    }
    #expect(try kit.files() == before)
    let trusted = try await kit.user("u2", [.role(.caseworker), .protectedPersons])
    let denied = await #expect(throws: AccessDenied.self) {
      try await kit.service.newForward(of: message.id, to: [ComposeKit.establishment], by: trusted, at: now)
    }
    #expect(try denied?.reason == .reasonMissing && kit.files() == before)
    let draft = try await kit.service.newForward(
      of: message.id, to: [ComposeKit.establishment], reason: "till rätt enhet", by: trusted, at: now)
    #expect(try kit.service.drafts(for: user, at: now).isEmpty)
    await #expect(throws: AccessDenied.self) { try await kit.service.draft(draft.id, by: trusted, at: now) }
    _ = try await kit.service.draft(draft.id, reason: "granskas", by: trusted, at: now)
    _ = try await kit.send(draft, by: trusted)
    #expect(try await kit.kit.find(nil, user).isEmpty)
    #expect(try await kit.kit.find(nil, trusted).count == 2)
  }

  @Test("an attachment that is not what was received is passed on to nobody") func damaged() async throws {
    let kit = try ComposeKit()
    let user = try await kit.user()
    let message = try await kit.received([ComposeKit.pdf])
    let file = try #require(message.content.files.first)
    try kit.relay.replace(file, of: message, with: Array("%PDF-1.7 bytt".utf8))
    await #expect(throws: DraftProblem.damagedFile) {
      try await kit.service.newForward(of: message.id, to: [ComposeKit.establishment], by: user, at: now)
    }
    #expect(try kit.count("draft") == 0)
    #expect(try kit.files().count == 1)
  }

  @Test("an answer that comes in to a protected person's message is protected from the first moment") func incoming()
    async throws
  {
    let kit = try ComposeKit()
    let user = try await kit.user()
    let asked = try await kit.put { $0.direction = .outgoing }
    try await kit.protect(asked)
    let answer = try await kit.put {
      ($0.answers, $0.conversation) = (asked.id, asked.conversationID)
    }
    #expect(try await kit.kit.find(nil, user).isEmpty)
    let trusted = try await kit.user("u2", [.role(.caseworker), .protectedPersons])
    #expect(try await kit.kit.find(nil, trusted).contains(answer.row))
  }
}
