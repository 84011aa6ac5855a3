import Foundation
import JWTKit
import Mailbox
import SDKRelay
import XMLSecurity

/// Why a token, or a client that asks for one, is not believed. The reason is for the log; whoever sent it is told
/// nothing more than that.
struct Unauthenticated: Error {
  let reason: String
}

/// Issues the node's own tokens and judges those that come in: its own, and those of the authorisation server that the
/// settings name.
struct TokenAuthority: Sendable {
  let mailbox: MailboxService
  let issuer: String
  let lifetime: Duration
  private let server: ServiceSettings.AuthorisationServer?
  private let own = JWTKeyCollection()
  private let used = UsedAssertions()
  /// An assertion that is to hold longer, in seconds, is refused.
  private static let longestAssertion = 3_600.0

  init(_ mailbox: MailboxService, issuer: String, settings: ServiceSettings) async throws {
    self.mailbox = mailbox
    self.issuer = issuer
    lifetime = settings.tokenLifetime
    server = settings.authorisationServer
    await own.add(ecdsa: try TokenKey.open(in: mailbox.relay.settings.data))
  }

  // MARK: Clients

  /// The client that signed the assertion.
  /// - Parameter endpoints: what an assertion for us may name as its audience.
  func client(assertion: String, endpoints: [String], at now: Date) async throws -> Client {
    guard let claimed = try? await JWTKeyCollection().unverified(assertion, as: ClientAssertion.self),
      let id = try? ClientID(claimed.sub.value), let client = try mailbox.client(id), client.revoked == nil,
      case .keys(let jwks) = client.credential
    else { throw Unauthenticated(reason: "no assertion of a client with keys") }
    let keys = try await JWTKeyCollection().add(jwksJSON: jwks)
    guard let good = try? await keys.verify(assertion, as: ClientAssertion.self, iteratingKeys: true) else {
      throw Unauthenticated(reason: "the assertion is not signed by its client, or is over")
    }
    guard sameBytes(good.iss.value, good.sub.value),
      good.aud.value.contains(where: { audience in endpoints.contains { sameBytes($0, audience) } })
    else { throw Unauthenticated(reason: "the assertion is of or for somebody else") }
    guard good.exp.value.timeIntervalSince(now) <= Self.longestAssertion,
      used.use(good.jti.value, of: id, until: good.exp.value, at: now)
    else { throw Unauthenticated(reason: "the assertion has been used before, or holds for too long") }
    return client
  }

  /// The client with this secret.
  func client(_ name: String, secret: String) throws -> Client {
    guard let id = try? ClientID(name), let client = try mailbox.client(id), client.revoked == nil,
      client.credential.matches(secret: secret)
    else { throw Unauthenticated(reason: "unknown client, or another secret") }
    return client
  }

  // MARK: Tokens

  func token(for client: Client, scopes: Set<ClientScope>, at now: Date) async throws -> String {
    try await own.sign(
      TokenClaims(issuer: issuer, client: client.id, scopes: scopes, from: now, lifetime: lifetime))
  }

  /// What the bearer of the token may claim to be. What it may do is decided by ``Access`` each time.
  func session(token: String, at now: Date) async throws -> ClientSession {
    let claims = try await claims(token)
    guard let id = try? ClientID(claims.azp), let client = try mailbox.client(id), client.revoked == nil else {
      throw Unauthenticated(reason: "the token's client is not known here")
    }
    let scopes = Set(claims.scope.split(separator: " ").compactMap { ClientScope(urn: String($0)) })
    let session = ClientSession(id, scopes: scopes.intersection(client.scopes))
    guard let patterns = claims.addresses else { return session }
    let granted = try mailbox.relay.read { db in
      try Access.reach(of: .client(session), .seeMailbox, at: now, in: db).mailboxes.map(\.address)
    }
    let addresses = granted.filter { address in patterns.contains { Self.matches(address.value, $0) } }
    return ClientSession(id, scopes: session.scopes, addresses: Set(addresses))
  }

  private func claims(_ token: String) async throws -> TokenClaims {
    if let claims = try? await own.verify(token, as: TokenClaims.self), sameBytes(claims.iss.value, issuer),
      claims.aud.value.contains(where: { sameBytes($0, issuer) })
    {
      return claims
    }
    guard let server, let jwks = try? String(contentsOf: server.keys, encoding: .utf8),
      let keys = try? await JWTKeyCollection().add(jwksJSON: jwks),
      let claims = try? await keys.verify(token, as: TokenClaims.self, iteratingKeys: true),
      sameBytes(claims.iss.value, server.issuer), claims.aud.value.contains(where: { sameBytes($0, server.audience) })
    else { throw Unauthenticated(reason: "the token is not one that counts here, or is over") }
    return claims
  }

  /// `*.example.se` stands for every address that ends so; a pattern without a star for itself.
  static func matches(_ address: String, _ pattern: String) -> Bool {
    guard pattern.hasPrefix("*") else { return sameBytes(address, pattern) }
    let end = pattern.utf8.dropFirst()
    return !end.isEmpty && address.utf8.count > end.count && address.utf8.suffix(end.count).elementsEqual(end)
  }
}
