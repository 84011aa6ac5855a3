import Foundation
import GRDB
import Testing

@testable import Mailbox
@testable import SDKRelay

@Suite("Offices' own mailboxes") struct OfficeTests {
  private let now = OfficeKit.now

  @Test("W4 nobody outside the mailbox's administrators changes its settings") func access() async throws {
    let kit = try await OfficeKit()
    let client = ClientSession(AccessKit.client, scopes: Set(ClientScope.allCases))
    var principals: [(Principal, Bool)] = [
      (.operator("root"), false), (.service, false), (.client(client), false), (.user(try UserID("nobody")), false),
    ]
    for role in Role.allCases {
      let mayConfigure = role == .mailboxAdministrator || role == .systemAdministrator
      principals.append((try await kit.messages.user("here-\(role)", [.role(role)]), mayConfigure))
      principals.append(
        (try await kit.messages.user("beside-\(role)", [.role(role)], in: OfficeKit.neighbour), false))
      let ended = try await kit.messages.user("ended-\(role)", [.role(role)], from: now - 9, until: now)
      principals.append((ended, false))
    }
    for (principal, mayConfigure) in principals {
      let result = await Result {
        try await kit.configure(by: principal) { $0.name = "Antagning \(principal.name)" }
      }
      #expect(((try? result.get()) != nil) == mayConfigure, "\(principal)")
      // Whoever may not know of the mailbox hears what is said of one that is not there.
      guard case .failure(let error) = result else { continue }
      let sees = try kit.service.relay.read {
        try Access.allows(principal, .seeMailbox, OfficeKit.mailbox, at: now, in: $0)
      }
      #expect(sees ? error is AccessDenied : error as? MailboxProblem == .unknown, "\(principal)")
    }
    #expect(throws: MailboxProblem.unknown) {
      try kit.service.settings(of: OfficeKit.mailbox, for: .user(UserID("beside-caseworker")), at: now)
    }
  }

  @Test("W11: what an office decides lies sealed; a former version's is sealed, and mail comes in without the key")
  func sealed() async throws {
    let kit = try await OfficeKit()
    try await kit.configure {
      $0.absence = .init(text: "zzstängt", from: now, until: now + 99)
      $0.templates = [.init(name: "zzsvar", subject: "zzämne", text: "zztext")]
    }
    func plain() throws -> String {
      try kit.service.relay.read { db in
        try Row.fetchAll(db, sql: "SELECT * FROM mailboxSettings").map { "\($0)" }.joined()
      }
    }
    #expect(try !plain().contains("zz"))
    let before = try kit.service.settings(of: OfficeKit.mailbox, for: kit.head, at: now)
    let json = String(decoding: try JSONEncoder.stable().encode(MailboxSettings()), as: UTF8.self)
    try await kit.service.relay.write { db in
      try db.execute(sql: "UPDATE mailboxSettings SET settings = ?, sealed = NULL", arguments: [json])
    }
    #expect(try kit.service.settings(of: OfficeKit.mailbox, for: kit.head, at: now).settings == MailboxSettings())
    try await kit.configure { $0 = before.settings }
    try await kit.service.relay.write { db in
      try db.execute(sql: "UPDATE roomKey SET keyName = 'gone'")
    }
    let message = try await kit.messages.deliver()
    #expect(message.ownMailbox == OfficeKit.mailbox.address)
    #expect(throws: ContentProblem.keyMissing("gone")) {
      try kit.service.settings(of: OfficeKit.mailbox, for: kit.head, at: now)
    }
  }

  @Test("of two who change at once one wins, and each change is told of without its content") func versions()
    async throws
  {
    let kit = try await OfficeKit()
    let changed = try await kit.configure { $0.absence = .init(text: "Stängt i jul", from: now, until: now + 99) }
    #expect(changed.version == 1 && changed.changedBy == "user head" && changed.changed == now)
    await #expect(throws: MailboxProblem.stale(seen: 0, now: 1)) {
      try await kit.service.configure(OfficeKit.mailbox, version: 0, by: kit.head, at: now) { $0.name = "B" }
    }
    #expect(try await kit.configure { _ in }.version == 1)
    #expect(try kit.service.settings(of: OfficeKit.mailbox, for: kit.head, at: now) == changed)
    let entries = try kit.service.relay.read { db in
      try String.fetchAll(db, sql: "SELECT object || ' ' || outcome FROM auditEntry ORDER BY number")
    }
    #expect(entries == ["version 0: absence done", "version 0 failed", "version 1:  done"])
  }

  /// What is refused, and the part that is named.
  struct Wrong: Sendable, CustomTestStringConvertible {
    let part: MailboxSetting
    let what: String
    let change: @Sendable (inout MailboxSettings) -> Void
    var testDescription: String { "\(part): \(what)" }

    init(_ part: MailboxSetting, _ what: String, _ change: @escaping @Sendable (inout MailboxSettings) -> Void) {
      (self.part, self.what, self.change) = (part, what, change)
    }
  }

  private static let number = "19121212-1212"
  private static func template(_ name: String = "N", subject: String = "Ämne", text: String = "Text")
    -> MailboxSettings.Template
  {
    .init(name: name, subject: subject, text: text)
  }
  private static func forward(_ to: MailboxID, until: Date? = nil) -> MailboxSettings.Forwarding {
    .init(to: to.address, from: OfficeKit.now, until: until)
  }
  private static func absence(_ text: String, until seconds: TimeInterval = 9) -> MailboxSettings.Absence {
    .init(text: text, from: OfficeKit.now, until: OfficeKit.now + seconds)
  }

  static let wrong: [Wrong] = [
    Wrong(.name, "empty") { $0.name = "" }, Wrong(.name, "long") { $0.name = String(repeating: "x", count: 101) },
    Wrong(.name, "a line more") { $0.name = "A\nBcc: b@example.se" },
    Wrong(.name, "control character") { $0.name = "A\r\nX" },
    Wrong(.name, "direction") { $0.name = "A\u{202E}B" }, Wrong(.name, "number") { $0.name = "Ärende \(number)" },
    Wrong(.name, "an agreed one of another") { $0.name = "vägledningen" },
    Wrong(.notifications, "no server") { $0.notifications = ["a@example.se"] },
    Wrong(.notifications, "no host") { $0.notifications = ["https://larm.example.se/x"] },
    Wrong(.allowsBreakingGlass, "nobody to tell") { $0.allowsBreakingGlass = true },
    Wrong(.notificationInterval, "none") { $0.notificationInterval = 0 },
    Wrong(.notificationInterval, "long") { $0.notificationInterval = 1_441 },
    Wrong(.absence, "number") { $0.absence = absence("Fråga \(number)") },
    Wrong(.absence, "over") { $0.absence = absence("Stängt", until: 0) },
    Wrong(.forwarding, "itself") { $0.forwarding = forward(OfficeKit.mailbox) },
    Wrong(.forwarding, "over") { $0.forwarding = forward(OfficeKit.neighbour, until: OfficeKit.now) },
    Wrong(.forwarding, "unknown") { $0.forwarding = forward(MailboxID(AccessKit.organisation, try! .init("x"))) },
    Wrong(.forwarding, "without its routes") { $0.forwarding = forward(OfficeKit.outside) },
    Wrong(.defaultHandler, "nobody") { $0.defaultHandler = "nobody" },
    Wrong(.defaultHandler, "elsewhere") { $0.defaultHandler = "elsewhere" },
    Wrong(.defaultHandler, "spelt otherwise") { $0.defaultHandler = "HEAD" },
    Wrong(.templates, "number") { $0.templates = [template(text: "Om \(number)")] },
    Wrong(.templates, "number in the subject") { $0.templates = [template(subject: "191212121212")] },
    Wrong(.templates, "a name twice") { $0.templates = [template("a"), template("A")] },
    Wrong(.templates, "too many") { $0.templates = (0...50).map { template("\($0)") } },
    Wrong(.templates, "long") { $0.templates = [template(text: String(repeating: "x", count: 10_001))] },
  ]

  @Test("what is no setting is refused and named", arguments: wrong) func refusals(_ wrong: Wrong) async throws {
    let kit = try await OfficeKit()
    try await kit.messages.user("elsewhere", in: OfficeKit.neighbour)
    do {
      try await kit.configure { wrong.change(&$0) }
      Issue.record("taken")
    } catch MailboxProblem.refused(let part, let reason) {
      #expect(part == wrong.part)
      #expect(!reason.contains(Self.number), "content in \(reason)")
    }
    #expect(try kit.service.settings(of: OfficeKit.mailbox, for: kit.head, at: now).version == 0)
  }

  @Test("a mailbox that no agreement in force has is not configured, and is listed as such") func notAgreed()
    async throws
  {
    let kit = try await OfficeKit(agreement: OfficeKit.agreement(to: "2026-05-01"))
    await #expect(throws: MailboxProblem.notAgreed(OfficeKit.mailbox)) {
      try await kit.configure { $0.name = "Antagningen" }
    }
    #expect(try await kit.service.mailboxes(for: kit.head, at: now).allSatisfy { !$0.isAgreed })
  }

  @Test("W4 a list has the mailboxes that one may see, and what is in force now") func list() async throws {
    let kit = try await OfficeKit()
    let user = try await kit.messages.user("u1")
    let chief = try await kit.messages.user("chief", [])
    try await kit.service.relay.write { db in
      _ = try GrantTable.add(
        NewGrant(
          holder: .user(UserID("chief")), kind: .role(.systemAdministrator), participant: AccessKit.organisation,
          mailbox: nil, start: now, end: nil), in: db)
    }
    try await kit.configure {
      $0.name = "Intaget"
      $0.absence = .init(text: "Stängt", from: now, until: now + 60)
      $0.forwarding = .init(to: OfficeKit.neighbour.address, from: now + 60)
    }
    let seen = try await kit.service.mailboxes(for: user, at: now)
    #expect(seen.map(\.mailbox) == [OfficeKit.mailbox.address])
    #expect(seen[0].name == "Intaget" && seen[0].absence?.text == "Stängt" && seen[0].forwardsTo == nil)
    let later = try await kit.service.mailboxes(for: user, at: now + 60)
    #expect(later[0].absence == nil && later[0].forwardsTo == OfficeKit.neighbour.address)
    #expect(try await kit.service.mailboxes(for: chief, at: now).count == 3)
    #expect(try await kit.service.mailboxes(for: .user(UserID("nobody")), at: now).isEmpty)
  }

  @Test("members are shown to colleagues and administrators, with what they hold now") func members() async throws {
    let kit = try await OfficeKit()
    let user = try await kit.messages.user("u1", [.role(.caseworker), .protectedPersons])
    try await kit.messages.user("u2", [.role(.caseworker)], until: now)
    try await kit.messages.user("u3", [.protectedPersons])
    let members = try kit.service.members(of: OfficeKit.mailbox, for: user, at: now)
    #expect(members.map(\.user) == ["head", "u1"])
    #expect(members[1].roles == ["caseworker"] && members[1].protectedPersons && !members[0].protectedPersons)
    let registrar = try await kit.messages.user("u4", [.role(.registrar)])
    #expect(throws: AccessDenied.self) { try kit.service.members(of: OfficeKit.mailbox, for: registrar, at: now) }
    let stranger = try await kit.messages.user("u5", in: OfficeKit.neighbour)
    #expect(throws: MailboxProblem.unknown) {
      try kit.service.members(of: OfficeKit.mailbox, for: stranger, at: now)
    }
  }
}

extension Result where Failure == any Error {
  fileprivate init(_ body: () async throws -> Success) async {
    do {
      self = .success(try await body())
    } catch {
      self = .failure(error)
    }
  }
}
