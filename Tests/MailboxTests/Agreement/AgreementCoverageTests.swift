import Foundation
import Testing

@testable import Mailbox
@testable import SDKRelay

@Suite("Coverage of received messages") struct AgreementCoverageTests {
  private func coverage(_ mailbox: String?, of letter: String, to: String, at day: String = "2026-06-01") throws
    -> String
  {
    let book = try AgreementBook([AgreementText().file()])
    let sender = (try ParticipantID("0203:\(letter).example.se"), try mailbox.map { try FunctionalAddress($0) })
    switch book.coverage(from: sender, to: try box(to), at: try time("\(day)T12:00:00Z")) {
    case .allowed(let reference): return "\(reference)"
    case .refused(let refusal): return refusal.reason.rawValue
    }
  }

  @Test("a route covers a message whatever it is about, and what no route covers has its reason")
  func reasons() throws {
    #expect(try coverage("b-one", of: "b", to: "a-one") == "ab (version 1)")
    #expect(try coverage("b-one", of: "b", to: "a-two") == "directionNotAgreed")
    #expect(try coverage("b-two", of: "b", to: "a-one") == "mailboxNotAgreed")
    #expect(try coverage(nil, of: "b", to: "a-one") == "mailboxNotAgreed")
    #expect(try coverage("b-one", of: "c", to: "a-one") == "noAgreement")
    #expect(try coverage("b-one", of: "b", to: "a-one", at: "2027-01-01") == "ended")
    #expect(try coverage(nil, of: "c", to: "a-one") == "noAgreement")
  }
}

@Suite("The agreement in a message's row") struct AgreementTableTests {
  /// A store with the service's tables and one agreement.
  private static func withStore(_ body: (Store, MailboxInbox) async throws -> Void) async throws {
    let folder = FileManager.default.temporaryDirectory.appending(path: "agreed-\(UUID().uuidString)")
    defer { try? FileManager.default.removeItem(at: folder) }
    let agreements = folder.appending(path: "agreements")
    try FileManager.default.createDirectory(at: agreements, withIntermediateDirectories: true)
    let text = AgreementText(from: "2020-01-01", to: nil).text
    try Data(text.utf8).write(to: agreements.appending(path: "ab.yaml"))
    let inbox = MailboxInbox(agreements: AgreementWatch(folder: agreements))
    try await body(Store(folder: folder.appending(path: "data"), inbox: inbox), inbox)
  }

  private static func received(from sender: String, _ store: Store, _ inbox: MailboxInbox) async throws
    -> MessageAgreement?
  {
    let (from, to) = (try box(sender), try box("a-one"))
    let content = StoredContent(
      subject: "Ämne", isConfidential: false, references: [], returnedReferences: [], documents: [])
    let new = NewMessage(
      participant: to.participant, direction: .incoming, id: .new(), status: .new, created: Date(),
      conversationID: .new(), refToMessageID: nil,
      sender: MessageParty(id: from.participant, label: nil, mailbox: from.address, mailboxLabel: nil),
      recipient: MessageParty(id: to.participant, label: nil, mailbox: to.address, mailboxLabel: nil),
      content: content)
    return try await store.write { db in
      let row = try MessageTable.insert(new, now: Date(), event: "received", in: db)
      let message = try #require(try MessageTable.fetch(row, in: db))
      try inbox.deliver(message, in: db)
      return try AgreementTable.fetch(row, in: db)
    }
  }

  @Test("an expected sender's message remembers the version, an unexpected one's is taken with the reason")
  func received() async throws {
    try await Self.withStore { store, inbox in
      let expected = try await Self.received(from: "b-one", store, inbox)
      #expect(expected?.agreement == AgreementReference(id: "ab", version: 1))
      #expect(expected?.kind == nil && expected?.reason == nil)
      let stranger = try await Self.received(from: "c-one", store, inbox)
      #expect(stranger?.agreement == nil)
      #expect(stranger?.reason == .noAgreement)
      let other = try await Self.received(from: "b-two", store, inbox)
      #expect(other?.reason == .mailboxNotAgreed)
    }
  }

  @Test("without agreements nothing is written")
  func none() async throws {
    try await Self.withStore { store, _ in
      let stranger = try await Self.received(from: "c-one", store, MailboxInbox())
      #expect(stranger == nil)
    }
  }
}
