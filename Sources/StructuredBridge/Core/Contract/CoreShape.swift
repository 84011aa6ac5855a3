package import Foundation
import Mailbox
package import SDKRelay

/// What a JSON object of the contract holds. Fields that are not named here are tolerated: the counterpart may add some.
package struct CoreShape: Sendable {
  /// Its name in the description.
  package let name: String
  package let fields: [CoreField]

  /// Everything in the value that does not fit. The reasons hold nothing of it.
  package func problems(in value: JSONValue, at place: String = "", now: Date) -> [CoreFieldProblem] {
    guard case .object = value else { return [CoreFieldProblem(place, "must be an object")] }
    return fields.flatMap { field -> [CoreFieldProblem] in
      let inner = place.isEmpty ? field.name : "\(place).\(field.name)"
      guard let part = value[field.name] else { return field.isRequired ? [CoreFieldProblem(inner, "is missing")] : [] }
      return field.type.problems(in: part, at: inner, now: now)
    }
  }
}

package struct CoreField: Sendable {
  package let name: String
  package let type: CoreType
  package let isRequired: Bool

  static func required(_ name: String, _ type: CoreType) -> CoreField {
    CoreField(name: name, type: type, isRequired: true)
  }

  static func optional(_ name: String, _ type: CoreType) -> CoreField {
    CoreField(name: name, type: type, isRequired: false)
  }
}

/// A field of what came that does not fit, by its name.
public struct CoreFieldProblem: Hashable, Sendable, CustomStringConvertible {
  /// Such as `handelser[3].personnummer`.
  public let field: String
  public let reason: String

  init(_ field: String, _ reason: String) {
    self.field = field
    self.reason = reason
  }

  public var description: String { field.isEmpty ? reason : "\(field): \(reason)" }
}

package indirect enum CoreType: Sendable {
  /// So many characters at most, and at least one; none that is invisible.
  case text(to: Int)
  /// A personnummer or samordningsnummer of twelve digits.
  case person
  /// An organisation's number of ten digits.
  case organisation
  case time
  case day
  /// Also as the texts `true` and `false`, as the counterpart's older interfaces write it.
  case flag
  case integer(ClosedRange<Int>)
  case words([String])
  case list(CoreShape, to: Int)
  case object(CoreShape)

  func problems(in value: JSONValue, at place: String, now: Date) -> [CoreFieldProblem] {
    switch self {
    case .object(let shape): return shape.problems(in: value, at: place, now: now)
    case .list(let shape, let most):
      guard let items = value.items else { return [CoreFieldProblem(place, "must be a list")] }
      guard items.count <= most else { return [CoreFieldProblem(place, "has more than \(most) items")] }
      return items.indices.flatMap { shape.problems(in: items[$0], at: "\(place)[\($0)]", now: now) }
    default: return problem(in: value, now: now).map { [CoreFieldProblem(place, $0)] } ?? []
    }
  }

  private func problem(in value: JSONValue, now: Date) -> String? {
    switch self {
    case .flag: return value.boolean == nil ? "must be true or false" : nil
    case .integer(let range):
      guard case .integer(let number) = value else { return "must be a whole number" }
      return Int(exactly: number).map(range.contains) == true ? nil : "is out of its range"
    default:
      guard let text = value.string else { return "must be a text" }
      return problem(in: text, now: now)
    }
  }

  private func problem(in text: String, now: Date) -> String? {
    switch self {
    case .text(let most):
      let isPlain = text.unicodeScalars.count <= most && CaseReference(.system, of: .own, text) != nil
      return isPlain ? nil : "must be 1 to \(most) plain characters"
    case .person: return Self.personProblem(text, now)
    case .organisation:
      return OrganisationNumber(text)?.tenDigits == text ? nil : "must be an organisation's ten digits"
    case .time: return UTCTimestamp.date(text) == nil ? "must be a time such as 2026-03-01T08:00:00.000Z" : nil
    case .day: return Day(text) == nil ? "must be a day such as 2026-03-01" : nil
    case .words(let words):
      return words.contains { $0.utf8.elementsEqual(text.utf8) } ? nil : "is none of the words for it"
    default: return nil
    }
  }

  private static func personProblem(_ text: String, _ now: Date) -> String? {
    do throws(IdentityProblem) {
      let person = try IdentityReading(text, at: now).person
      guard let person, person.isMatchKey, person.whole.utf8.elementsEqual(text.utf8) else {
        return "must be a personnummer or samordningsnummer of twelve digits"
      }
      return nil
    } catch {
      return error.description
    }
  }
}

extension JSONValue {
  /// As the counterpart writes it: `true` or `"true"`.
  package var boolean: Bool? {
    switch self {
    case .flag(let flag): flag
    case .text(let text): Bool(text)
    default: nil
    }
  }
}

extension OrganisationNumber {
  /// Nil where the text is no organisation's number in one of its written forms.
  public init?(_ text: String) {
    guard case .organisation(let number)? = try? IdentityReading(text, at: .distantPast) else { return nil }
    self = number
  }
}
