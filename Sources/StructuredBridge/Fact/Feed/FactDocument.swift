public import Foundation
import Mailbox
public import SDKRelay

/// Why a document is no fact. It names the place and holds nothing of the values.
public struct FactDocumentProblem: Error, Hashable, Sendable, CustomStringConvertible {
  /// The name of the field, such as `caseReferences[1].value`; empty for the document itself.
  public let place: String
  public let reason: String

  init(_ place: String, _ reason: String) {
    self.place = place
    self.reason = reason
  }

  public var description: String { place.isEmpty ? reason : "\(place): \(reason)" }
}

/// A fact as another client of the structured interface writes it: one JSON object, of which every name is known.
/// `docs/bridge.md` lists them.
public struct FactDocument: Hashable, Sendable {
  public let fact: StructuredFact

  /// The kinds, as documents name them.
  public enum Kind: String, CaseIterable, Sendable {
    case eventObserved = "structured-event.observed"
    case protectionChanged = "person.protection.changed"
    case identifierChanged = "person.identifier.changed"
    case caseClosed = "case.closed"
    case availability = "api.availability"
  }

  /// The longest document in bytes.
  public static let longest = 65_536

  /// Reads one document.
  /// - Parameter now: what numbers are judged by.
  public init(_ bytes: [UInt8], at now: Date) throws(FactDocumentProblem) {
    guard bytes.count <= Self.longest else { throw FactDocumentProblem("", "longer than \(Self.longest) bytes") }
    guard String(validating: bytes, as: UTF8.self) != nil else { throw FactDocumentProblem("", "not UTF-8") }
    guard JSONShape.isShallow(bytes), let value = try? JSONDecoder().decode(JSONValue.self, from: Data(bytes)) else {
      throw FactDocumentProblem("", "not JSON")
    }
    try self.init(value, at: now)
  }

  package init(_ value: JSONValue, at now: Date) throws(FactDocumentProblem) {
    let reader = FactDocumentReader(value, now)
    guard let kind = Kind(rawValue: try reader.text("kind", to: 50)) else {
      throw FactDocumentProblem("kind", "is none of the known ones")
    }
    switch kind {
    case .eventObserved: fact = .eventObserved(try reader.event())
    case .protectionChanged: fact = .protectionChanged(try reader.protection())
    case .identifierChanged: fact = .identifierChanged(try reader.identifierChange())
    case .caseClosed: fact = .caseClosed(try reader.closure())
    case .availability: fact = .availability(try reader.availability())
    }
  }
}

/// Whom a fact is told of: what access is asked for.
extension StructuredFact {
  /// Nil where it is said of all organisations.
  public var tenant: ParticipantID? {
    switch self {
    case .eventObserved(let event): event.tenant
    case .protectionChanged(let observation): observation.tenant
    case .identifierChanged(let change): change.tenant
    case .caseClosed(let closure): closure.tenant
    case .availability(let availability): availability.tenant
    }
  }
}
