import Foundation
import GRDB
import Logging
import XMLSecurity

@testable import Mailbox
@testable import SDKRelay

/// A node with two organisations' mailboxes, users of theirs, and messages put in as the relay would deliver them.
struct MessageKit {
  private let node = AdministrationKit()
  let service: MailboxService
  static let now = AccessKit.now
  static let counterparty = try! ParticipantID("0203:motpart.example.se")
  static let (mailbox, neighbour) = (AccessKit.mailbox, AccessKit.neighbour)
  static let elsewhere = MailboxID(AccessKit.stranger, AccessKit.mailbox.address)

  init(
    agreements: String? = nil, notifications: NotificationSettings? = nil,
    change: (inout NodeSettings) throws -> Void = { _ in }
  ) throws {
    service = try node.service(agreements: agreements, notifications: notifications, change: change)
  }

  /// Has the node's one agreement be another.
  func agree(_ text: String) throws { try node.agree(text) }

  /// Puts a message in as one that arrives.
  @discardableResult
  func deliver(_ change: (inout Plan) -> Void = { _ in }) async throws -> StoredMessage {
    var plan = Plan()
    change(&plan)
    let new = plan
    return try await service.relay.write { [relay = service.relay] db in
      let row = try MessageTable.insert(new.message, now: new.stored, event: "test", in: db)
      guard let message = try MessageTable.fetch(row, in: db) else { throw MessageProblem.notFound }
      try relay.inbox?.deliver(message, in: db)
      return try MessageTable.fetch(row, in: db) ?? message
    }
  }

  /// With a node opened elsewhere.
  init(_ service: MailboxService) { self.service = service }

  /// A message to put in; what is left out is made up.
  struct Plan: Sendable {
    var id = MessageID(UUID().uuidString)!
    var mailbox = MessageKit.mailbox
    var direction = MessageDirection.incoming
    var counterparty = MessageKit.counterparty
    var counterpartyMailbox: FunctionalAddress? = try? FunctionalAddress("sdk:registrator")
    var conversation = MessageID(UUID().uuidString)!
    var answers: MessageID?
    var subject = "Fråga om antagning"
    var text = "En text"
    var file: String?
    /// What the file holds.
    var fileBytes: [UInt8] = [0]
    var reference: String?
    var isConfidential = false
    var status: MessageStatus?
    var stored = MessageKit.now
  }

  @discardableResult
  func put(_ plan: Plan = Plan()) async throws -> StoredMessage {
    try await service.relay.write { db in
      let row = try MessageTable.insert(plan.message, now: plan.stored, event: "test", in: db)
      guard let message = try MessageTable.fetch(row, in: db) else { throw MessageProblem.notFound }
      try MessageRecordTable.insert(message, in: db)
      return message
    }
  }

  @discardableResult
  func put(_ change: (inout Plan) -> Void) async throws -> StoredMessage {
    var plan = Plan()
    change(&plan)
    return try await put(plan)
  }

  /// Adds a user where it is not there yet, with grants.
  @discardableResult
  func user(
    _ name: String = "u1", _ kinds: [Grant.Kind] = [.role(.caseworker)], in mailbox: MailboxID = mailbox,
    from start: Date = now - AccessKit.day, until end: Date? = nil
  ) async throws -> Principal {
    let id = try UserID(name)
    try await service.relay.write { db in
      if try UserTable.fetch(id, in: db) == nil {
        let user = User(id: id, name: "Handläggare", participant: mailbox.participant, created: Self.now, ended: nil)
        try UserTable.add(user, in: db)
      }
      for kind in kinds {
        let grant = NewGrant(
          holder: .user(id), kind: kind, participant: mailbox.participant, mailbox: mailbox.address, start: start,
          end: end)
        _ = try GrantTable.add(grant, in: db)
      }
    }
    return .user(id)
  }

  /// Adds a technical client that acts for the mailbox.
  func client(_ scopes: Set<ClientScope>) async throws -> Principal {
    let id = AccessKit.client
    let credential = ClientCredential.newSecret().credential
    try await service.relay.write { db in
      let client = Client(
        id: id, name: "Ärendesystem", participant: AccessKit.organisation, scopes: scopes, credential: credential,
        created: Self.now, revoked: nil)
      try ClientTable.add(client, in: db)
      _ = try GrantTable.add(
        NewGrant(
          holder: .client(id), kind: .acting, participant: AccessKit.organisation, mailbox: AccessKit.mailbox.address,
          start: Self.now - AccessKit.day, end: nil), in: db)
    }
    return .client(ClientSession(id, scopes: scopes))
  }

  func find(_ words: String?, _ user: Principal, _ narrow: (inout MessageSearch) -> Void = { _ in }) async throws
    -> [Int64]
  {
    var query = MessageSearch()
    query.words = words
    narrow(&query)
    return try await service.find(query, for: user, at: Self.now).map(\.row)
  }

  /// The first of the messages that is about a protected person.
  func protectedMessage(among rows: [Int64]) throws -> StoredMessage? {
    try service.relay.read { db in
      for row in rows where try MessageRecordTable.audience(of: row, in: db).audience.isProtected {
        return try MessageTable.fetch(row, in: db)
      }
      return nil
    }
  }

  func protect(_ message: StoredMessage) async throws {
    try await user("marker", [.role(.caseworker), .protectedPersons], in: message.ownMailboxID)
    try await service.handle(message.id, .protect, version: 0, by: .user(UserID("marker")), at: Self.now)
  }
}

extension StoredMessage {
  var ownMailboxID: MailboxID { MailboxID(participant, ownMailbox!) }
}

extension MessageKit.Plan {
  fileprivate var message: NewMessage {
    let own = MessageParty(id: mailbox.participant, label: "Egen", mailbox: mailbox.address, mailboxLabel: nil)
    let other = MessageParty(
      id: counterparty, label: "Motparten", mailbox: counterpartyMailbox,
      mailboxLabel: "Registratorn")
    let files = file.map {
      [
        StoredContent.File(
          name: $0, contentType: "application/pdf", size: fileBytes.count,
          sha256: Hexadecimal.encode(digest(.sha256, of: fileBytes)), storedName: UUID().uuidString)
      ]
    }
    let content = StoredContent(
      subject: subject, isConfidential: isConfidential,
      references: reference.map { [Draft.Reference(root: "dnr", value: $0)] } ?? [], returnedReferences: [],
      documents: [StoredContent.Document(id: "1", texts: [text], files: files ?? [])])
    let isIncoming = direction == .incoming
    return NewMessage(
      participant: mailbox.participant, direction: direction, id: id,
      status: status ?? (isIncoming ? .new : .accepted), created: stored, conversationID: conversation,
      refToMessageID: answers, sender: isIncoming ? other : own, recipient: isIncoming ? own : other, content: content)
  }
}
