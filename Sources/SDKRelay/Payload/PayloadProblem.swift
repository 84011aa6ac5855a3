/// Why a message is refused, as a message receipt says it (orsakskod).
public enum CauseCode: String, Hashable, Sendable, Codable, CaseIterable {
  /// The message does not follow the schema.
  case schema = "SV"
  /// The message breaks a business rule.
  case business = "BV"
  /// The signature is not the sender's.
  case signature = "SIG"
}

/// The detail of a cause (StatusReasonCode of a message receipt).
public enum DetailCode: String, Hashable, Sendable, Codable, CaseIterable {
  case structure, invariant, security, forbidden, duplicate
  case tooLong = "too-long"
  case notSupported = "not-supported"
  case notFound = "not-found"
}

/// One thing that is wrong with a message.
///
/// It says which rule, where and why, never what stood there: it goes into receipts, logs and answers to clients.
public struct PayloadProblem: Error, Hashable, Sendable, CustomStringConvertible {
  /// The rule's id, as listed in docs/payload-rules.md.
  public let rule: String
  /// The cause code (orsakskod) of the receipt.
  public let cause: CauseCode
  /// The detail code of the receipt.
  public let detail: DetailCode
  /// The XPath of the place, or ``nowhere``.
  public let xpath: String
  /// What is wrong, for people.
  public let text: String

  /// The place of a problem that belongs to no element.
  public static let nowhere = "NA"

  public init(rule: String, cause: CauseCode, detail: DetailCode, xpath: String = Self.nowhere, text: String) {
    self.rule = rule
    self.cause = cause
    self.detail = detail
    self.xpath = xpath
    self.text = text
  }

  public var description: String { "\(cause.rawValue) \(detail.rawValue) [\(rule)] \(text) (\(xpath))" }
}

/// A message that may not be sent, with everything that is wrong with it.
public struct InvalidPayload: Error, Hashable, Sendable, CustomStringConvertible {
  /// At least one.
  public let problems: [PayloadProblem]

  public init(_ problems: [PayloadProblem]) {
    self.problems = problems
  }

  public var description: String { problems.map(\.description).joined(separator: "\n") }
}
