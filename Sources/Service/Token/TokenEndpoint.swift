import Foundation
import Hummingbird
import Logging
import Mailbox
import NIOCore

/// The built-in token endpoint: OAuth 2.0 client credentials (RFC 6749, section 4.4), for installations without an
/// authorisation server of their own.
struct TokenEndpoint: Sendable {
  static let path = "/oauth/token"

  let authority: TokenAuthority
  /// What an assertion may name as its audience: the issuer, or this endpoint.
  let addresses: [String]
  let logger: Logger
  private let attempts = AttemptLimit()

  init(authority: TokenAuthority, addresses: [String], logger: Logger) {
    self.authority = authority
    self.addresses = addresses
    self.logger = logger
  }

  private struct Answer: Encodable {
    let access_token: String
    let token_type = "Bearer"
    let expires_in: Int64
    let scope: String
  }

  private struct Refusal: Encodable {
    let error: String
  }

  func token(_ request: Request) async throws -> Response {
    guard let body = try? await request.body.collect(upTo: 65_536) else { return refuse("invalid_request") }
    guard let form = Form(String(buffer: body)) else { return refuse("invalid_request") }
    if form["grant_type"] == "password" { return try await user(form) }
    guard form["grant_type"] == "client_credentials" else { return refuse("unsupported_grant_type") }
    do {
      let client = try await client(request, form)
      guard let scopes = Self.scopes(form["scope"], of: client) else { return refuse("invalid_scope") }
      let token = try await authority.token(for: client, scopes: scopes, at: .now)
      logger.info("token issued", metadata: ["client": "\(client.id)"])
      return .json(
        Answer(
          access_token: token, expires_in: authority.lifetime.components.seconds,
          scope: scopes.map(\.urn).sorted().joined(separator: " ")))
    } catch let refusal as Unauthenticated {
      logger.notice("client refused", metadata: ["reason": "\(refusal.reason)"])
      return refuse("invalid_client", status: .unauthorized)
    }
  }

  /// A token for a user with a secret (RFC 6749, section 4.3). Every refusal is the same, and takes as long.
  private func user(_ form: Form) async throws -> Response {
    guard let name = form["username"], let secret = form["password"] else { return refuse("invalid_request") }
    guard [nil, "", UserScope.urn].contains(form["scope"]) else { return refuse("invalid_scope") }
    guard let id = try? UserID(name), try authority.mailbox.matches(id, secret: secret) else {
      return try await refuseUser(name)
    }
    try await authority.mailbox.recordLogIn(id, isAllowed: true)
    let token = try await authority.token(for: id, at: .now)
    logger.info("token issued", metadata: ["user": "\(id)"])
    return .json(
      Answer(access_token: token, expires_in: authority.lifetime.components.seconds, scope: UserScope.urn))
  }

  private func refuseUser(_ name: String) async throws -> Response {
    // What cannot be a name is in nobody's: it shares one place.
    let id = try? UserID(name)
    guard attempts.take(id?.value ?? "", at: .now) else {
      var response = refuse("slow_down", status: .tooManyRequests)
      response.headers[.retryAfter] = "60"
      return response
    }
    if let id { try await authority.mailbox.recordLogIn(id, isAllowed: false) }
    logger.notice("user refused")
    return refuse("invalid_grant")
  }

  private func client(_ request: Request, _ form: Form) async throws -> Client {
    if let assertion = form["client_assertion"] {
      guard form["client_assertion_type"] == ClientAssertion.type else {
        throw Unauthenticated(reason: "another kind of assertion")
      }
      return try await authority.client(assertion: assertion, endpoints: addresses, at: .now)
    }
    if let (name, secret) = Self.basic(request.headers[.authorization]) {
      return try authority.client(name, secret: secret)
    }
    guard let name = form["client_id"], let secret = form["client_secret"] else {
      throw Unauthenticated(reason: "no assertion and no secret")
    }
    return try authority.client(name, secret: secret)
  }

  /// Those asked for, all of which the client must have; all of the client's where none is named.
  private static func scopes(_ text: String?, of client: Client) -> Set<ClientScope>? {
    guard let text, !text.isEmpty else { return client.scopes }
    var scopes: Set<ClientScope> = []
    for word in text.split(separator: " ") {
      guard let scope = ClientScope(urn: String(word)), client.scopes.contains(scope) else { return nil }
      scopes.insert(scope)
    }
    return scopes
  }

  private static func basic(_ header: String?) -> (String, String)? {
    guard let header, header.lowercased().hasPrefix("basic "),
      let data = Data(base64Encoded: String(header.dropFirst(6))),
      let text = String(data: data, encoding: .utf8), let colon = text.firstIndex(of: ":")
    else { return nil }
    return (Form.decode(text[..<colon]), Form.decode(text[text.index(after: colon)...]))
  }

  private func refuse(_ error: String, status: HTTPResponse.Status = .badRequest) -> Response {
    var response = Response.json(Refusal(error: error), status: status)
    if status == .unauthorized { response.headers[.wwwAuthenticate] = "Basic" }
    return response
  }
}
