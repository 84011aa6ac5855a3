/// A number that stands for a person, in its canonical form of twelve characters. One that exists is well-formed; whether
/// anybody has it, only a register knows.
///
/// Wherever it is shown, printed, logged or looked at in a debugger it is masked: ``whole`` is the one way to it.
public struct PersonIdentityNumber: Hashable, Sendable {
  public enum Kind: String, Hashable, Sendable, CaseIterable {
    /// Of somebody in the population register (personnummer).
    case personnummer
    /// Of somebody who is not (samordningsnummer): the day is raised by 60. Month 00 and day 60 are real, and so are
    /// days that no calendar has.
    case samordningsnummer
    /// A national reserve id of health care (nationell reservidentitet): digits and letters without meaning here.
    case nationalReserve
    /// For the time until there is a real one: a letter instead of the seventh digit (interimsnummer).
    case interim
    /// A school's own (TF-nummer): unique with its issuer only.
    case localReserve
  }

  public let kind: Kind
  /// Who gave out a local reserve number, where that is known; nil for every other kind.
  public let issuer: String?
  /// The whole number: twelve characters without separator. Not for logs, URLs, subjects or error texts.
  public let whole: String

  init(_ kind: Kind, _ whole: String, issuer: String? = nil) {
    self.kind = kind
    self.whole = whole
    self.issuer = kind == .localReserve ? issuer : nil
  }

  /// Whether two records with this number are about the same person. Interim and local reserve numbers never say so, and
  /// a national reserve id is not what the agreement's parties match by.
  public var isMatchKey: Bool { kind == .personnummer || kind == .samordningsnummer }

  /// The year of birth, or what stands in its place, and nothing else: `1912****-****`.
  public var masked: String {
    kind == .nationalReserve ? "************" : "\(whole.prefix(4))****-****"
  }
}

extension PersonIdentityNumber: CustomStringConvertible, CustomDebugStringConvertible, CustomReflectable {
  public var description: String { masked }
  public var debugDescription: String { masked }
  public var customMirror: Mirror { Mirror(self, children: ["kind": kind, "masked": masked]) }
}
