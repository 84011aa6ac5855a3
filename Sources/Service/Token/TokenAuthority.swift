import Crypto
import Foundation
import JWTKit
import Logging
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
  private let serverKeys: AuthorityKeys?
  private let own = JWTKeyCollection()
  /// What the node's own key has been seen to have signed: an event stream asks every few seconds.
  private let verified = BoundedCache<ExactText, TokenClaims>(limit: 2_000)
  /// For cursors, which only this node can open.
  let cursors: Cursors
  private let used = UsedAssertions()
  /// An assertion that is to hold longer, in seconds, is refused.
  private static let longestAssertion = 3_600.0

  /// - Parameter fetch: how the authorisation server's keys are got from an address.
  init(
    _ mailbox: MailboxService, issuer: String, settings: ServiceSettings, fetch: AuthorityKeys.Fetch? = nil,
    logger: Logger
  ) async throws {
    self.mailbox = mailbox
    self.issuer = issuer
    lifetime = settings.tokenLifetime
    let key = try TokenKey.open(in: mailbox.relay.settings.data)
    cursors = Cursors(key)
    server = settings.authorisationServer
    serverKeys = server.map { server in
      AuthorityKeys(server.keys, fetch: fetch ?? { try await KeyFetch(trust: server.trust)($0) }, logger: logger)
    }
    await own.add(ecdsa: try ES256PrivateKey(pem: key.pemRepresentation))
    if let serverKeys { Task { await serverKeys.start() } }
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

  func token(for user: UserID, at now: Date) async throws -> String {
    try await own.sign(TokenClaims(issuer: issuer, user: user, from: now, lifetime: lifetime))
  }

  /// Whoever bears the token. What they may do is decided by ``Access`` each time.
  func caller(token: String, at now: Date) async throws -> Caller {
    let (claims, isOwn) = try await claims(token)
    let principal =
      claims.isOfUser ? try user(claims, isOwn: isOwn) : Principal.client(try session(claims, at: now))
    return Caller(principal: principal, expires: claims.exp.value)
  }

  private func user(_ claims: TokenClaims, isOwn: Bool) throws -> Principal {
    guard let name = isOwn ? "sub" : server?.userClaim, let text = claims.texts[name], let id = try? UserID(text),
      try mailbox.user(id) != nil
    else { throw Unauthenticated(reason: "the token's user is not known here") }
    if isOwn {
      // A token is no older than the secret it was got with; it tells time in whole seconds.
      guard let secret = try mailbox.secretTime(of: id), let issued = claims.iat?.value,
        issued.timeIntervalSince(secret) > -1
      else { throw Unauthenticated(reason: "the user's secret is another by now") }
    }
    return .user(id)
  }

  private func session(_ claims: TokenClaims, at now: Date) throws -> ClientSession {
    guard let azp = claims.azp, let id = try? ClientID(azp), let client = try mailbox.client(id), client.revoked == nil
    else { throw Unauthenticated(reason: "the token's client is not known here") }
    let scopes = Set(claims.scope.split(separator: " ").compactMap { ClientScope(urn: String($0)) })
    let session = ClientSession(id, scopes: scopes.intersection(client.scopes))
    guard let patterns = claims.addresses else { return session }
    let granted = try mailbox.relay.read { db in
      try Access.reach(of: .client(session), .seeMailbox, at: now, in: db).mailboxes.map(\.address)
    }
    let addresses = granted.filter { address in patterns.contains { Self.matches(address.value, $0) } }
    return ClientSession(id, scopes: session.scopes, addresses: Set(addresses))
  }

  private func claims(_ token: String) async throws -> (TokenClaims, isOwn: Bool) {
    if let claims = verified.value(for: ExactText(token)) {
      guard (try? claims.exp.verifyNotExpired()) != nil else { throw Unauthenticated(reason: "the token is over") }
      return (claims, true)
    }
    if let claims = try? await own.verify(token, as: TokenClaims.self), sameBytes(claims.iss.value, issuer),
      claims.aud.value.contains(where: { sameBytes($0, issuer) })
    {
      verified.set(claims, for: ExactText(token))
      return (claims, true)
    }
    guard let server, let claims = await serverKeys?.claims(token), sameBytes(claims.iss.value, server.issuer),
      claims.aud.value.contains(where: { sameBytes($0, server.audience) })
    else { throw Unauthenticated(reason: "the token is not one that counts here, or is over") }
    return (claims, false)
  }

  /// `*.example.se` stands for every address that ends so; a pattern without a star for itself.
  static func matches(_ address: String, _ pattern: String) -> Bool {
    guard pattern.hasPrefix("*") else { return sameBytes(address, pattern) }
    let end = pattern.utf8.dropFirst()
    return !end.isEmpty && address.utf8.count > end.count && address.utf8.suffix(end.count).elementsEqual(end)
  }
}
