import Foundation
import GRDB
import Testing

@testable import Mailbox
@testable import SDKRelay

@Suite struct AccessTests {
  private let kit: AccessKit

  init() throws {
    kit = try AccessKit()
    try kit.addUser()
  }

  @Test("W4 a grant that ends in the middle of a session denies the next question")
  func ended() throws {
    let grant = try kit.grant(.role(.caseworker))
    #expect(try kit.allows(.read))
    try kit.database.write { try GrantTable.end(grant.number, at: AccessKit.now, in: $0) }
    #expect(try !kit.allows(.read))
    #expect(try kit.allows(.read, at: AccessKit.now - 1))
  }

  @Test("W4 a user who has left may nothing, whatever was granted")
  func left() throws {
    try kit.grant(.role(.caseworker))
    try kit.database.write { try UserTable.end(AccessKit.user, at: AccessKit.now, in: $0) }
    #expect(try !kit.allows(.read))
  }

  @Test("W4 a denial tells nothing of a mailbox that one may not know of")
  func silence() throws {
    try kit.grant(.role(.systemAdministrator), in: nil)
    #expect(try denial(.read, AccessKit.mailbox).mayKnow)
    let stranger = MailboxID(AccessKit.stranger, AccessKit.mailbox.address)
    let missing = MailboxID(AccessKit.stranger, try FunctionalAddress("sdk:no-such"))
    #expect(try denial(.read, stranger) == denial(.read, missing))
    #expect(try !denial(.read, stranger).mayKnow)
  }

  @Test("W4 a protected person's message needs the extra grant, which alone allows nothing")
  func protected() throws {
    let extra = try kit.grant(.protectedPersons)
    #expect(try !kit.allows(.read))
    try kit.grant(.role(.caseworker))
    #expect(try kit.allows(.read, isProtected: true))
    try kit.database.write { try GrantTable.end(extra.number, at: AccessKit.now, in: $0) }
    #expect(try denial(.read, AccessKit.mailbox, isProtected: true).reason == .protectedPerson)
  }

  @Test("W4 a list holds what may be seen, and counts no other", arguments: [false, true])
  func lists(_ seesProtected: Bool) throws {
    try kit.grant(.role(.caseworker))
    if seesProtected { try kit.grant(.protectedPersons) }
    let filter = AccessFilter(
      .user(AccessKit.user), .list, at: AccessKit.now, participant: "m.participant", mailbox: "m.mailbox",
      isProtected: "m.isProtected")
    let count = try kit.database.write { db in
      try db.execute(sql: "CREATE TABLE m (participant TEXT, mailbox TEXT, isProtected INTEGER)")
      for participant in [AccessKit.organisation, AccessKit.stranger] {
        for address: String? in [AccessKit.mailbox.address.value, AccessKit.neighbour.address.value, nil] {
          for isProtected: Int? in [0, 1, nil] {
            try db.execute(
              sql: "INSERT INTO m VALUES (?, ?, ?)", arguments: [participant.comparable, address, isProtected])
          }
        }
      }
      return try Int.fetchOne(db, sql: "SELECT count(*) FROM m WHERE \(filter.sql)", arguments: filter.arguments)
    }
    // One that nobody has marked as unprotected counts as protected.
    #expect(count == (seesProtected ? 3 : 1))
  }

  @Test("W4 a client may what its scopes, its token and its grants all allow", arguments: ClientScope.allCases)
  func client(_ scope: ClientScope) throws {
    try kit.addClient([scope])
    let all = Principal.client(ClientSession(AccessKit.client, scopes: Set(ClientScope.allCases)))
    #expect(try !kit.allows(scope.permission, by: all))
    try kit.grant(.acting, to: .client(AccessKit.client))
    for permission in Permission.allCases {
      let expected = permission == scope.permission || permission == .seeMailbox
      #expect(try kit.allows(permission, by: all) == expected)
      #expect(try !kit.allows(permission, AccessKit.neighbour, by: all))
    }
    #expect(try !kit.allows(scope.permission, isProtected: true, by: all))
    let none = Principal.client(ClientSession(AccessKit.client, scopes: []))
    #expect(try !kit.allows(scope.permission, by: none))
    for (addresses, expected): (Set<FunctionalAddress>, Bool) in [
      ([], false), ([AccessKit.neighbour.address], false), ([AccessKit.mailbox.address], true),
    ] {
      let narrowed = Principal.client(
        ClientSession(AccessKit.client, scopes: [scope], addresses: addresses))
      #expect(try kit.allows(scope.permission, by: narrowed) == expected)
    }
    try kit.database.write { try ClientTable.revoke(AccessKit.client, at: AccessKit.now, in: $0) }
    #expect(try !kit.allows(scope.permission, by: all))
  }

  @Test("W4 the operator opens no message, the node asks for nothing, and a stranger may nothing")
  func others() throws {
    let theOperator = Principal.operator("root")
    for permission in Permission.allCases {
      let expected = [.seeMailbox, .manageMembers, .administer, .readAudit, .export]
        .contains(permission)
      #expect(try kit.allows(permission, by: theOperator) == expected)
      #expect(try !kit.allows(permission, by: .service))
      #expect(try !kit.allows(permission, by: .user(UserID("nobody"))))
    }
    #expect(try !kit.allows(.export, isProtected: true, by: theOperator))
  }

  @Test("scopes are read in both published spellings")
  func scopes() {
    #expect(ClientScope(urn: "urn:sdk.api:sendMessages") == .sendMessages)
    #expect(ClientScope(urn: "urn:sdk.api:sendMessage") == .sendMessages)
    #expect(ClientScope(urn: "urn:sdk.api:readMessages") == nil)
    #expect(ClientScope(urn: "sendMessages") == nil)
  }

  @Test("W10 no account is named by an identity number", arguments: ["19121212-1212", "121212+1212", "x-200001252386"])
  func names(_ text: String) {
    #expect(throws: IdentifierProblem.self) { try UserID(text) }
    #expect(throws: IdentifierProblem.self) { try ClientID(text) }
  }

  @Test("a client's keys are public and strong")
  func keys() throws {
    let modulus = String(repeating: "A", count: 342)
    _ = try ClientCredential.publicKeys(#"{"keys":[{"kty":"RSA","n":"\#(modulus)","e":"AQAB","kid":"1"}]}"#)
    #expect(throws: ClientKeyProblem.secretKey) {
      try ClientCredential.publicKeys(#"{"keys":[{"kty":"RSA","n":"\#(modulus)","e":"AQAB","d":"AQ"}]}"#)
    }
    #expect(throws: ClientKeyProblem.unsupported) {
      try ClientCredential.publicKeys(#"{"keys":[{"kty":"RSA","n":"AQ","e":"AQAB"}]}"#)
    }
    #expect(throws: ClientKeyProblem.count) { try ClientCredential.publicKeys(#"{"keys":[]}"#) }
    #expect(throws: ClientKeyProblem.unreadable) { try ClientCredential.publicKeys("[]") }
    let (secret, credential) = ClientCredential.newSecret()
    #expect(secret.count == 43 && credential.matches(secret: secret) && !credential.matches(secret: secret + "x"))
  }

  private func denial(
    _ permission: Mailbox.Permission, _ mailbox: MailboxID, isProtected: Bool = false
  ) throws -> AccessDenied {
    try #require(throws: AccessDenied.self) {
      try kit.database.read {
        try Access.check(
          .user(AccessKit.user), permission, mailbox, for: isProtected ? .protectedPersons : .mailbox,
          at: AccessKit.now, in: $0)
      }
    }
  }
}
