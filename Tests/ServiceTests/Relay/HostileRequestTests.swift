import Foundation
import GRDB
import HTTPTypes
import Testing

@testable import Mailbox
@testable import SDKRelay
@testable import Service

@Suite("Hostile requests to the node's own interface")
struct HostileRequestTests {
  private static let strings = URL(filePath: #filePath).deletingLastPathComponent()
    .appending(path: "../../../../shared/vectors/strings/blns.json").standardizedFileURL

  private static func naughty() throws -> [String] {
    guard FileManager.default.isReadableFile(atPath: strings.path) else { return [] }
    return try JSONDecoder().decode([String].self, from: Data(contentsOf: strings))
  }

  private static let own = [
    "", "\u{0}", "\r\nX-Injected: 1", "../../../etc/passwd", "' OR 1=1 --", "\"; DROP TABLE message; --", "%00", "%ff",
    "\u{202E}", "NaN", "-1", "1e999", "9223372036854775808", "null", "*", "a OR b", "NEAR(a b)", "\"", "col:x",
    String(repeating: "å", count: 5_000),
  ]

  @Test("W8: naughty strings in every parameter do nothing but be refused or not found") func parameters() async throws
  {
    let vectors = try Self.naughty()
    if vectors.isEmpty { print("W8: ../shared/vectors/strings is not here; only the test's own strings were used") }
    let kit = try await RelayKit()
    let token = try await kit.user("u1", [.role(.caseworker), .role(.mailboxAdministrator)])
    let message = try await kit.put()
    let before = try kit.service.relay.read { try Int.fetchOne($0, sql: "SELECT count(*) FROM message") }
    for (index, text) in (vectors + Self.own).enumerated() {
      for (number, route) in kit.responder.relay.routes.enumerated() {
        // Each string meets a tenth of the routes, and each route a tenth of the strings; the test's own meet all.
        guard index >= vectors.count || index % 10 == number % 10 else { continue }
        try await tryAll(kit, token, route, message, text)
      }
    }
    #expect(try kit.service.relay.read { try Int.fetchOne($0, sql: "SELECT count(*) FROM message") } == before)
  }

  private func tryAll(
    _ kit: RelayKit, _ token: String, _ route: Route, _ message: StoredMessage, _ text: String
  ) async throws {
    guard route.operation != "streamEvents" else { return }
    func expect(_ answer: RelayKit.Answer, _ place: String) {
      let comment = Comment(rawValue: "\(route.operation) \(place) \(text.debugDescription) \(answer.text)")
      #expect([200, 204, 400, 404, 409].contains(answer.status), comment)
      #expect(answer.headers["x-injected"] == nil, comment)
      #expect(!answer.headers.values.contains { $0.contains("\r") || $0.contains("\n") }, comment)
    }
    let encoded = text.addingPercentEncoding(withAllowedCharacters: .alphanumerics) ?? ""
    for part in route.path where part.hasPrefix("{") {
      expect(try await ask(kit, token, route, path(route, message, [part: encoded])), part)
    }
    for parameter in route.query {
      expect(
        try await ask(kit, token, route, path(route, message, [parameter.name: encoded])), parameter.name)
    }
    guard case .object(let properties) = route.body else { return }
    for property in properties {
      var body = sample(route)
      if case .list = property.schema { body[property.name] = [text] } else { body[property.name] = text }
      expect(
        try await kit.ask(route.method.rawValue, path(route, message), token: token, json: body), property.name)
    }
  }

  private func ask(_ kit: RelayKit, _ token: String, _ route: Route, _ path: String) async throws -> RelayKit.Answer {
    let body = route.body == nil ? nil : try JSONSerialization.data(withJSONObject: sample(route))
    return try await kit.ask(route.method.rawValue, path, token: token, body: body.map(Array.init))
  }

  /// An address that the route takes, with the text instead of one parameter's value.
  private func path(_ route: Route, _ message: StoredMessage, _ instead: [String: String] = [:]) -> String {
    let values = [
      "{id}": message.id.value, "{number}": "999999", "organisation": message.participant.value,
      "mailbox": message.ownMailbox!.value, "counterparty": message.counterparty.id.value,
    ].merging(instead) { $1 }
    let place = route.path.map { values[$0] ?? $0 }.joined(separator: "/")
    let names = route.query.map(\.name).filter { name in
      instead[name] != nil || route.query.contains { $0.name == name && $0.isRequired }
    }
    return "/relay/v1/\(place)?" + names.map { "\($0)=\(values[$0] ?? "")" }.joined(separator: "&")
  }

  private func sample(_ route: Route) -> [String: Any] {
    switch route.operation {
    case "listStatuses": ["ids": [UUID().uuidString]]
    case "takeStep": ["step": "done", "version": 999]
    case "addNote": ["text": "En rad"]
    case "setMailboxSettings": ["version": 999, "settings": [String: String]()]
    case "giveGrant":
      [
        "user": "nobody", "kind": "caseworker", "organisation": RelayKit.organisation.value,
        "mailbox": RelayKit.mailbox.address.value,
      ]
    default: [:]
    }
  }

  @Test("W9: JSON that is deep, large, of the wrong kind or none at all is refused, and never with a 5xx")
  func bodies() async throws {
    let kit = try await RelayKit()
    let token = try await kit.user("u1")
    let message = try await kit.put()
    let deep = String(repeating: "[", count: 100_000)
    let nested = String(repeating: "{\"a\":", count: 65) + "1" + String(repeating: "}", count: 65)
    let wrong: [Any] = [1, -1, 1.5, true, "x", [Any](), ["a": 1], NSNull(), 1e300, [[String: Any]()]]
    for route in kit.responder.relay.routes where route.body != nil {
      let (method, path) = (route.method.rawValue, path(route, message))
      for text in [deep, nested, "{", "null", "[]", "1", "\"\"", "{\"a\":1}", "{}}", ""] {
        let answer = try await kit.ask(method, path, token: token, body: Array(text.utf8))
        #expect(answer.status == 400, "\(route.operation) \(text.prefix(20)) \(answer.text)")
      }
      #expect(try await kit.ask(method, path, token: token, body: [0xFF, 0xFE, 0x7B]).status == 400)
      let large = Array("{\"words\": \"\(String(repeating: "a", count: 1_000_001))\"}".utf8)
      #expect(try await kit.ask(method, path, token: token, body: large).status == 413)
      let typed = try await kit.ask(
        method, path, token: token, body: Array("{}".utf8), headers: ["Content-Type": "text/plain"])
      #expect(typed.status == 415)
      guard case .object(let properties) = route.body else { continue }
      for property in properties {
        for value in wrong {
          var body = sample(route)
          body[property.name] = value
          let answer = try await kit.ask(method, path, token: token, json: body)
          #expect((200..<500).contains(answer.status), "\(route.operation) \(property.name) \(value) \(answer.text)")
        }
        var more = sample(route)
        more["isProtected"] = false
        #expect(try await kit.ask(method, path, token: token, json: more).status == 400, "\(route.operation)")
      }
    }
  }

  @Test("a query with a name that the description has not, or that comes twice, is refused") func queries() async throws
  {
    let kit = try await RelayKit()
    let token = try await kit.user("u1")
    for query in ["x=1", "limit=1&limit=2", "limit=0", "limit=501", "wait=61", "limit", "LIMIT=1", "limit=1.0"] {
      #expect(try await kit.ask("GET", "/relay/v1/events?\(query)", token: token).status == 400, "\(query)")
    }
  }
}
