import Foundation
public import SDKRelay
import XMLSecurity

/// What a case is known by to one of the two sides.
public struct CaseReference: Hashable, Sendable {
  public enum Kind: String, Hashable, Sendable, Codable, CaseIterable {
    /// 128 random bits that this node gave out to one organisation for one case: only that organisation can return them.
    case opaque
    /// A case number of a register (diarienummer).
    case caseNumber
    /// The id of the case in a case system or in the structured interface.
    case system
  }

  /// Whose it is.
  public enum Owner: String, Hashable, Sendable, Codable, CaseIterable {
    case own, counterpart
  }

  public let kind: Kind
  public let owner: Owner
  /// As written: 1 to 256 characters without control characters.
  public let value: String

  /// Nil where the text can be no reference: empty, too long, with control or invisible characters.
  public init?(_ kind: Kind, of owner: Owner, _ value: String) {
    let text = value.trimmingCharacters(in: .whitespaces)
    guard (1...256).contains(text.unicodeScalars.count), !text.unicodeScalars.contains(where: Self.isForbidden) else {
      return nil
    }
    self.kind = kind
    self.owner = owner
    self.value = text
  }

  /// What it is found by. Case numbers are written in capitals and small letters, with one space or none within them, so
  /// `Af-2026/0000 3075` is `AF-2026/00003075`; everything else is compared as it stands.
  public var comparable: String {
    guard kind == .caseNumber else { return value }
    return String(value.uppercased().unicodeScalars.filter { !$0.properties.isWhitespace })
  }

  /// A new one of 128 random bits, written as 32 hexadecimal digits.
  public static func issued() -> CaseReference {
    CaseReference(kind: .opaque, owner: .own, text: Hexadecimal.encode(randomBytes(16)))
  }

  private init(kind: Kind, owner: Owner, text: String) {
    self.kind = kind
    self.owner = owner
    value = text
  }

  private static func isForbidden(_ character: Unicode.Scalar) -> Bool {
    switch character.properties.generalCategory {
    case .control, .format, .lineSeparator, .paragraphSeparator, .surrogate, .privateUse, .unassigned: true
    default: false
    }
  }

  // Swift compares texts by canonical equivalence, under which two different references could be one.
  public static func == (left: Self, right: Self) -> Bool {
    left.kind == right.kind && left.owner == right.owner && sameBytes(left.comparable, right.comparable)
  }

  public func hash(into hasher: inout Hasher) {
    hasher.combine(kind)
    hasher.combine(owner)
    for byte in comparable.utf8 { hasher.combine(byte) }
  }
}

extension CaseReference {
  /// The root under which this node gives out its own opaque references in payloads (`attention/reference`).
  public static let opaqueRoot = "urn:sdk-relay:case"

  /// As it stands in a payload; nil for ids of systems, which concern nobody outside.
  public var payload: Draft.Reference? {
    switch kind {
    case .opaque: Draft.Reference(root: Self.opaqueRoot, value: value, label: "Vår referens")
    case .caseNumber: Draft.Reference(root: IdentityReference.caseNumberRoot, value: value, label: "Diarienummer")
    case .system: nil
    }
  }
}
