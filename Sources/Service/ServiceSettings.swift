public import Foundation
public import SDKRelay

/// How the node's own services are reached: the MT–MK interface and its token endpoint. The section `service` of the
/// node's settings file, which `config/node.yaml` describes.
public struct ServiceSettings: Sendable {
  public var host: String
  /// 0 takes a free one.
  public var port: Int
  public var security: AS4EndpointSettings.Security
  /// The address clients know the service by, without a slash at its end. Tokens and links carry it.
  public var url: URL?
  /// How long a token holds; at most 30 minutes (SDK-API-06).
  public var tokenLifetime = Duration.seconds(600)
  /// Another authorisation server whose tokens count besides the node's own.
  public var authorisationServer: AuthorisationServer?

  /// `https`, or `http` where the service speaks no TLS.
  public var scheme: String { security.tlsConfiguration == nil ? "http" : "https" }

  /// An external authorisation server, known by its name and its public keys.
  public struct AuthorisationServer: Sendable {
    /// What its tokens name as `iss`.
    public var issuer: String
    /// What its tokens must name as `aud`.
    public var audience: String
    /// Its keys, a JWK set.
    public var keys: Keys
    /// The authorities that the certificate at the keys' address must come from; nil for those of the system.
    public var trust: URL?
    /// The claim that names the user in tokens with the scope `urn:sdkrelay:user`; nil where no user's tokens are taken.
    public var userClaim: String?

    public enum Keys: Hashable, Sendable {
      /// It is read again when it changes.
      case file(URL)
      /// It is fetched: https, or http on this very machine.
      case address(URL)
    }
  }

  /// The section of a node's settings file; nil when it has none, and the node then offers no services.
  public static func read(_ file: URL) throws(SettingsProblem) -> ServiceSettings? {
    guard let section = try SettingsFile.open(file).optionalSection("service") else { return nil }
    return try ServiceSettings(section)
  }

  init(_ section: SettingsSection) throws(SettingsProblem) {
    try section.allow(
      "host", "port", "certificate", "key", "mutual", "trust", "tls", "url", "tokenLifetime", "authorisationServer")
    host = try section.string("host", default: "127.0.0.1")
    port = try section.int("port", default: 8444, in: 0...65_535)
    security = try AS4EndpointSettings.security(section, host: host)
    url = try section.optionalValue("url", expected: "an address such as https://mt.kommun.example.se") { text in
      guard !text.hasSuffix("/"), let url = URL(string: text), url.host != nil else { return nil }
      return ["http", "https"].contains(url.scheme) ? url : nil
    }
    tokenLifetime = try section.duration("tokenLifetime", default: tokenLifetime, in: .seconds(60) ... .seconds(1_800))
    authorisationServer = try section.optionalSection("authorisationServer").map(AuthorisationServer.init)
  }
}

extension ServiceSettings.AuthorisationServer {
  fileprivate init(_ section: SettingsSection) throws(SettingsProblem) {
    try section.allow("issuer", "audience", "keys", "trust", "userClaim")
    issuer = try section.string("issuer")
    audience = try section.string("audience")
    let text = try section.string("keys")
    if text.contains("://") {
      keys = .address(
        try section.value("keys", expected: "a file, or an https address") { text in
          guard let url = URL(string: text), let host = url.host, url.user == nil else { return nil }
          return url.scheme == "https" || url.scheme == "http" && ["127.0.0.1", "::1", "localhost"].contains(host)
            ? url : nil
        })
    } else {
      keys = .file(try section.file("keys"))
    }
    trust = try section.optionalFile("trust")
    userClaim = try section.optionalString("userClaim")
  }
}
