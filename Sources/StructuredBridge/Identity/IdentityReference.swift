public import Foundation
public import SDKRelay
import XMLSecurity

/// What a reference in a payload says of a person or a case (`attention/reference`). A root that contradicts its value is
/// flagged as it came: whoever corrected it would guess which of the two is wrong.
public enum IdentityReference: Hashable, Sendable {
  case person(PersonIdentityNumber)
  /// A person's number without century: nobody may be matched by it.
  case openCentury
  /// A case number (diarienummer), as written.
  case caseNumber(String)
  /// The value is a person's number of another kind than the root says, or stands as a case number.
  case contradiction(PersonIdentityNumber.Kind)
  case invalid(IdentityProblem)
  /// A root that says nothing of persons or cases.
  case other

  /// The roots of the content specification (Innehållsspecifikation 1.5.2 §4.3.2.3).
  public static let caseNumberRoot = "dnr"
  static let roots: [(root: String, kind: PersonIdentityNumber.Kind)] = [
    ("1.2.752.129.2.1.3.1", .personnummer), ("1.2.752.129.2.1.3.3", .samordningsnummer),
    ("1.2.752.74.9.1", .nationalReserve),
  ]

  public init(_ id: InstanceIdentifier, at now: Date) {
    if sameBytes(id.root, Self.caseNumberRoot) {
      let person = (try? IdentityReading(id.extension, at: now))?.person
      self = person.map { .contradiction($0.kind) } ?? .caseNumber(id.extension)
    } else if let kind = Self.roots.first(where: { sameBytes($0.root, id.root) })?.kind {
      self = Self.person(kind, id.extension, now)
    } else {
      self = .other
    }
  }

  private static func person(_ kind: PersonIdentityNumber.Kind, _ value: String, _ now: Date) -> IdentityReference {
    do throws(IdentityProblem) {
      switch try IdentityReading(value, at: now) {
      case .person(let number) where number.kind == kind: return .person(number)
      // An id of health care may have the form of an interim number; its root says which it is.
      case .person(let number) where kind == .nationalReserve && number.kind == .interim:
        return .person(PersonIdentityNumber(.nationalReserve, number.whole))
      case .person(let number): return .contradiction(number.kind)
      case .openCentury(let numbers):
        return numbers.allSatisfy { $0.kind == kind } ? .openCentury : .contradiction(numbers[0].kind)
      case .organisation: return .invalid(.date)
      }
    } catch {
      return .invalid(error)
    }
  }
}

extension PersonIdentityNumber {
  /// As it stands in a payload. Nil for interim and local reserve numbers, which have no root that everybody knows.
  public var reference: InstanceIdentifier? {
    IdentityReference.roots.first { $0.kind == kind }.map { InstanceIdentifier(root: $0.root, extension: whole) }
  }
}
