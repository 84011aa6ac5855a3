/// The rules for message receipts (KVT 1.0, R1-APP to R9-APP), and what identifiers demand.
public enum ReceiptRule: String, Hashable, Sendable, CaseIterable {
  /// Only the listed elements and attributes occur.
  case listedElements = "R1-APP"
  /// No element or attribute is empty.
  case notEmpty = "R2-APP"
  /// CustomizationID is `urn:fdc:digg.se:edelivery:messagetype:response:1`.
  case customization = "R3-APP"
  /// ProfileID is `bdx:noprocess`.
  case profile = "R4-APP"
  /// The document's ResponseCode is ACCEPTED or REJECTED.
  case responseCode = "R5-APP"
  /// The cause code of a line is SV, BV or SIG. Tolerated in others' receipts (SDK-KVT-10).
  case causeCode = "R6-APP"
  /// An accepting receipt has no lines.
  case acceptedWithoutLines = "R7-APP"
  /// A rejecting receipt has at least one line.
  case rejectedWithLines = "R8-APP"
  /// Every element occurs as often as it should, in its order, with a value of its type.
  case cardinality = "R9-APP"
  /// The parties are participants of the scheme `iso6523-actorid-upis`.
  case parties = "parties"
}

/// One thing that is wrong with a receipt; never what stood there.
public struct ReceiptProblem: Error, Hashable, Sendable, CustomStringConvertible {
  /// The rule that is broken.
  public let rule: ReceiptRule
  /// The XPath of the place, or `NA`.
  public let xpath: String
  /// What is wrong, for people.
  public let text: String

  public init(rule: ReceiptRule, xpath: String = PayloadProblem.nowhere, text: String) {
    self.rule = rule
    self.xpath = xpath
    self.text = text
  }

  public var description: String { "[\(rule.rawValue)] \(text) (\(xpath))" }
}
