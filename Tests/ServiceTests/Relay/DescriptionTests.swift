import Foundation
import HTTPTypes
import SDKRelay
import Testing

@testable import Service

@Suite("The description of the node's own interface")
struct DescriptionTests {
  @Test("every route is described, and every described operation is answered") func routes() async throws {
    let kit = try await RelayKit()
    let answer = try await kit.ask("GET", "/relay/v1/openapi.json", token: nil)
    let paths = try #require(answer.json["paths"] as? [String: [String: [String: Any]]])
    let described = Set(paths.flatMap { path, methods in methods.keys.map { "\($0.uppercased()) \(path)" } })
    let table = kit.responder.relay.routes.map { "\($0.method.rawValue) /\($0.path.joined(separator: "/"))" }
    #expect(described == Set(table) && table.count == described.count && !table.isEmpty)
    let operations = kit.responder.relay.routes.map(\.operation)
    #expect(Set(operations).count == operations.count)
    for operation in described {
      let parts = operation.split(separator: " ").map(String.init)
      let path = parts[1].replacing("{id}", with: UUID().uuidString).replacing("{number}", with: "1")
      let found = try await kit.ask(parts[0], "/relay/v1\(path)", token: nil)
      #expect(found.status == 401 && found.headers["www-authenticate"] == "Bearer", "\(operation)")
      let other = try await kit.ask("PATCH", "/relay/v1\(path)", token: nil)
      #expect(other.status == 405 && other.headers["allow"]?.contains(parts[0]) == true, "\(operation)")
    }
    for path in ["/relay/v1", "/relay/v1/", "/relay/v1/nothing", "/relay/v1/messages", "/relay/v2/mailboxes", "/relay"]
    {
      #expect(try await kit.ask("GET", path, token: nil).status == 404, "\(path)")
    }
  }

  @Test("every reference in it leads to a schema, and every name in a path to a parameter") func references()
    async throws
  {
    let kit = try await RelayKit()
    let answer = try await kit.ask("GET", "/relay/v1/openapi.json", token: nil)
    let schemas = try #require((answer.json["components"] as? [String: Any])?["schemas"] as? [String: Any])
    let named = answer.text.matches(of: /"#\/components\/schemas\/(\w+)"/).map { String($0.1) }
    #expect(named.count > 20 && Set(named) == Set(schemas.keys))
    for route in kit.responder.relay.routes {
      for part in route.path where part.hasPrefix("{") {
        #expect(PathParameter(rawValue: String(part.dropFirst().dropLast())) != nil, "\(part)")
      }
    }
  }

  @Test("a value is refused where it does not fit, by its place and without its words") func values() throws {
    let schema = Schema.object(
      .required("id", .id), .optional("number", .integer(from: 1, to: 3)), .optional("flag", .flag),
      .optional("words", .list(.words(["a"]), to: 1)), .optional("time", .time))
    func problem(_ json: String) throws -> String? {
      schema.problem(in: try JSONDecoder().decode(JSONValue.self, from: Data(json.utf8)))?.place
    }
    let id = "\"id\": \"\(UUID().uuidString)\""
    #expect(try problem("{\(id)}") == nil)
    #expect(
      try problem("{\(id), \"number\": 3, \"flag\": false, \"words\": [\"a\"], \"time\": \"2026-03-01T08:00:00Z\"}")
        == nil)
    let wrong = [
      ("[]", "body"), ("{}", "id"), ("{\"id\": 1}", "id"), ("{\"id\": \"x\"}", "id"),
      ("{\"id\": \"\(UUID().uuidString)\\n\"}", "id"), ("{\(id), \"number\": 4}", "number"),
      ("{\(id), \"number\": 1.5}", "number"), ("{\(id), \"number\": true}", "number"), ("{\(id), \"flag\": 1}", "flag"),
      ("{\(id), \"words\": [\"b\"]}", "words[0]"), ("{\(id), \"words\": [\"a\", \"a\"]}", "words"),
      ("{\(id), \"time\": \"yesterday, all my tr\"}", "time"), ("{\(id), \"hemligt\": 1}", "hemligt"),
      ("{\(id), \"191212121212\": 1}", "*"), ("{\(id), \"en hemlig text\": 1}", "*"),
      ("{\(id), \"flag\": null}", "flag"),
    ]
    for (json, place) in wrong { #expect(try problem(json) == place, "\(json)") }
  }
}
