/// The error codes of ebMS 3.0 Core §6.7 and the AS4 profile §3.
public enum EbMSCode: String, Hashable, Sendable, CaseIterable, Codable {
  case valueNotRecognized = "EBMS:0001"
  case featureNotSupported = "EBMS:0002"
  case valueInconsistent = "EBMS:0003"
  case other = "EBMS:0004"
  case connectionFailure = "EBMS:0005"
  case emptyMessagePartitionChannel = "EBMS:0006"
  case mimeInconsistency = "EBMS:0007"
  case featureNotSupportedInPackaging = "EBMS:0008"
  case invalidHeader = "EBMS:0009"
  case processingModeMismatch = "EBMS:0010"
  case externalPayloadError = "EBMS:0011"
  case failedAuthentication = "EBMS:0101"
  case failedDecryption = "EBMS:0102"
  case policyNoncompliance = "EBMS:0103"
  case dysfunctionalReliability = "EBMS:0201"
  case deliveryFailure = "EBMS:0202"
  case missingReceipt = "EBMS:0301"
  case invalidReceipt = "EBMS:0302"
  case decompressionFailure = "EBMS:0303"

  /// The name the standard gives the code.
  public var shortDescription: String {
    switch self {
    case .valueNotRecognized: "ValueNotRecognized"
    case .featureNotSupported, .featureNotSupportedInPackaging: "FeatureNotSupported"
    case .valueInconsistent: "ValueInconsistent"
    case .other: "Other"
    case .connectionFailure: "ConnectionFailure"
    case .emptyMessagePartitionChannel: "EmptyMessagePartitionChannel"
    case .mimeInconsistency: "MimeInconsistency"
    case .invalidHeader: "InvalidHeader"
    case .processingModeMismatch: "ProcessingModeMismatch"
    case .externalPayloadError: "ExternalPayloadError"
    case .failedAuthentication: "FailedAuthentication"
    case .failedDecryption: "FailedDecryption"
    case .policyNoncompliance: "PolicyNoncompliance"
    case .dysfunctionalReliability: "DysfunctionalReliability"
    case .deliveryFailure: "DeliveryFailure"
    case .missingReceipt: "MissingReceipt"
    case .invalidReceipt: "InvalidReceipt"
    case .decompressionFailure: "DecompressionFailure"
    }
  }

  /// The category the standard gives the code: Content, Unpackaging, Processing or Communication.
  public var category: String {
    switch self {
    case .mimeInconsistency, .featureNotSupportedInPackaging, .invalidHeader: "Unpackaging"
    case .processingModeMismatch, .failedAuthentication, .failedDecryption, .policyNoncompliance,
      .dysfunctionalReliability:
      "Processing"
    case .connectionFailure, .emptyMessagePartitionChannel, .deliveryFailure, .missingReceipt, .invalidReceipt,
      .decompressionFailure:
      "Communication"
    default: "Content"
    }
  }

  /// The module the standard names as the error's origin: ebMS, security or reliability.
  public var origin: String {
    switch self {
    case .failedAuthentication, .failedDecryption, .policyNoncompliance: "security"
    case .dysfunctionalReliability, .deliveryFailure: "reliability"
    default: "ebMS"
    }
  }
}

/// An ebMS error: what this node answers when it refuses a message, and what a peer answers to ours.
///
/// `detail` names the field, part or reference at fault. It never holds content, and nothing about a failed decryption.
public struct EbMSError: Error, Hashable, Sendable, CustomStringConvertible {
  /// Whether the message was refused, or merely remarked upon.
  public enum Severity: String, Hashable, Sendable, Codable {
    /// The message was not accepted.
    case failure
    /// The message was accepted all the same.
    case warning
  }

  /// The standard's code.
  public var code: EbMSCode
  /// Whether the message was refused.
  public var severity: Severity
  /// The message at fault, where its header could be read so far.
  public var refToMessageID: String?
  /// A sentence for people.
  public var text: String
  /// Which field, part or reference, with the reason.
  public var detail: String
  /// Whether the same bytes may be accepted later. Decided where the error arises.
  public var isTransient: Bool

  /// Texts are bounded and freed of control characters, since they may come from a peer.
  public init(
    _ code: EbMSCode, _ detail: String, refToMessageID: String? = nil, severity: Severity = .failure,
    text: String? = nil, isTransient: Bool = false
  ) {
    self.code = code
    self.severity = severity
    self.refToMessageID = refToMessageID
    self.text = Self.bounded(text ?? code.shortDescription)
    self.detail = Self.bounded(detail)
    self.isTransient = isTransient
  }

  /// The only answer to anything that fails between an encrypted key and its plaintext (threats E3, E5): which step
  /// failed is of use to an attacker only.
  static let decryption = EbMSError(.failedDecryption, "the message could not be decrypted")

  /// The code word for an addressee or document type that is not served (SDK-AS4-04).
  static let notServiced = "NOT_SERVICED"

  /// The answer where the addressee is not served for this document type (SDK-AS4-04): the code word as detail, and
  /// which field it is about as text.
  public static func notServiced(_ reason: String) -> EbMSError {
    EbMSError(.other, notServiced, text: reason)
  }

  /// The same error about the message with this id.
  func about(_ messageID: String?) -> EbMSError {
    var copy = self
    copy.refToMessageID = refToMessageID ?? messageID
    return copy
  }

  /// Texts may come from a peer: no control characters, 500 characters at most.
  private static func bounded(_ text: String) -> String {
    let safe = text.unicodeScalars.map { $0.properties.generalCategory == .control ? " " : Character($0) }
    return String(safe.prefix(500))
  }

  /// Code, name and detail in one line; with the text where the detail is a mere code word.
  public var description: String {
    let isExplained = detail == Self.notServiced && text != code.shortDescription && text != detail
    return "\(code.rawValue) \(code.shortDescription): \(detail)\(isExplained ? ", \(text)" : "")"
  }
}
