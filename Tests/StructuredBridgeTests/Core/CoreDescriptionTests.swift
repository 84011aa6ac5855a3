import Foundation
import Testbed
import Testing
import Yams

@testable import StructuredBridge

@Suite("The interface's description, the client's names and the test service say the same")
struct CoreDescriptionTests {
  private static func description() throws -> Node {
    let file = URL(filePath: #filePath).deletingLastPathComponent().appending(path: "../../../config/core-api.yaml")
    let text = try String(contentsOf: file.standardizedFileURL, encoding: .utf8)
    guard let node = try compose(yaml: text) else { throw CocoaError(.fileReadCorruptFile) }
    return node
  }

  private func node(_ path: String...) throws -> Node {
    try path.reduce(Self.description()) { node, key in try #require(node[key], "\(key)") }
  }

  /// What a reference leads to.
  private func resolved(_ node: Node) throws -> Node {
    guard let path = node["$ref"]?.string else { return node }
    return try path.split(separator: "/").dropFirst().reduce(Self.description()) { node, key in
      try #require(node[String(key)], "\(path)")
    }
  }

  /// The library takes a key of digits for a number.
  private func response(_ operation: Node, _ status: String) throws -> Node {
    try #require(operation["responses"]?.mapping?.first { $0.key.string == status }?.value, "\(status)")
  }

  private func names(_ node: Node?) -> [String] { node?.mapping?.keys.compactMap(\.string) ?? [] }

  @Test("paths, methods, bodies and answers")
  func operations() throws {
    let paths = try node("paths")
    #expect(Set(names(paths)) == Set(CoreOperation.allCases.map(\.path)))
    for operation in CoreOperation.allCases {
      let described = try #require(paths[operation.path]?[operation.method.lowercased()])
      #expect(described["operationId"]?.string == operation.rawValue)
      let status = operation.isReport ? "201" : "200"
      let reference = try #require(try response(described, status)["$ref"]?.string)
      #expect(reference == "#/components/responses/\(operation.answer.name)")
      let content = try resolved(response(described, status))
      #expect(
        content["content"]?["application/json"]?["schema"]?["$ref"]?.string
          == "#/components/schemas/\(operation.answer.name)")
      #expect(
        described["requestBody"]?["$ref"]?.string == operation.request.map { "#/components/requestBodies/\($0.name)" })
    }
  }

  @Test("the parameters of addresses and heads are those that the client sends")
  func parameters() async throws {
    let kit = try await CoreKit()
    let client = try kit.client()
    for operation in CoreOperation.allCases { try await call(operation, client) }
    #expect(Set(kit.core.requests.compactMap(\.operation)) == Set(CoreOperation.allCases))
    for request in kit.core.requests {
      let operation = try #require(request.operation)
      let described = try #require(try node("paths")[operation.path]?[operation.method.lowercased()]?["parameters"])
      for parameter in try (described.sequence ?? []).map(resolved) {
        let name = try #require(parameter["name"]?.string)
        let isSent = parameter["in"]?.string == "query" ? request.query[name] != nil : request.header(name) != nil
        #expect(isSent || name == "efter", "\(operation) \(name)")
      }
      let known = try (described.sequence ?? []).map(resolved).compactMap { $0["name"]?.string }
      #expect(Set(request.query.keys).isSubset(of: known))
      #expect(Set(operation.query).isSubset(of: known))
    }
  }

  private func call(_ operation: CoreOperation, _ client: CoreClient) async throws {
    switch operation {
    case .ping: _ = try await client.ping(as: .system)
    case .needsOfPerson: _ = try await client.needs(of: CoreKit.person, for: CoreKit.tenant, as: .system)
    case .establishment: _ = try await client.establishment(of: CoreKit.person, for: CoreKit.tenant, as: .system)
    default:
      if let list = CoreList.allCases.first(where: { $0.operation == operation }) {
        _ = try await client.page(of: list, after: nil, of: CoreKit.tenant, as: .system)
      } else {
        let kind = try #require(operation.reported)
        let report = try CoreReport(kind, id: "r-\(kind.rawValue)", person: CoreKit.person, occurred: someNow)
        _ = try await client.tell(report, of: CoreKit.tenant, as: .system)
      }
    }
  }

  @Test("every object has the same fields, of the same types, required alike", arguments: CoreShape.all.map(\.name))
  func shapes(_ name: String) throws {
    let shape = try #require(CoreShape.all.first { $0.name == name })
    let schema = try node("components", "schemas", name)
    #expect(Set(names(schema["properties"])) == Set(shape.fields.map(\.name)))
    let required = schema["required"]?.sequence?.compactMap(\.string) ?? []
    #expect(Set(required) == Set(shape.fields.filter(\.isRequired).map(\.name)))
    for field in shape.fields {
      let described = try #require(schema["properties"]?[field.name])
      #expect(Self.words(described) == Self.words(field.type), "\(name).\(field.name)")
    }
  }

  @Test("the error forms and the environments")
  func rest() throws {
    let form = try node("components", "schemas", "Fel", "properties")
    let entry = try #require(form["cause"]?["properties"]?["error"]?["items"]?["properties"])
    typealias Key = CoreNames.ErrorKey
    #expect(Set(names(form)) == [Key.id, Key.message, Key.cause])
    #expect(Set(names(form["cause"]?["properties"])) == [Key.system, Key.code, Key.message, Key.entries])
    #expect(
      Set(names(entry)) == [
        Key.field, Key.entryCode, Key.operation, Key.requirement, Key.text, Key.rule, Key.ruleValue, Key.entity,
        Key.entityID,
      ])
    let environments = try node("components", "parameters", "AF-Environment", "schema", "enum").sequence
    #expect(environments?.compactMap(\.string) == CoreNames.environments)
    #expect(try node("servers")[0]?["url"]?.string?.hasSuffix("/\(CoreNames.version)") == true)
  }

  private static func words(_ type: CoreType) -> [String] {
    switch type {
    case .text(let most): ["string", "maxLength \(most)"]
    case .person: ["string", "pattern ^[0-9]{12}$"]
    case .organisation: ["string", "pattern ^[0-9]{10}$"]
    case .time: ["string", "format date-time"]
    case .day: ["string", "format date"]
    case .flag: ["boolean"]
    case .integer(let range): ["integer", "minimum \(range.lowerBound)", "maximum \(range.upperBound)"]
    case .words(let words): ["string", "enum \(words.joined(separator: " "))"]
    case .list(let shape, let most): ["array", "maxItems \(most)", "items \(shape.name)"]
    case .object(let shape): ["$ref \(shape.name)"]
    }
  }

  private static func words(_ node: Node) -> [String] {
    func last(_ node: Node?) -> String? {
      node?["$ref"]?.string.flatMap { $0.split(separator: "/").last.map(String.init) }
    }
    if let name = last(node) { return ["$ref \(name)"] }
    var words = [node["type"]?.string ?? ""]
    for key in ["maxLength", "pattern", "format", "minimum", "maximum", "maxItems"] {
      if let value = node[key]?.scalar?.string { words.append("\(key) \(value)") }
    }
    if let list = node["enum"]?.sequence { words.append("enum \(list.compactMap(\.string).joined(separator: " "))") }
    if let name = last(node["items"]) { words.append("items \(name)") }
    return words
  }
}
