import Foundation
import GRDB
import Testing

@testable import Mailbox
@testable import SDKRelay
@testable import StructuredBridge

@Suite("Access lists of protected persons") struct AccessListTests {
  private static let (one, other) = (BridgeKit.person(), BridgeKit.person(1))
  private let kit: LinkKit
  private let drift = Principal.operator("drift")
  /// Of whom `named` is to be on the list, and `holder` holds the mailbox's grant.
  private let named, holder, colleague: Principal

  init() async throws {
    kit = try LinkKit()
    try await kit.open(known: [LinkKit.dnr])
    try await kit.kit.say([.secrecyMark], at: LinkKit.now + 1)
    named = try await kit.user("u1")
    holder = try await kit.user("u2", [.role(.caseworker), .protectedPersons])
    colleague = try await kit.user("u3")
  }

  private var mailbox: MailboxService { kit.kit.bridge.mailbox }

  private func change(
    _ change: PersonAccessChange, of person: PersonIdentityNumber = one, by principal: Principal? = nil
  ) async throws -> PersonAccess? {
    try await kit.kit.bridge.changeAccess(
      change, to: person.whole, in: kit.kit.tenant, reason: "utsedd", by: principal ?? drift, at: LinkKit.now)
  }

  /// Whether the message is in everything that the user is shown, or in nothing.
  private func sees(_ user: Principal, _ message: StoredMessage) async throws -> Bool {
    var words = MessageSearch()
    words.words = message.content.texts[0]
    var query = ConversationQuery()
    query.mailbox = kit.mailbox
    let shown = [
      try await mailbox.find(MessageSearch(), for: user, at: LinkKit.now).contains { $0.row == message.row },
      try await mailbox.find(words, for: user, at: LinkKit.now).contains { $0.row == message.row },
      try mailbox.conversations(query, for: user, at: LinkKit.now).contains { $0.key.id == message.conversationID },
      try !mailbox.standings(of: [message.id], for: user, at: LinkKit.now).isEmpty,
      (try? await mailbox.open(protected: message.id, reason: "ärendet", by: user, at: LinkKit.now)) != nil,
      (try? await mailbox.open(message.id, by: user, at: LinkKit.now)) != nil,
      (try? await kit.kit.bridge.link(of: message.id, for: user, at: LinkKit.now)) != nil,
      try !mailbox.concealed(for: user, at: LinkKit.now).contains { $0.id == message.id },
    ]
    #expect(Set(shown).count == 1, "\(user.name): \(shown)")
    return shown[0]
  }

  /// Who of them sees the message.
  private func who(_ message: StoredMessage) async throws -> [String] {
    var names: [String] = []
    for user in [named, holder, colleague] where try await sees(user, message) { names.append(user.name) }
    return names
  }

  private func deliver(_ number: PersonIdentityNumber = one, more: PersonIdentityNumber? = nil) async throws
    -> StoredMessage
  {
    try await kit.deliver {
      $0.refer(number)
      if let more { $0.refer(more) }
      $0.text = "ord\(UUID().uuidString.prefix(8))"
    }
  }

  @Test("a list names who sees, instead of the mailbox's grant: what comes, and what is there already")
  func instead() async throws {
    let before = try await deliver()
    #expect(try await who(before) == ["u2"])
    let made = try #require(try await change(PersonAccessChange(adding: [.user(UserID("u1"))])))
    #expect(made.members?.map(\.holder) == [.user(try UserID("u1"))])
    let after = try await deliver()
    for message in [before, after] {
      #expect(try await who(message) == ["u1"])
    }
    // Whoever is on it and works in the mailbox no longer sees nothing.
    try await mailbox.relay.write { db in
      try db.execute(sql: "UPDATE accessGrant SET endsAt = startsAt + 1 WHERE user = 'u1'")
    }
    #expect(try await mailbox.find(MessageSearch(), for: named, at: LinkKit.now).isEmpty)
  }

  @Test(
    "whoever leaves a list sees nothing more; a list that nobody is on opens for nobody; one that ends gives the grants back"
  )
  func leaving() async throws {
    let message = try await deliver()
    _ = try await change(PersonAccessChange(adding: [.user(UserID("u1")), .user(UserID("u3"))]))
    #expect(try await who(message) == ["u1", "u3"])
    _ = try await change(PersonAccessChange(removing: [.user(UserID("u3"))]))
    #expect(try await who(message) == ["u1"])
    #expect(try await change(PersonAccessChange(removing: [.user(UserID("u1"))]))?.members == [])
    #expect(try await who(message) == [])
    #expect(try await change(PersonAccessChange(isEnd: true))?.members == nil)
    #expect(try await who(message) == ["u2"])
  }

  @Test("what is about two persons is for whoever may see what is about each")
  func both() async throws {
    try await kit.open(Self.other)
    try await kit.kit.say([.protectedRegistration], of: Self.other, at: LinkKit.now + 1)
    _ = try await change(PersonAccessChange(adding: [.user(UserID("u1")), .user(UserID("u3"))]))
    let withGrant = try await deliver(more: Self.other)
    #expect(try await who(withGrant) == [])
    _ = try await change(PersonAccessChange(adding: [.user(UserID("u3"))]), of: Self.other)
    let withLists = try await deliver(more: Self.other)
    for message in [withGrant, withLists] {
      #expect(try await who(message) == ["u3"])
    }
  }

  @Test("what answers a listed person's message, and what its link leads to, is for the list")
  func answers() async throws {
    _ = try await change(PersonAccessChange(adding: [.user(UserID("u1"))]))
    let message = try await deliver()
    let answer = try await kit.deliver {
      ($0.answers, $0.conversation) = (message.id, message.conversationID)
      $0.text = "svarsord"
    }
    #expect(try await who(answer) == ["u1"])
    let byNumber = try await kit.deliver {
      $0.references = [Draft.Reference(root: "dnr", value: LinkKit.dnr.value)]
      $0.text = "numretsord"
    }
    #expect(try await who(byNumber) == ["u1"])
  }

  @Test(
    "a message that was linked to the wrong person's case is on their list no longer, and is opened to nobody by that")
  func wrongLink() async throws {
    _ = try await change(PersonAccessChange(adding: [.user(UserID("u1"))]))
    let message = try await kit.deliver {
      $0.references = [Draft.Reference(root: "dnr", value: LinkKit.dnr.value)]
      $0.text = "felord"
    }
    let link = try await kit.kit.bridge.link(of: message.id, for: named, at: LinkKit.now)
    _ = try await kit.kit.bridge.confirmLink(of: message.id, version: link.version, by: named, at: LinkKit.now)
    let id = try await kit.open(Self.other)
    _ = try await kit.kit.bridge.undoLink(
      of: message.id, to: id.value, version: link.version + 1, reason: "fel person", by: named, at: LinkKit.now)
    // The number still stands in the message.
    #expect(try await who(message) == ["u1"])
    let rows = try await mailbox.relay.write { db in
      try Int.fetchOne(db, sql: "SELECT count(*) FROM caseLink WHERE state = 'undone'")
    }
    #expect(rows == 1)
  }

  @Test("a draft that names a listed person is there for the list, also once the list is drawn up later")
  func drafts() async throws {
    let content = DraftContent(
      subject: "Ärende", texts: ["Text"], references: [Draft.Reference(root: "dnr", value: LinkKit.dnr.value)])
    await #expect(throws: DraftProblem.self, "it would be for others") {
      try await mailbox.newDraft(content, in: kit.mailbox, to: [], by: colleague, at: LinkKit.now)
    }
    let draft = try await mailbox.newDraft(content, in: kit.mailbox, to: [], by: holder, at: LinkKit.now)
    func who() async throws -> [String] {
      var names: [String] = []
      for user in [named, holder, colleague] {
        let listed = try mailbox.drafts(for: user, at: LinkKit.now).contains { $0.id == draft.id }
        let opened = (try? await mailbox.draft(draft.id, by: user, at: LinkKit.now)) != nil
        #expect(listed == opened)
        if opened { names.append(user.name) }
      }
      return names
    }
    #expect(try await who() == ["u2"])
    _ = try await change(PersonAccessChange(adding: [.user(UserID("u1"))]))
    #expect(try await who() == ["u1"])
    await #expect(throws: DraftProblem.notFound) {
      try await mailbox.discardDraft(draft.id, version: draft.version, by: holder, at: LinkKit.now)
    }
    var byText = content
    (byText.references, byText.texts) = ([], ["Gäller \(Self.one.whole)"])
    await #expect(throws: DraftProblem.self) {
      try await mailbox.newDraft(byText, in: kit.mailbox, to: [], by: holder, at: LinkKit.now)
    }
  }

  @Test("nobody ties a message to the case of somebody whom they may see nothing of")
  func foreignCase() async throws {
    let plain = try await kit.deliver { $0.text = "öppetord" }
    let bridge = kit.kit.bridge
    for user in [named, colleague] {
      await #expect(throws: LinkProblem.noCase) {
        try await bridge.confirmLink(of: plain.id, to: LinkKit.dnr.value, version: 1, by: user, at: LinkKit.now)
      }
    }
    let told = try await mailbox.searchAudit(AuditFilter(), by: drift, at: LinkKit.now)
      .filter { $0.action == "link.confirm" }
    #expect(told.map(\.outcome) == ["denied", "denied"], "the trail has what was tried")
    _ = try await bridge.confirmLink(of: plain.id, to: LinkKit.dnr.value, version: 1, by: holder, at: LinkKit.now)
    #expect(try await who(plain) == ["u2"])
  }

  @Test(
    "only administrators of the organisation change lists, never for themselves, and the trail tells of it without numbers"
  )
  func authority() async throws {
    for user in [named, holder] {
      await #expect(throws: AccessDenied.self) {
        try await change(PersonAccessChange(adding: [.user(UserID("u3"))]), by: user)
      }
    }
    let administrator = try await kit.user("u8")
    try await mailbox.relay.write { [kit] db in
      _ = try GrantTable.add(
        NewGrant(
          holder: .user(UserID("u8")), kind: .role(.systemAdministrator), participant: kit.mailbox.participant,
          mailbox: nil, start: LinkKit.now - 1, end: nil), in: db)
      let stranger = User(
        id: try UserID("u9"), name: "F", participant: LinkKit.stranger, created: LinkKit.now, ended: nil)
      try UserTable.add(stranger, in: db)
    }
    await #expect(throws: AccessProblem.self) {
      try await change(PersonAccessChange(adding: [.user(UserID("u8"))]), by: administrator)
    }
    for wrong in ["u9", "finns-inte"] {
      await #expect(throws: AccessProblem.self) {
        try await change(PersonAccessChange(adding: [.user(UserID(wrong))]), by: administrator)
      }
    }
    #expect(try await change(PersonAccessChange(adding: [.user(UserID("u3"))]), by: administrator) != nil)
    await #expect(throws: AccessProblem.self) {
      try await change(PersonAccessChange(adding: [.user(UserID("u3"))]), by: administrator)
    }
    await #expect(throws: AccessProblem.self) {
      try await change(PersonAccessChange(removing: [.user(UserID("u1"))]), by: administrator)
    }
    let told = try await mailbox.searchAudit(AuditFilter(), by: drift, at: LinkKit.now)
      .filter { $0.action == "person.changeAccess" }
    #expect(told.filter { $0.outcome == "denied" }.count == 2 && told.filter { $0.outcome == "done" }.count == 1)
    #expect(told.last { $0.outcome == "done" }?.object?.contains("added user u3") == true)
    #expect(!told.contains { "\($0)".contains(Self.one.whole) })
    let shown = try await kit.kit.bridge.access(
      to: LinkKit.dnr.value, in: kit.kit.tenant, by: administrator, at: LinkKit.now)
    #expect(shown?.members?.map(\.addedBy) == ["user u8"])
    #expect(try await kit.kit.bridge.access(to: "KOM-0", in: kit.kit.tenant, by: drift, at: LinkKit.now) == nil)
  }

  @Test("a technical client on the list sees what its scopes allow, and one with the grant alone does not")
  func clients() async throws {
    let message = try await deliver()
    let scopes: Set<ClientScope> = [.getMessage, .getMessageByFilter]
    func client(_ name: String, _ kinds: [Grant.Kind]) async throws -> Principal {
      let id = try ClientID(name)
      try await mailbox.relay.write { [kit] db in
        try ClientTable.add(
          Client(
            id: id, name: "Ärendesystem", participant: kit.mailbox.participant, scopes: scopes,
            credential: ClientCredential.newSecret().credential, created: LinkKit.now, revoked: nil), in: db)
        for kind in kinds {
          _ = try GrantTable.add(
            NewGrant(
              holder: .client(id), kind: kind, participant: kit.mailbox.participant, mailbox: kit.mailbox.address,
              start: LinkKit.now - 1, end: nil), in: db)
        }
      }
      return .client(ClientSession(id, scopes: scopes))
    }
    let (listed, granted) = (try await client("c1", [.acting]), try await client("c2", [.acting, .protectedPersons]))
    _ = try await change(PersonAccessChange(adding: [.client(ClientID("c1"))]))
    #expect(try mailbox.messages(MessageQuery(), for: listed, at: LinkKit.now).map(\.row) == [message.row])
    #expect(try await mailbox.open(message.id, by: listed, at: LinkKit.now).row == message.row)
    #expect(try mailbox.messages(MessageQuery(), for: granted, at: LinkKit.now).isEmpty)
  }
}
