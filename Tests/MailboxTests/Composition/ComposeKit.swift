import Foundation
import GRDB
import XMLSecurity

@testable import Mailbox
@testable import SDKRelay

/// A node whose mailboxes stand in the directory, users who write there, and messages to answer.
struct ComposeKit {
  let kit: MessageKit
  var service: MailboxService { kit.service }
  var relay: Relay { kit.service.relay }
  static let now = MessageKit.now
  static let counterparty = try! ParticipantID("0203:arbetsformedlingen.example.se")
  static let mailbox = MailboxID(
    AccessKit.organisation, try! FunctionalAddress("sdk:vux-antagning:0203:komvux.kommun.example.se"))
  static let neighbour = MailboxID(
    AccessKit.organisation, try! FunctionalAddress("sdk:sfi:0203:komvux.kommun.example.se"))
  static let education = MailboxID(
    counterparty, try! FunctionalAddress("sdk:utbildning:0203:arbetsformedlingen.example.se"))
  static let establishment = MailboxID(
    counterparty, try! FunctionalAddress("sdk:etablering:0203:arbetsformedlingen.example.se"))
  static let pdf = Array("%PDF-1.7 prov".utf8)

  init(change: (inout NodeSettings) throws -> Void = { _ in }) throws {
    kit = try MessageKit { settings in
      settings.limits.reserve = 0
      try change(&settings)
    }
  }

  func user(_ name: String = "u1", _ kinds: [Grant.Kind] = [.role(.caseworker)]) async throws -> Principal {
    try await kit.user(name, kinds, in: Self.mailbox)
  }

  @discardableResult
  func put(_ change: (inout MessageKit.Plan) -> Void = { _ in }) async throws -> StoredMessage {
    try await kit.put {
      ($0.mailbox, $0.counterparty, $0.counterpartyMailbox) = (Self.mailbox, Self.counterparty, Self.education.address)
      change(&$0)
    }
  }

  /// A received message with files that are really there.
  func received(_ files: [[UInt8]], isConfidential: Bool = false) async throws -> StoredMessage {
    let spool = try relay.store.layout.messages(Self.mailbox.participant)
    let key = SealKey.random()
    let stored = try files.enumerated().map { index, bytes in
      let file = try SealedSpoolFile(in: spool, key: key)
      try file.write(bytes)
      try file.close()
      try file.keep()
      return StoredContent.File(
        name: "bilaga-\(index + 1).pdf", contentType: "application/pdf", size: bytes.count,
        sha256: Hexadecimal.encode(digest(.sha256, of: bytes)), storedName: file.name)
    }
    return try await relay.write { db in
      let id = MessageID.new()
      let content = StoredContent(
        subject: "Studieplan", isConfidential: isConfidential,
        references: [Draft.Reference(root: "dnr", value: "Af-2026/0012")], returnedReferences: [],
        documents: [StoredContent.Document(id: "1", texts: ["Första", "Andra"], files: stored)])
      let new = NewMessage(
        participant: Self.mailbox.participant, direction: .incoming, id: id, status: .new, created: Self.now,
        conversationID: MessageID.new(),
        sender: MessageParty(
          id: Self.counterparty, label: "Arbetsförmedlingen", mailbox: Self.education.address,
          mailboxLabel: "Utbildning"),
        recipient: MessageParty(
          id: Self.mailbox.participant, label: "Kommunen", mailbox: Self.mailbox.address, mailboxLabel: nil),
        content: content, key: key)
      let row = try MessageTable.insert(new, now: Self.now, event: "test", in: db)
      guard let message = try MessageTable.fetch(row, in: db) else { throw MessageProblem.notFound }
      try MessageRecordTable.insert(message, in: db)
      return message
    }
  }

  func protect(_ message: StoredMessage) async throws {
    let marker = try await user("marker", [.role(.caseworker), .protectedPersons])
    try await service.handle(
      message.id, direction: message.direction, .protect, version: 0, by: marker, at: Self.now)
  }

  func draft(
    _ text: String = "Hej", to recipients: [MailboxID] = [education], by user: Principal
  ) async throws -> MessageDraft {
    try await service.newDraft(
      DraftContent(subject: "Kursstart", texts: [text]), in: Self.mailbox, to: recipients, by: user, at: Self.now)
  }

  func attach(
    _ bytes: [UInt8] = pdf, _ name: String = "plan.pdf", to draft: MessageDraft, by user: Principal
  ) async throws -> MessageDraft {
    try await service.attach(
      name, contentType: "application/pdf", toDraft: draft.id, version: draft.version, by: user, at: Self.now
    ) { try $0.write(bytes) }
  }

  func send(_ draft: MessageDraft, by user: Principal) async throws -> DraftSending {
    try await service.sendDraft(draft.id, version: draft.version, by: user, at: Self.now)
  }

  /// The message, as stored.
  func sent(_ id: MessageID) throws -> StoredMessage? {
    try relay.message(id).first { $0.direction == .outgoing }
  }

  func count(_ table: String) throws -> Int {
    try relay.read { try Int.fetchOne($0, sql: "SELECT count(*) FROM \(table)") ?? 0 }
  }

  /// The files in the organisation's message folder.
  func files() throws -> Set<String> { Set(try relay.store.layout.messages(Self.mailbox.participant).names()) }

  func trail() throws -> [String] {
    try relay.read { db in
      try Row.fetchAll(db, sql: "SELECT action, outcome FROM auditEntry ORDER BY number").map {
        "\($0["action"] as String) \($0["outcome"] as String)"
      }
    }
  }
}
