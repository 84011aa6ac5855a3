import Foundation
import JWTKit
import Mailbox
import XMLSecurity

/// What an access token says (SDK digest §7). Every name under which `auth_id` is published is read.
struct TokenClaims: JWTPayload {
  var iss: IssuerClaim
  var aud: AudienceClaim
  var exp: ExpirationClaim
  var iat: IssuedAtClaim?
  var nbf: NotBeforeClaim?
  var jti: IDClaim?
  /// The client; nil in a token that stands for a user.
  var azp: String?
  /// Claims that are texts, by their names, for whichever names the user.
  var texts: [String: String] = [:]
  /// A space between two.
  var scope: String
  /// Functional addresses, or patterns such as `*.example.se`; nil where the token names none.
  var addresses: [String]?

  enum CodingKeys: String, CodingKey {
    case iss, aud, exp, iat, nbf, jti, azp, scope, sub
    case addresses = "auth_id"
    case digg = "urn:sdk.digg.se:auth_id"
    case inera = "urn:sdk.inera.se:auth_id"
  }

  init(
    issuer: String, client: ClientID, scopes: Set<ClientScope>, from now: Date, lifetime: Duration
  ) {
    iss = IssuerClaim(value: issuer)
    aud = AudienceClaim(value: [issuer])
    exp = ExpirationClaim(value: now.addingTimeInterval(Double(lifetime.components.seconds)))
    iat = IssuedAtClaim(value: now)
    jti = IDClaim(value: randomUUID().uuidString.lowercased())
    azp = client.value
    scope = scopes.map(\.urn).sorted().joined(separator: " ")
  }

  /// A token that stands for a user.
  init(issuer: String, user: UserID, from now: Date, lifetime: Duration) {
    iss = IssuerClaim(value: issuer)
    aud = AudienceClaim(value: [issuer])
    exp = ExpirationClaim(value: now.addingTimeInterval(Double(lifetime.components.seconds)))
    iat = IssuedAtClaim(value: now)
    jti = IDClaim(value: randomUUID().uuidString.lowercased())
    texts = ["sub": user.value]
    scope = UserScope.urn
  }

  init(from decoder: any Decoder) throws {
    let all = try decoder.container(keyedBy: AnyKey.self)
    for key in all.allKeys { texts[key.stringValue] = try? all.decode(String.self, forKey: key) }
    let values = try decoder.container(keyedBy: CodingKeys.self)
    iss = try values.decode(IssuerClaim.self, forKey: .iss)
    aud = try values.decode(AudienceClaim.self, forKey: .aud)
    exp = try values.decode(ExpirationClaim.self, forKey: .exp)
    iat = try values.decodeIfPresent(IssuedAtClaim.self, forKey: .iat)
    nbf = try values.decodeIfPresent(NotBeforeClaim.self, forKey: .nbf)
    jti = try values.decodeIfPresent(IDClaim.self, forKey: .jti)
    azp = try values.decodeIfPresent(String.self, forKey: .azp)
    scope = try values.decodeIfPresent(String.self, forKey: .scope) ?? ""
    for key in [CodingKeys.addresses, .digg, .inera] where values.contains(key) {
      // One text, or a list of them.
      let one = try? values.decode(String.self, forKey: key)
      addresses = try (addresses ?? []) + (one.map { [$0] } ?? values.decode([String].self, forKey: key))
    }
  }

  func encode(to encoder: any Encoder) throws {
    var values = encoder.container(keyedBy: CodingKeys.self)
    try values.encode(iss, forKey: .iss)
    try values.encode(aud, forKey: .aud)
    try values.encode(exp, forKey: .exp)
    try values.encodeIfPresent(iat, forKey: .iat)
    try values.encodeIfPresent(nbf, forKey: .nbf)
    try values.encodeIfPresent(jti, forKey: .jti)
    try values.encodeIfPresent(azp, forKey: .azp)
    try values.encodeIfPresent(texts["sub"], forKey: .sub)
    try values.encode(scope, forKey: .scope)
    try values.encodeIfPresent(addresses, forKey: .addresses)
  }

  func verify(using algorithm: some JWTAlgorithm) throws {
    try exp.verifyNotExpired()
    try nbf?.verifyNotBefore()
  }

  /// Whether it stands for a user, and so for no client, whatever else it says.
  var isOfUser: Bool { scope.split(separator: " ").contains { sameBytes(String($0), UserScope.urn) } }

  private struct AnyKey: CodingKey {
    let stringValue: String
    var intValue: Int? { nil }

    init?(stringValue: String) { self.stringValue = stringValue }
    init?(intValue: Int) { nil }
  }
}
