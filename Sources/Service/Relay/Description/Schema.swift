import Foundation
import SDKRelay

/// What a piece of JSON may be. Requests are held to it, and the interface's description is written from it, so that
/// neither can say what the other does not.
indirect enum Schema: Sendable {
  /// - Parameters:
  ///   - from, to: how many characters, as JSON Schema counts them: Unicode scalars.
  ///   - pattern: a regular expression for the whole text, in ASCII.
  case text(from: Int = 0, to: Int? = nil, pattern: String? = nil, format: String? = nil)
  case words([String])
  case integer(from: Int64 = 0, to: Int64? = nil)
  case flag
  case list(Schema, from: Int = 0, to: Int? = nil)
  /// An object of texts, whatever they are called.
  /// - Parameters:
  ///   - names: how many at most.
  ///   - to: how many characters each has at most, and at least one.
  case texts(names: Int, to: Int)
  /// Whatever is not named here is refused.
  case object([Property])
  /// One of the description's ``components``.
  case named(String, @Sendable () -> Schema)

  struct Property: Sendable {
    let name: String
    let schema: Schema
    let isRequired: Bool
    let note: String?
  }

  static func object(_ properties: Property...) -> Schema { .object(properties) }

  static let id = Schema.text(from: 36, to: 36, pattern: "^[0-9A-Fa-f]{8}(-[0-9A-Fa-f]{4}){3}-[0-9A-Fa-f]{12}$")
  static let time = Schema.text(from: 20, to: 40, format: "date-time")
  /// A participant's id: scheme and name.
  static let organisation = Schema.text(from: 6, to: 135)
  static let address = Schema.text(from: 1, to: 256)
}

extension Schema.Property {
  static func required(_ name: String, _ schema: Schema, _ note: String? = nil) -> Self {
    Self(name: name, schema: schema, isRequired: true, note: note)
  }

  static func optional(_ name: String, _ schema: Schema, _ note: String? = nil) -> Self {
    Self(name: name, schema: schema, isRequired: false, note: note)
  }
}

extension Schema {
  /// The first thing in the value that does not fit.
  func problem(in value: JSONValue, at place: String = "") -> (place: String, reason: String)? {
    switch (self, value) {
    case (.text(let from, let to, let pattern, let format), .text(let text)):
      return Self.problem(in: text, from, to, pattern, format).map { (place, $0) }
    case (.words(let words), .text(let text)):
      return words.contains { $0.utf8.elementsEqual(text.utf8) } ? nil : (place, "is none of the words for it")
    case (.integer(let from, let to), .integer(let number)):
      return number >= from && to.map { number <= $0 } ?? true ? nil : (place, "is out of its range")
    case (.flag, .flag): return nil
    case (.list(let item, let from, let to), .list(let values)):
      guard values.count >= from, to.map({ values.count <= $0 }) ?? true else {
        return (place, "has too few or too many items")
      }
      return values.indices.lazy.compactMap { item.problem(in: values[$0], at: "\(place)[\($0)]") }.first
    case (.texts(let most, let to), .object(let values)):
      guard values.count <= most else { return (place, "has too many names") }
      let text = Schema.text(from: 1, to: to)
      // The names are anybody's words, so they are not told.
      return values.values.lazy.compactMap { text.problem(in: $0, at: "\(place).*") }.first
    case (.object(let properties), .object(let values)):
      return Self.problem(in: values, properties, place.isEmpty ? "" : "\(place).")
    case (.named(_, let schema), _): return schema().problem(in: value, at: place)
    default: return (place.isEmpty ? "body" : place, "is of another kind than the description says")
    }
  }

  private static func problem(
    in values: [String: JSONValue], _ properties: [Property], _ prefix: String
  ) -> (String, String)? {
    for property in properties {
      guard let value = values[property.name] else {
        if property.isRequired { return (prefix + property.name, "is missing") }
        continue
      }
      if let found = property.schema.problem(in: value, at: prefix + property.name) { return found }
    }
    let names = Set(properties.map(\.name))
    guard let stranger = values.keys.filter({ !names.contains($0) }).min() else { return nil }
    return (prefix + named(stranger), "the description has no such name")
  }

  /// A name that somebody has misspelt; what may be anybody's words is not told.
  private static func named(_ stranger: String) -> String {
    let isWord = stranger.utf8.allSatisfy {
      (UInt8(ascii: "a")...UInt8(ascii: "z")).contains($0 | 0x20) || $0 == UInt8(ascii: "_")
    }
    return isWord && (1...40).contains(stranger.utf8.count) ? stranger : "*"
  }

  private static func problem(
    in text: String, _ from: Int, _ to: Int?, _ pattern: String?, _ format: String?
  ) -> String? {
    let count = text.unicodeScalars.count
    guard count >= from, to.map({ count <= $0 }) ?? true else { return "is too short or too long" }
    if let pattern, text.range(of: pattern, options: .regularExpression)?.upperBound != text.endIndex {
      return "is not written as the description says"
    }
    if format == "date-time", APITime.date(text) == nil { return "must be a time in UTC, such as 2026-03-01T08:00:00Z" }
    return nil
  }
}

extension Schema {
  /// As JSON Schema writes it.
  var written: [String: any Sendable] {
    switch self {
    case .text(let from, let to, let pattern, let format):
      var schema: [String: any Sendable] = ["type": "string"]
      if from > 0 { schema["minLength"] = from }
      if let to { schema["maxLength"] = to }
      if let pattern { schema["pattern"] = pattern }
      if let format { schema["format"] = format }
      return schema
    case .words(let words): return ["type": "string", "enum": words]
    case .integer(let from, let to):
      var schema: [String: any Sendable] = ["type": "integer", "format": "int64", "minimum": from]
      if let to { schema["maximum"] = to }
      return schema
    case .flag: return ["type": "boolean"]
    case .list(let item, let from, let to):
      var schema: [String: any Sendable] = ["type": "array", "items": item.written]
      if from > 0 { schema["minItems"] = from }
      if let to { schema["maxItems"] = to }
      return schema
    case .texts(let most, let to):
      return [
        "type": "object", "maxProperties": most, "additionalProperties": Schema.text(from: 1, to: to).written,
      ]
    case .object(let properties):
      var schema: [String: any Sendable] = ["type": "object", "additionalProperties": false]
      schema["properties"] = Dictionary(uniqueKeysWithValues: properties.map { ($0.name, $0.written) })
      let required = properties.filter(\.isRequired).map(\.name)
      if !required.isEmpty { schema["required"] = required }
      return schema
    case .named(let name, _): return ["$ref": "#/components/schemas/\(name)"]
    }
  }

  /// The named ones in it, and in them.
  func collect(into components: inout [String: Schema]) {
    switch self {
    case .list(let item, _, _): item.collect(into: &components)
    case .object(let properties): for property in properties { property.schema.collect(into: &components) }
    case .named(let name, let schema):
      guard components[name] == nil else { return }
      components[name] = schema()
      schema().collect(into: &components)
    default: break
    }
  }
}

extension Schema.Property {
  fileprivate var written: [String: any Sendable] {
    guard let note else { return schema.written }
    // Beside a reference nothing else counts in OpenAPI 3.0.
    if case .named = schema { return ["allOf": [schema.written], "description": note] }
    return schema.written.merging(["description": note]) { $1 }
  }
}
