import Foundation
import Hummingbird
import NIOCore

/// The description of the node's own interface (OpenAPI 3.0), written from its routes.
enum RouteDescription {
  static func text(of routes: [Route], server: String) -> Data {
    var paths: [String: [String: any Sendable]] = [:]
    var components = ["Problem": ProblemView.schema]
    for route in routes {
      paths["/" + route.path.joined(separator: "/"), default: [:]][route.method.rawValue.lowercased()] = route.written
      route.body?.collect(into: &components)
      if case .json(let schema) = route.answer { schema.collect(into: &components) }
    }
    let description: [String: any Sendable] = [
      "openapi": "3.0.3",
      "info": [
        "title": "sdk-relay: mailboxes, events, messages and the work at them", "version": "1.0.0",
        "description": "The node's own interface beside the published one for message client and message service.",
      ],
      "servers": [["url": server]],
      "security": [["token": [String]()]],
      "paths": paths,
      "components": [
        "securitySchemes": ["token": ["type": "http", "scheme": "bearer", "bearerFormat": "JWT"]],
        "schemas": components.mapValues(\.written),
      ] as [String: any Sendable],
    ]
    // What is made of texts, numbers, lists and maps can be written.
    return (try? JSONSerialization.data(withJSONObject: description, options: [.sortedKeys, .withoutEscapingSlashes]))
      ?? Data()
  }
}

extension Route {
  fileprivate var written: [String: any Sendable] {
    var operation: [String: any Sendable] = ["operationId": self.operation, "summary": summary]
    let inPath = path.filter { $0.hasPrefix("{") }.compactMap {
      PathParameter(rawValue: String($0.dropFirst().dropLast()))
    }
    let parameters: [[String: any Sendable]] =
      inPath.map {
        [
          "name": $0.rawValue, "in": "path", "required": true, "description": $0.note, "schema": $0.schema.written,
        ]
      }
      + query.map {
        [
          "name": $0.name, "in": "query", "required": $0.isRequired, "description": $0.note ?? "",
          "schema": $0.schema.written,
        ]
      }
    if !parameters.isEmpty { operation["parameters"] = parameters }
    if let body {
      operation["requestBody"] =
        ["required": true, "content": ["application/json": ["schema": body.written]]] as [String: any Sendable]
    }
    operation["responses"] = responses
    return operation
  }

  private var responses: [String: any Sendable] {
    var responses: [String: any Sendable] = [:]
    switch answer {
    case .json(let schema):
      responses["200"] = Self.response("What was asked for.", "application/json", schema.written)
    case .nothing: responses["204"] = ["description": "Done."]
    case .bytes(let type):
      responses["200"] = Self.response("The bytes.", type ?? "*/*", ["type": "string", "format": "binary"])
    }
    var statuses = Set(problems + [400, 401, 429, 503])
    if path.contains(where: { $0.hasPrefix("{") }) { statuses.insert(404) }
    if body != nil { statuses.formUnion([413, 415]) }
    let problem = Schema.named("Problem") { ProblemView.schema }.written
    for status in statuses {
      responses["\(status)"] = Self.response(Self.meanings[status] ?? "", "application/problem+json", problem)
    }
    return responses
  }

  private static func response(
    _ description: String, _ type: String, _ schema: [String: any Sendable]
  ) -> [String: any Sendable] {
    ["description": description, "content": [type: ["schema": schema]]]
  }

  private static let meanings = [
    400: "Something in the request is wrong; the issues name it.",
    401: "No token, or one that does not count.",
    403: "Only users may do this.",
    404: "There is nothing such that whoever asks may know of.",
    409: "It does not go with how things stand, such as when somebody else has been at it since.",
    413: "The body is too large.",
    415: "The body is not application/json.",
    429: "Too much at once; try again later.",
    503: "Not now. Nothing has been done; try again later.",
  ]
}
