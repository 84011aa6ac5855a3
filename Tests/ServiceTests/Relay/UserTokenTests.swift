import Foundation
import GRDB
import Testing

@testable import Mailbox
@testable import SDKRelay
@testable import Service

@Suite("Tokens that stand for a user")
struct UserTokenTests {
  private func ask(_ kit: RelayKit, _ name: String, _ secret: String, scope: String? = nil) async throws
    -> RelayKit.Answer
  {
    let form = "grant_type=password&username=\(name)&password=\(secret)\(scope.map { "&scope=\($0)" } ?? "")"
    return try await kit.ask("POST", "/oauth/token", token: nil, body: Array(form.utf8))
  }

  @Test("W7: a user with a secret gets a token; every refusal is the same, counted and told of") func secrets()
    async throws
  {
    let kit = try await RelayKit()
    try await kit.user("u1")
    let secret = try await kit.service.newSecret(for: UserID("u1"), by: .operator("test"))
    let good = try await ask(kit, "u1", secret, scope: "urn:sdkrelay:user")
    let token = try #require(good.json["access_token"] as? String)
    #expect(good.json["scope"] as? String == "urn:sdkrelay:user")
    #expect(try await kit.ask("GET", "/relay/v1/principal", token: token).json["name"] as? String == "u1")
    let wrong = try await ask(kit, "u1", "x")
    #expect(wrong.status == 400 && wrong.json["error"] as? String == "invalid_grant")
    for (name, secret) in [("nobody", secret), ("u1", ""), ("%00", secret), ("19121212-1212", secret)] {
      let answer = try await ask(kit, name, secret)
      #expect(answer.bytes == wrong.bytes && answer.status == wrong.status, "\(name)")
    }
    #expect(try await ask(kit, "u1", secret, scope: "urn:sdk.api:getMessage").status == 400)
    var statuses: [Int] = []
    for _ in 0..<12 { statuses.append(try await ask(kit, "u1", "y").status) }
    #expect(statuses.last == 429)
    // A right one counts all the same, so that nobody is kept out by others.
    #expect(try await ask(kit, "u1", secret).status == 200)
    let outcomes = try kit.service.relay.read { db in
      try String.fetchAll(db, sql: "SELECT outcome FROM auditEntry WHERE action = 'user.logIn' AND object = 'user u1'")
    }
    #expect(outcomes.filter { $0 == "done" }.count == 2 && outcomes.filter { $0 == "denied" }.count == 10)
  }

  @Test("a user's token is none on the MT–MK interface, and ends with the secret it was got with") func bounds()
    async throws
  {
    let kit = try await RelayKit()
    try await kit.user("u1")
    let secret = try await kit.service.newSecret(for: UserID("u1"), by: .operator("test"), at: .now - 10)
    let token = try #require(try await ask(kit, "u1", secret).json["access_token"] as? String)
    for (method, path) in [
      ("GET", "/v1/sdk/messages"), ("GET", "/v1/sdk/messages/\(UUID().uuidString)"), ("POST", "/v1/sdk/messages"),
    ] {
      let answer = try await kit.ask(method, path, token: token)
      #expect(answer.status == 401, "\(path)")
    }
    _ = try await kit.service.newSecret(for: UserID("u1"), by: .operator("test"), at: .now + 5)
    #expect(try await kit.ask("GET", "/relay/v1/principal", token: token).status == 401)
    #expect(try await ask(kit, "u1", secret).status == 400)
    try await kit.service.removeSecret(of: UserID("u1"), by: .operator("test"))
    #expect(try await kit.ask("GET", "/relay/v1/principal", token: token).status == 401)
    // Whoever administers an organisation's users cannot become one of them.
    try await kit.user("root", [.role(.systemAdministrator)], in: nil)
    await #expect(throws: AccessProblem.secretByOperator) {
      _ = try await kit.service.newSecret(for: UserID("u1"), by: .user(UserID("root")))
    }
    await #expect(throws: AccessDenied.self) {
      _ = try await kit.service.newSecret(for: UserID("u1"), by: .user(UserID("u1")))
    }
  }
}
