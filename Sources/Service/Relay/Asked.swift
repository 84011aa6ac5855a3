import Foundation
import Hummingbird
import Mailbox
import NIOCore
import SDKRelay

/// A request that fits its route: who asks, and what for, as the description says it may be.
struct Asked: Sendable {
  let caller: Caller
  /// As it came, to be judged again where the answer takes long.
  let token: String
  let headers: HTTPFields
  let context: ServiceContext
  private let path: [String: String]
  private let query: [String: String]
  private let body: Data

  var principal: Principal { caller.principal }
  static let largestBody = 1_000_000

  /// - Throws: ``Problem`` naming the first thing that does not fit.
  init(
    _ request: Request, _ context: ServiceContext, route: Route, path: [String: String], caller: Caller, token: String
  ) async throws {
    (self.caller, self.token, self.context, self.path) = (caller, token, context, path)
    headers = request.headers
    for (name, text) in path {
      guard let schema = PathParameter(rawValue: name)?.schema,
        schema.problem(in: Self.value(text, as: schema)) == nil
      else { throw Problem.nothing }
    }
    query = try Self.query(request, route)
    body = try await Self.body(request, route)
  }

  private static func query(_ request: Request, _ route: Route) throws(Problem) -> [String: String] {
    var query: [String: String] = [:]
    for (name, text) in request.queryFields {
      guard let property = route.query.first(where: { sameName($0.name, name) }) else {
        throw .wrong("query", "the description has no such parameter")
      }
      guard query[property.name] == nil else { throw .wrong(property.name, "comes twice") }
      if let found = property.schema.problem(in: value(text, as: property.schema), at: property.name) {
        throw .wrong(found.place, found.reason)
      }
      query[property.name] = text
    }
    for property in route.query where property.isRequired && query[property.name] == nil {
      throw .wrong(property.name, "is missing")
    }
    return query
  }

  /// A text of a path or a query as the JSON it stands for.
  private static func value(_ text: String, as schema: Schema) -> JSONValue {
    switch schema {
    case .integer: Int64(text).map(JSONValue.integer) ?? .text(text)
    case .flag: Bool(text).map(JSONValue.flag) ?? .text(text)
    default: .text(text)
    }
  }

  private static func sameName(_ a: String, _ b: String) -> Bool { a.utf8.elementsEqual(b.utf8) }

  private static func body(_ request: Request, _ route: Route) async throws -> Data {
    guard let schema = route.body else { return Data() }
    let type = request.headers[.contentType]?.split(separator: ";").first?.trimmingCharacters(in: .whitespaces)
    guard type?.lowercased() == "application/json" else {
      throw Problem(
        status: .unsupportedMediaType, title: "Unsupported Media Type", detail: "the body must be application/json")
    }
    let buffer: ByteBuffer
    do {
      buffer = try await request.body.collect(upTo: largestBody)
    } catch is NIOTooManyBytesError {
      throw Problem(status: .contentTooLarge, title: "Content Too Large", detail: "at most \(largestBody) bytes")
    }
    guard JSONShape.isShallow(buffer.readableBytesView) else { throw Problem.wrong("body", "nests too deep") }
    let data = Data(buffer.readableBytesView)
    guard let value = try? JSONDecoder().decode(JSONValue.self, from: data) else {
      throw Problem.wrong("body", "is no JSON")
    }
    if let found = schema.problem(in: value) { throw Problem.wrong(found.place, found.reason) }
    return data
  }
}

// What fits the description may still be none of the trade's values: each reader names the field.
extension Asked {
  func text(_ name: String) -> String? { query[name] }
  func integer(_ name: String) -> Int? { query[name].flatMap { Int($0) } }
  func flag(_ name: String) -> Bool? { query[name].flatMap { Bool($0) } }

  /// The path's `{id}`.
  func id() throws(Problem) -> MessageID {
    guard let id = path["id"].flatMap(MessageID.init) else { throw .nothing }
    return id
  }

  /// The path's `{number}`.
  func number() throws(Problem) -> Int {
    guard let number = path["number"].flatMap({ Int($0) }) else { throw .nothing }
    return number
  }

  /// The query's `direction`.
  var direction: MessageDirection? { query["direction"].flatMap(MessageDirection.init) }

  func input<Input: Decodable>(_ type: Input.Type = Input.self) throws(Problem) -> Input {
    do {
      let decoder = JSONDecoder()
      decoder.dateDecodingStrategy = .custom { decoder in
        let text = try decoder.singleValueContainer().decode(String.self)
        guard let date = APITime.date(text) else {
          throw DecodingError.dataCorrupted(.init(codingPath: [], debugDescription: ""))
        }
        return date
      }
      return try decoder.decode(Input.self, from: body)
    } catch {
      throw .wrong("body", "is of another kind than the description says")
    }
  }

  static func organisation(_ text: String, _ place: String) throws(Problem) -> ParticipantID {
    guard let id = try? ParticipantID(text) else {
      throw .wrong(place, "is no participant's id, such as 0203:kommun.example.se")
    }
    return id
  }

  static func address(_ text: String, _ place: String) throws(Problem) -> FunctionalAddress {
    guard let address = try? FunctionalAddress(text) else { throw .wrong(place, "is no functional address") }
    return address
  }

  static func messageID(_ text: String, _ place: String) throws(Problem) -> MessageID {
    guard let id = MessageID(text) else { throw .wrong(place, "is no UUID") }
    return id
  }

  static func user(_ text: String, _ place: String) throws(Problem) -> UserID {
    guard let id = try? UserID(text) else { throw .wrong(place, "is no user's name") }
    return id
  }

  /// Both or neither of them.
  static func mailbox(
    _ organisation: String?, _ address: String?, _ places: (String, String) = ("organisation", "mailbox")
  ) throws(Problem) -> MailboxID? {
    switch (organisation, address) {
    case (nil, nil): return nil
    case (let organisation?, let address?):
      return MailboxID(try self.organisation(organisation, places.0), try self.address(address, places.1))
    default: throw .wrong(organisation == nil ? places.0 : places.1, "is missing beside the other")
    }
  }
}
