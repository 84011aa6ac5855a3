import Foundation
import Testing

@testable import Mailbox
@testable import SDKRelay
@testable import Service

@Suite("What offices decide, through the node's own interface")
struct OfficeRouteTests {
  private func place(_ mailbox: MailboxID) -> String {
    "organisation=\(mailbox.participant.value)&mailbox=\(mailbox.address.value)"
  }

  /// A mailbox that the directory has.
  private func known(_ kit: RelayKit) async throws -> MailboxID {
    let organisation = try await kit.service.relay.directory.organization(RelayKit.organisation)
    return MailboxID(RelayKit.organisation, organisation.mailboxes[0].address)
  }

  @Test("a mailbox's administrator changes its settings, others see them, and a stale change is refused")
  func settings() async throws {
    let kit = try await RelayKit()
    let mailbox = try await known(kit)
    let (chief, worker) = (
      try await kit.user("chef", [.role(.mailboxAdministrator)], in: mailbox), try await kit.user("u1", in: mailbox)
    )
    let path = "/relay/v1/mailboxes/settings?\(place(mailbox))"
    func change(_ token: String, _ version: Int, _ settings: [String: Any]) async throws -> RelayKit.Answer {
      try await kit.ask("PUT", path, token: token, json: ["version": version, "settings": settings])
    }
    let absence = ["text": "Semesterstängt.", "from": "2026-06-01T00:00:00Z", "until": "2099-01-01T00:00:00Z"]
    let changed = try await change(chief, 0, ["name": "Antagningen", "absence": absence])
    #expect(changed.status == 200 && changed.json["version"] as? Int == 1, "\(changed.text)")
    let seen = try await kit.ask("GET", path, token: worker)
    #expect(seen.json["version"] as? Int == 1)
    #expect((seen.json["settings"] as? [String: Any])?["name"] as? String == "Antagningen")
    #expect(try await change(chief, 0, [:]).status == 409)
    #expect(try await change(worker, 1, [:]).status == 404)
    for wrong in [
      ["name": "19121212-1212"], ["defaultHandler": "nobody"], ["colour": "red"], ["templates": [["name": "a"]]],
    ]
      as [[String: Any]]
    {
      #expect(try await change(chief, 1, wrong).status == 400, "\(wrong)")
    }
    let listed = try await kit.ask("GET", "/relay/v1/mailboxes", token: worker).list("mailboxes").first
    #expect(listed?["name"] as? String == "Antagningen" && listed?["agreed"] as? Bool == true)
  }

  @Test("W4: members and grants are for colleagues and administrators, and elsewhere nothing is there") func grants()
    async throws
  {
    let kit = try await RelayKit(agreement: RelayKit.agreement)
    let chief = try await kit.user("chef", [.role(.mailboxAdministrator)])
    let (worker, other) = (try await kit.user("u1"), try await kit.user("u2", in: RelayKit.neighbour))
    let (client, registrar) = (try await kit.client("case-system"), try await kit.user("u3", [.role(.registrar)]))
    let members = "/relay/v1/mailboxes/members?\(place(RelayKit.mailbox))"
    let missing = try await kit.ask(
      "GET",
      "/relay/v1/mailboxes/members?\(place(MailboxID(RelayKit.organisation, try FunctionalAddress("sdk:ingen"))))",
      token: other)
    for token in [chief, worker] {
      let answer = try await kit.ask("GET", members, token: token)
      #expect(answer.list("members").compactMap { $0["user"] as? String } == ["chef", "u1", "u3"])
    }
    for token in [other, client, registrar] { #expect(try await kit.ask("GET", members, token: token) == missing) }

    func give(_ token: String, _ user: String, _ kind: String, _ mailbox: MailboxID = RelayKit.mailbox) async throws
      -> RelayKit.Answer
    {
      try await kit.ask(
        "POST", "/relay/v1/grants", token: token,
        json: [
          "user": user, "kind": kind, "organisation": mailbox.participant.value, "mailbox": mailbox.address.value,
        ])
    }
    let nothing = try await give(worker, "nobody", "caseworker")
    #expect(nothing.status == 404)
    for token in [worker, other, client, registrar] { #expect(try await give(token, "u2", "caseworker") == nothing) }
    #expect(try await give(chief, "u2", "caseworker", RelayKit.neighbour) == nothing)
    #expect(
      try await give(chief, "u2", "registrar") == nothing, "a role that only the organisation's administrator gives")
    #expect(try await give(chief, "chef", "protectedPersons").status == 409, "to oneself")
    try await kit.user("u9", in: RelayKit.elsewhere)
    #expect(try await give(chief, "u9", "caseworker") == nothing, "somebody of another organisation")
    let given = try await give(chief, "u2", "caseworker")
    let number = try #require(given.json["number"] as? Int, "\(given.text)")
    #expect(try await kit.ask("GET", members, token: other).status == 200)
    let end = "/relay/v1/grants/\(number)"
    let unknown = try await kit.ask("DELETE", "/relay/v1/grants/999999", token: worker)
    for token in [worker, other, client, registrar] {
      #expect(try await kit.ask("DELETE", end, token: token) == unknown)
    }
    #expect(try await kit.ask("DELETE", end, token: chief).status == 204)
    #expect(try await kit.ask("GET", members, token: other).status == 404)
    #expect(try await kit.ask("GET", "/relay/v1/grants", token: worker).list("grants").isEmpty)
    let own = try await kit.ask("GET", "/relay/v1/grants", token: chief).list("grants")
    #expect(Set(own.compactMap { $0["mailbox"] as? String }) == [RelayKit.mailbox.address.value])
  }

  @Test("W4: roles for a whole organisation are given by its administrators, and the last of these is not ended unsaid")
  func organisationGrants() async throws {
    let kit = try await RelayKit(agreement: RelayKit.agreement)
    let admin = try await kit.user("admin", [.role(.systemAdministrator)], in: nil)
    let chief = try await kit.user("chef", [.role(.mailboxAdministrator)])
    try await kit.user("u1")
    func give(_ token: String, _ kind: String, _ more: [String: String] = [:]) async throws -> RelayKit.Answer {
      let fields = ["user": "u1", "kind": kind, "organisation": RelayKit.organisation.value]
      return try await kit.ask(
        "POST", "/relay/v1/grants", token: token, json: fields.merging(more) { $1 })
    }
    #expect(try await give(chief, "auditor").status == 404, "a mailbox's administrator")
    #expect(try await give(admin, "auditor", ["organisation": RelayKit.elsewhere.participant.value]).status == 404)
    #expect(try await give(admin, "caseworker").status == 409, "whoever sees messages sees those of named mailboxes")
    #expect(try await give(admin, "caseworker", ["mailbox": "sdk:ingen"]).status == 409)
    let given = try await give(admin, "auditor")
    #expect(given.status == 200 && given.json["mailbox"] == nil && given.json["kind"] as? String == "auditor")
    #expect(try await give(admin, "auditor").status == 409, "it is there already")
    let misspelt = try await give(admin, "auditor", ["mailbx": "sdk:antagning"])
    #expect(misspelt.status == 400 && misspelt.text.contains("\"mailbx\""), "\(misspelt.text)")
    let number = try #require(given.json["number"] as? Int)
    #expect(try await kit.ask("DELETE", "/relay/v1/grants/\(number)", token: admin).status == 204)
    #expect(try await kit.ask("DELETE", "/relay/v1/grants/\(number)", token: admin).status == 409, "it has ended")
    let own = try #require(
      try await kit.ask("GET", "/relay/v1/grants", token: admin).list("grants")
        .first { $0["kind"] as? String == "systemAdministrator" }?["number"] as? Int)
    let refused = try await kit.ask("DELETE", "/relay/v1/grants/\(own)", token: admin)
    #expect(refused.status == 409 && refused.text.contains("last=true"))
    #expect(try await kit.ask("DELETE", "/relay/v1/grants/\(own)?last=true", token: admin).status == 204)
  }
}
