import Foundation
import GRDB
import Testing

@testable import Mailbox
@testable import SDKRelay
@testable import StructuredBridge

/// Who sees which cases, and the messages that belong to them.
@Suite("Cases before people") struct CaseSightTests {
  private static let (one, other) = (BridgeKit.person(), BridgeKit.person(1))
  private let kit: LinkKit
  private let plain, hidden: CaseID
  private let (message, secret): (StoredMessage, StoredMessage)
  private let drift = Principal.operator("drift")
  private var bridge: Bridge { kit.kit.bridge }

  init() async throws {
    kit = try LinkKit()
    plain = try await kit.open()
    hidden = try await kit.open(Self.other)
    try await kit.kit.say([.secrecyMark], of: Self.other, at: LinkKit.now + 1)
    let reference = try await kit.issue(plain)
    message = try await kit.deliver { $0.returned = [reference] }
    let hiddenReference = try await kit.issue(hidden)
    secret = try await kit.deliver { $0.returned = [hiddenReference] }
    let insider = try await kit.user("u2", [.role(.caseworker), .protectedPersons])
    let link = try await kit.kit.bridge.link(of: secret.id, for: insider, at: LinkKit.now)
    _ = try await kit.kit.bridge.confirmLink(of: secret.id, version: link.version, by: insider, at: LinkKit.now)
  }

  private func cases(_ user: Principal, reason: String? = nil) async throws -> [String] {
    try await bridge.cases(of: kit.kit.tenant, for: CommandReader(user, reason: reason), at: LinkKit.now)
      .map { ($0.record.id == plain ? "plain" : "hidden") + ($0.isConcealed ? " concealed" : "") }
  }

  private func look(_ id: CaseID, _ user: Principal, reason: String? = nil) async throws -> String {
    let looks = try await bridge.look(
      at: id.value, of: kit.kit.tenant, whole: false, for: CommandReader(user, reason: reason), at: LinkKit.now)
    return looks.first.map { $0.details == nil ? "concealed" : "clear" } ?? "nothing"
  }

  @Test(
    "a case is there for its operator and for whoever works in its mailbox or with its messages; protected persons' take a reason"
  )
  func sight() async throws {
    let (worker, insider) = (try await kit.user("u1"), Principal.user(try UserID("u2")))
    let stranger = Principal.user(try UserID("nobody"))
    #expect(try await cases(drift) == ["hidden concealed", "plain"])
    #expect(try await cases(drift, reason: "tillsyn") == ["hidden", "plain"])
    #expect(try await cases(worker) == ["plain"])
    #expect(try await cases(insider) == ["hidden concealed", "plain"])
    #expect(try await cases(insider, reason: "ärendet") == ["hidden", "plain"])
    #expect(try await cases(stranger, reason: "nyfiken") == [])
    for (user, reason, sights) in [
      (drift, nil, ["clear", "concealed"]), (drift, "tillsyn", ["clear", "clear"]),
      (worker, "x", ["clear", "nothing"]),
      (insider, nil, ["clear", "concealed"]), (insider, "ärendet", ["clear", "clear"]),
      (stranger, "x", ["nothing", "nothing"]),
    ] as [(Principal, String?, [String])] {
      let seen = [try await look(plain, user, reason: reason), try await look(hidden, user, reason: reason)]
      #expect(seen == sights, "\(user) \(reason ?? "")")
    }
    let told = try await bridge.mailbox.searchAudit(AuditFilter(), by: drift, at: LinkKit.now)
    #expect(told.contains { $0.action == "case.show" && $0.object?.contains("glass broken") == true })
    #expect(!told.contains { "\($0)".contains(Self.other.whole) })
  }

  @Test("a case with a mailbox is there for those who list there, concealed from those whom it is not for")
  func ofMailbox() async throws {
    try await kit.kit.register { [kit] register in
      try register.db.execute(
        sql: "UPDATE caseRecord SET mailbox = ?", arguments: [kit.mailbox.address.value])
    }
    let worker = try await kit.user("u1")
    #expect(try await cases(worker) == ["hidden concealed", "plain"])
    #expect(try await cases(worker, reason: "nyfiken") == ["hidden concealed", "plain"], "a reason is no grant")
    #expect(try await look(hidden, worker, reason: "nyfiken") == "concealed")
  }

  @Test("lists are by pages, open or closed, and of one organisation")
  func pages() async throws {
    let reader = CommandReader(drift)
    let first = try await bridge.cases(of: kit.kit.tenant, limit: 1, for: reader, at: LinkKit.now)
    let rest = try await bridge.cases(
      of: kit.kit.tenant, before: first[0].number, for: reader, at: LinkKit.now)
    #expect(first.map(\.record.id) == [hidden] && rest.map(\.record.id) == [plain])
    try await kit.kit.observe(kit.kit.event(.result, days: -1))
    let closed = try await bridge.cases(of: kit.kit.tenant, isOpen: false, for: reader, at: LinkKit.now)
    #expect(closed.map(\.record.id) == [plain])
    #expect(try await bridge.cases(of: LinkKit.stranger, for: reader, at: LinkKit.now).isEmpty)
  }

  @Test("a case's messages are those that may be listed, and another organisation's case has none")
  func messages() async throws {
    let (worker, insider) = (try await kit.user("u1"), Principal.user(try UserID("u2")))
    func found(_ text: String, _ user: Principal, of tenant: ParticipantID? = nil) async throws -> [MessageID] {
      try await bridge.messages(ofCase: text, of: tenant, for: user, at: LinkKit.now).map(\.message)
    }
    #expect(try await found(plain.value, worker) == [message.id])
    #expect(try await found(hidden.value, worker) == [])
    #expect(try await found(hidden.value, insider) == [secret.id])
    #expect(try await found(plain.value, insider, of: LinkKit.stranger) == [])
    #expect(try await found(UUID().uuidString, insider) == [])
    #expect(try await found("KOM-2026/0", insider) == [])
    #expect(try await found(plain.value, drift) == [])
    let proposed = try await kit.deliver { $0.refer(Self.one) }
    #expect(try await found(plain.value, worker) == [message.id])
    let more = try await bridge.messages(ofCase: plain.value, withProposed: true, for: worker, at: LinkKit.now)
    #expect(more.map(\.message) == [proposed.id, message.id])
    let page = try await bridge.messages(
      ofCase: plain.value, withProposed: true, before: more[0].number, for: worker, at: LinkKit.now)
    #expect(page.map(\.message) == [message.id])
  }
}
