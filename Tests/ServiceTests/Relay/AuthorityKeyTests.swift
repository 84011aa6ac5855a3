import Foundation
import HTTPTypes
import Hummingbird
import JWTKit
import NIOCore
import Synchronization
import Testing

@testable import Mailbox
@testable import SDKRelay
@testable import Service

@Suite("Keys of an external authorisation server")
struct AuthorityKeyTests {
  /// A server whose answers the test chooses.
  final class Server: Sendable {
    struct Failure: Error {}
    let answer = Mutex<String?>(nil)
    let asked = Mutex(0)

    func fetch(_: URL) throws -> [UInt8] {
      asked.withLock { $0 += 1 }
      guard let text = answer.withLock({ $0 }) else { throw Failure() }
      return Array(text.utf8)
    }
  }

  private static let place = ServiceSettings.AuthorisationServer.Keys.address(
    URL(string: "https://iam.example.se/jwks")!)

  static func jwk(_ key: ES256PrivateKey, _ id: String?, alg: String? = "ES256", use: String? = "sig") -> String {
    let parameters = key.parameters!
    func plain(_ text: String) -> String {
      text.replacing("+", with: "-").replacing("/", with: "_").replacing("=", with: "")
    }
    var fields = [
      "\"kty\":\"EC\"", "\"crv\":\"P-256\"", "\"x\":\"\(plain(parameters.x))\"", "\"y\":\"\(plain(parameters.y))\"",
    ]
    if let id { fields.append("\"kid\":\"\(id)\"") }
    if let alg { fields.append("\"alg\":\"\(alg)\"") }
    if let use { fields.append("\"use\":\"\(use)\"") }
    return "{\(fields.joined(separator: ","))}"
  }

  static func set(_ keys: String...) -> String { "{\"keys\":[\(keys.joined(separator: ","))]}" }

  static func token(
    _ key: ES256PrivateKey, _ id: String?, scope: String = "urn:sdkrelay:user", user: String = "u1", azp: String? = nil,
    lifetime: TimeInterval = 60, audience: String = "https://mt.example.se"
  ) async throws -> String {
    var claims = TokenClaims(
      issuer: "https://iam.example.se", user: try UserID("u1"), from: .now, lifetime: .seconds(60))
    claims.aud = .init(value: [audience])
    claims.exp = .init(value: .now.addingTimeInterval(lifetime))
    claims.scope = scope
    claims.texts = ["sub": user]
    claims.azp = azp
    let keys = JWTKeyCollection()
    await keys.add(ecdsa: key)
    var header = JWTHeader()
    if let id { header.kid = id }
    return try await keys.sign(claims, header: header)
  }

  @Test("SDK-API-06: an unknown key is asked for, seldom; the last good keys stay while nothing better comes")
  func renewal() async throws {
    let (server, first, second) = (Server(), ES256PrivateKey(), ES256PrivateKey())
    let keys = AuthorityKeys(Self.place, fetch: { try server.fetch($0) }, patience: .milliseconds(200), logger: .silent)
    let token = try await Self.token(first, "1")
    #expect(await keys.claims(token) == nil, "nothing has come yet")
    server.answer.withLock { $0 = Self.set(Self.jwk(first, "1")) }
    #expect(await keys.claims(token) == nil, "it is not asked again at once")
    try await Task.sleep(for: .milliseconds(250))
    #expect(await keys.claims(token)?.texts["sub"] == "u1")
    let count = server.asked.withLock { $0 }
    for _ in 0..<20 { #expect(await keys.claims(token) != nil) }
    #expect(server.asked.withLock { $0 } == count)
    // A new key, as when the server changes its keys.
    server.answer.withLock { $0 = Self.set(Self.jwk(first, "1"), Self.jwk(second, "2")) }
    try await Task.sleep(for: .milliseconds(250))
    let new = try await Self.token(second, "2")
    await withTaskGroup(of: Void.self) { group in
      for _ in 0..<10 { group.addTask { #expect(await keys.claims(new) != nil) } }
    }
    #expect(server.asked.withLock { $0 } == count + 1, "one fetch for all of them")
    for bad in [nil, "no JSON", "{\"keys\":[]}", "{}"] as [String?] {
      server.answer.withLock { $0 = bad }
      try await Task.sleep(for: .milliseconds(250))
      #expect(await keys.claims(try await Self.token(ES256PrivateKey(), "9")) == nil)
      #expect(await keys.claims(token) != nil)
      #expect(await keys.claims(new) != nil)
    }
  }

  @Test("alg none, a public key as a shared secret, and other algorithms find no key") func algorithms() async throws {
    let key = ES256PrivateKey()
    let jwk = Self.jwk(key, "1", alg: nil)
    let set = try #require(
      await PublicKeySet(Self.set("{\"kty\":\"oct\",\"k\":\"c2VjcmV0\",\"kid\":\"1\"}", "{\"kty\":\"XYZ\"}", jwk)))
    func isValid(_ token: String) async -> Bool { if case .valid = await set.judge(token) { true } else { false } }
    let token = try await Self.token(key, "1")
    let parts = token.split(separator: ".").map(String.init)
    #expect(await isValid(token))
    #expect(await isValid(try await Self.token(key, nil)))
    func with(_ header: String) -> String { ([Data(header.utf8).base64url] + parts.dropFirst()).joined(separator: ".") }
    for header in [
      "{\"alg\":\"none\"}", "{\"alg\":\"HS256\"}", "{\"alg\":\"RS256\",\"kid\":\"1\"}",
      "{\"alg\":\"es256\",\"kid\":\"1\"}",
      "{\"alg\":\"ES256\",\"kid\":\"1\",\"crit\":[\"b64\"]}", "{}", "[]", "",
    ] { #expect(await !isValid(with(header)), "\(header)") }
    #expect(await !isValid("\(Data("{\"alg\":\"none\"}".utf8).base64url).\(parts[1])."))
    for secret in [jwk, String(repeating: "secret", count: 8), Self.set(jwk)] {
      let keys = JWTKeyCollection()
      await keys.add(hmac: HMACKey(from: secret), digestAlgorithm: .sha256)
      let claims = try await JWTKeyCollection().unverified(token, as: TokenClaims.self)
      var header = JWTHeader()
      header.kid = "1"
      #expect(await !isValid(try await keys.sign(claims, header: header)))
    }
    #expect(await !isValid(try await Self.token(ES256PrivateKey(), "1")))
    #expect(await !isValid(try await Self.token(key, "1", lifetime: -1)))
    #expect(await PublicKeySet(Self.set(Self.jwk(key, "1", use: "enc"))) == nil)
  }

  @Test("an external server's token stands for the user that its claim names, where the settings say which")
  func users() async throws {
    let (server, key) = (Server(), ES256PrivateKey())
    server.answer.withLock { $0 = Self.set(Self.jwk(key, "1")) }
    func kit(_ claim: String?) async throws -> RelayKit {
      let authority = ServiceSettings.AuthorisationServer(
        issuer: "https://iam.example.se", audience: "https://mt.example.se", keys: Self.place, userClaim: claim)
      let kit = try await RelayKit(server: authority, fetch: { try server.fetch($0) })
      try await kit.user("u1")
      try await kit.client("case-system")
      return kit
    }
    let named = try await kit("sub")
    func status(_ kit: RelayKit, _ path: String, _ token: String) async throws -> Int {
      try await kit.ask("GET", path, token: token).status
    }
    let own = "/relay/v1/principal"
    #expect(try await status(named, own, Self.token(key, "1")) == 200)
    #expect(try await status(named, own, Self.token(key, "1", user: "nobody")) == 401)
    #expect(try await status(named, own, Self.token(key, "1", audience: "https://other.example.se")) == 401)
    #expect(try await status(named, own, Self.token(key, "1", scope: "openid")) == 401, "no client either")
    #expect(try await status(kit(nil), own, Self.token(key, "1")) == 401)
    // Both a user's and a client's: it is a user's, and no client's.
    let mixed = try await Self.token(
      key, "1", scope: "urn:sdkrelay:user urn:sdk.api:getMessageByFilter", azp: "case-system")
    #expect(try await status(named, "/v1/sdk/messages", mixed) == 401)
    let client = try await Self.token(key, "1", scope: "urn:sdk.api:getMessageByFilter", azp: "case-system")
    #expect(try await status(named, "/v1/sdk/messages", client) == 200)
    #expect(try await named.ask("GET", own, token: client).json["kind"] as? String == "client")
  }

  @Test("keys are fetched from an address within bounds, and no redirect is followed") func fetching() async throws {
    struct Small: HTTPResponder {
      typealias Context = BasicRequestContext
      func respond(to request: Request, context: Context) async throws -> Response {
        switch request.uri.path {
        case "/keys": Response(status: .ok, body: .init(byteBuffer: ByteBuffer(string: "{\"keys\":[]}")))
        case "/large": Response(status: .ok, body: .init(byteBuffer: ByteBuffer(repeating: 32, count: 300_000)))
        case "/moved": Response(status: .found, headers: [.location: "/keys"])
        default: Response(status: .internalServerError)
        }
      }
    }
    let (ports, told) = AsyncStream.makeStream(of: Int.self)
    let application = Application(
      responder: Small(), configuration: .init(address: .hostname("127.0.0.1", port: 0)),
      onServerRunning: { told.yield($0.localAddress?.port ?? 0) }, logger: .silent)
    let task = Task { try await application.run() }
    defer { task.cancel() }
    let port = await ports.first { _ in true } ?? 0
    func fetch(_ path: String, _ scheme: String = "http") async throws -> [UInt8] {
      try await KeyFetch()(URL(string: "\(scheme)://127.0.0.1:\(port)\(path)")!)
    }
    #expect(try await fetch("/keys") == Array("{\"keys\":[]}".utf8))
    for path in ["/large", "/moved", "/broken"] { await #expect(throws: (any Error).self) { try await fetch(path) } }
  }

  @Test("over TLS the server's certificate must come from a trusted authority") func certificate() async throws {
    let (node, plain) = try RelayKit.shared.get()
    guard case .mutualTLS(let identity, _) = node.server.security else { return }
    let kit = try await RelayKit()
    var settings = plain
    settings.security = .oneWayTLS(identity)
    let (ports, told) = AsyncStream.makeStream(of: Int.self)
    let server = APIServer(settings, responder: kit.responder, logger: .silent) { told.yield($0) }
    let task = Task { try await server.run() }
    defer { task.cancel() }
    let port = await ports.first { _ in true } ?? 0
    let url = URL(string: "https://localhost:\(port)/relay/v1/openapi.json")!
    let trust = RelayKit.sharedFolder.appending(path: "node-a/trust/tls-ca.pem")
    #expect(try await !KeyFetch(trust: trust)(url).isEmpty)
    await #expect(throws: (any Error).self) { try await KeyFetch()(url) }
  }

  @Test(
    "the keys are a file or an https address, and a wrong setting is refused where it stands",
    arguments: [
      ("keys: http://iam.example.se/jwks", "service.authorisationServer.keys"),
      ("keys: https://user@iam.example.se/jwks", "service.authorisationServer.keys"),
      ("keys: ftp://iam.example.se/jwks", "service.authorisationServer.keys"),
      ("keys: nothing.json", "service.authorisationServer.keys"),
      ("keys: https://iam.example.se/jwks\n  trust: nothing.pem", "service.authorisationServer.trust"),
      ("keys: https://iam.example.se/jwks\n  userclaim: sub", "service.authorisationServer.userclaim"),
      ("keys: https://iam.example.se/jwks\n  userClaim: sub", nil), ("keys: http://localhost:8080/jwks", nil),
    ])
  func settings(_ lines: String, _ key: String?) throws {
    let file = FileManager.default.temporaryDirectory.appending(path: "service-\(UUID().uuidString).yaml")
    defer { try? FileManager.default.removeItem(at: file) }
    let text = """
      service:
        tls: false
        authorisationServer:
          issuer: https://iam.example.se
          audience: https://mt.example.se
          \(lines.replacing("\n", with: "\n  "))

      """
    try Data(text.utf8).write(to: file)
    let read = Result { () throws(SettingsProblem) in try ServiceSettings.read(file) }
    switch read {
    case .success(let settings): #expect(settings?.authorisationServer != nil && key == nil)
    case .failure(let problem): #expect(problem.key == key && problem.line >= 5, "\(problem)")
    }
  }
}
