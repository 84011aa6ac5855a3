import Foundation
import XMLSecurity

/// Why a text is not the identifier it should be. The text itself is never part of the problem.
public struct IdentifierProblem: Error, Hashable, Sendable, CustomStringConvertible {
  /// The kind of identifier, such as `participant identifier`.
  public let kind: String
  /// What is wrong with it.
  public let reason: String

  package init(kind: String, reason: String) {
    self.kind = kind
    self.reason = reason
  }

  public var description: String { "not a \(kind): \(reason)" }
}

/// A participant of the federation (deltagarorganisation): code list, colon, value, as in `0203:kommun.example.se`.
///
/// The scheme is always ``scheme``. Code lists: `0203` a domain name, `0007` a Swedish organisation number of ten
/// digits, `0088` a GLN of thirteen digits. Identifiers outside their ASCII subset are refused, and two identifiers are
/// equal when their lower-case ASCII forms are (so look-alike letters never meet).
public struct ParticipantID: Hashable, Sendable {
  /// The identifier scheme, `schemeID` in XML and `type` in AS4.
  public static let scheme = "iso6523-actorid-upis"

  /// The identifier as it was written.
  public let value: String
  /// The form by which identifiers are compared, hashed to DNS names and stored: lower-case ASCII.
  public let comparable: String

  /// Throws where the text is no participant of a known code list.
  public init(_ value: String) throws(IdentifierProblem) {
    let parts = value.utf8.split(separator: UInt8(ascii: ":"), maxSplits: 1, omittingEmptySubsequences: false)
    guard parts.count == 2, let list = CodeList(rawValue: String(decoding: parts[0], as: UTF8.self)) else {
      throw Self.problem("it must begin with 0203:, 0007: or 0088:")
    }
    if let reason = list.problem(with: Array(parts[1])) { throw Self.problem(reason) }
    self.value = value
    self.comparable = value.lowercased()
  }

  public static func == (left: Self, right: Self) -> Bool { left.comparable == right.comparable }

  public func hash(into hasher: inout Hasher) { hasher.combine(comparable) }

  private static func problem(_ reason: String) -> IdentifierProblem {
    IdentifierProblem(kind: "participant identifier", reason: reason)
  }

  /// The code lists (ISO 6523 ICD) the federation uses.
  private enum CodeList: String {
    case domain = "0203"
    case organisationNumber = "0007"
    case gln = "0088"

    func problem(with value: [UInt8]) -> String? {
      switch self {
      case .domain: Self.isDomainName(value) ? nil : "0203 is followed by a domain name in ASCII"
      case .organisationNumber: Self.isNumber(value, digits: 10) ? nil : "0007 is followed by ten digits"
      case .gln: Self.isNumber(value, digits: 13) ? nil : "0088 is followed by thirteen digits"
      }
    }

    private static func isNumber(_ value: [UInt8], digits: Int) -> Bool {
      value.count == digits && value.allSatisfy { (UInt8(ascii: "0")...UInt8(ascii: "9")).contains($0) }
    }

    /// RFC 1123 §2.1: labels of letters, digits and inner hyphens, at most 63 long, 253 in all.
    private static func isDomainName(_ value: [UInt8]) -> Bool {
      let hyphen = UInt8(ascii: "-")
      guard value.count <= 253 else { return false }
      return value.split(separator: UInt8(ascii: "."), omittingEmptySubsequences: false).allSatisfy { label in
        (1...63).contains(label.count) && label.first != hyphen && label.last != hyphen
          && label.allSatisfy { isLetterOrDigit($0) || $0 == hyphen }
      }
    }

    private static func isLetterOrDigit(_ byte: UInt8) -> Bool {
      switch byte {
      case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
        UInt8(ascii: "0")...UInt8(ascii: "9"):
        true
      default: false
      }
    }
  }
}

/// The identity of a message or conversation: a UUID, written as 8-4-4-4-12 hexadecimal digits.
///
/// Upper and lower case mean the same UUID; what was written is kept.
public struct MessageID: Hashable, Sendable {
  /// The identifier as it was written.
  public let value: String
  /// The form by which identifiers are compared and stored: lower case.
  public let comparable: String

  /// Nil when the text is not a UUID.
  public init?(_ value: String) {
    let groups = value.utf8.split(separator: UInt8(ascii: "-"), omittingEmptySubsequences: false)
    guard groups.map(\.count) == [8, 4, 4, 4, 12] else { return nil }
    guard groups.joined().allSatisfy({ Self.hexadecimal.contains($0) }) else { return nil }
    self.value = value
    self.comparable = value.lowercased()
  }

  /// A new random identifier (UUID version 4), in lower case.
  public static func new() -> MessageID { MessageID(random: randomUUID()) }

  private init(random: UUID) {
    value = random.uuidString.lowercased()
    comparable = value
  }

  public static func == (left: Self, right: Self) -> Bool { left.comparable == right.comparable }

  public func hash(into hasher: inout Hasher) { hasher.combine(comparable) }

  private static let hexadecimal = Set("0123456789abcdefABCDEF".utf8)
}

/// The address of a function within a participant (funktionsadress), such as `sdk:inkorg:0203:kommun.example.se`.
///
/// An opaque text of 1 to 256 characters, compared character by character, without control or invisible characters and
/// without white space at its ends.
public struct FunctionalAddress: Hashable, Sendable {
  /// The root that marks an `organizationId` as a functional address.
  public static let root = "urn:riv:infrastructure:messaging:functionalAddress"

  /// The address as it was written.
  public let value: String

  /// Throws where the text cannot be an address.
  public init(_ value: String) throws(IdentifierProblem) {
    let characters = value.unicodeScalars
    guard (1...256).contains(characters.count) else { throw Self.problem("it has 1 to 256 characters") }
    guard !characters.contains(where: Self.isForbidden) else {
      throw Self.problem("it has no control or invisible characters")
    }
    guard characters.first != " ", characters.last != " " else {
      throw Self.problem("it neither begins nor ends with a space")
    }
    self.value = value
  }

  // Swift compares texts by canonical equivalence, under which two different addresses could be one.
  public static func == (left: Self, right: Self) -> Bool { left.value.utf8.elementsEqual(right.value.utf8) }

  public func hash(into hasher: inout Hasher) {
    for byte in value.utf8 { hasher.combine(byte) }
  }

  private static func isForbidden(_ character: Unicode.Scalar) -> Bool {
    switch character.properties.generalCategory {
    case .control, .format, .lineSeparator, .paragraphSeparator, .surrogate, .privateUse, .unassigned: true
    case .spaceSeparator: character != " "
    default: false
    }
  }

  private static func problem(_ reason: String) -> IdentifierProblem {
    IdentifierProblem(kind: "functional address", reason: reason)
  }
}

extension ParticipantID: Codable, CustomStringConvertible {
  public var description: String { value }

  public init(from decoder: any Decoder) throws {
    try self.init(String(from: decoder))
  }

  public func encode(to encoder: any Encoder) throws {
    try value.encode(to: encoder)
  }
}

extension MessageID: Codable, CustomStringConvertible {
  public var description: String { value }

  public init(from decoder: any Decoder) throws {
    guard let id = MessageID(try String(from: decoder)) else {
      throw IdentifierProblem(kind: "message identifier", reason: "it is a UUID")
    }
    self = id
  }

  public func encode(to encoder: any Encoder) throws {
    try value.encode(to: encoder)
  }
}

extension FunctionalAddress: Codable, CustomStringConvertible {
  public var description: String { value }

  public init(from decoder: any Decoder) throws {
    try self.init(String(from: decoder))
  }

  public func encode(to encoder: any Encoder) throws {
    try value.encode(to: encoder)
  }
}
