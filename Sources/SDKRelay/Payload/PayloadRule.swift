/// A rule that a message can break: its id, and what a receipt says about it.
///
/// The ids of the first group are those of the federation's own schema and Schematron files (B1.3.3); where these have
/// no id, the rule has a name of ours. The whole list with its sources is docs/payload-rules.md.
public struct PayloadRule: Hashable, Sendable {
  /// As it stands in docs/payload-rules.md.
  public let id: String
  public let cause: CauseCode
  public let detail: DetailCode
  /// The text in receipts, where it is not made for each case.
  public let text: String
  /// What we demand of our own messages but tolerate in those of others.
  public let isOutgoingOnly: Bool
  /// The XPath of the place, where the rule has but one.
  private let place: String

  private init(
    _ id: String, _ cause: CauseCode, _ detail: DetailCode, _ text: String, isOutgoingOnly: Bool = false,
    at place: String? = nil
  ) {
    self.id = id
    self.cause = cause
    self.detail = detail
    self.text = text
    self.isOutgoingOnly = isOutgoingOnly
    self.place = place.map { "/ns:messagePayload/ns:message/ns:messageHeader/\($0)" } ?? PayloadProblem.nowhere
  }

  /// The rule, broken at a place: the rule's own when none is given.
  public func problem(at xpath: String? = nil, text: String? = nil) -> PayloadProblem {
    PayloadProblem(rule: id, cause: cause, detail: detail, xpath: xpath ?? place, text: text ?? self.text)
  }
}

// MARK: What the document alone shows

extension PayloadRule {
  /// The schema; the text is made for each case.
  public static let schema = PayloadRule("XSD", .schema, .structure, "The message does not follow its schema.")
  /// XML that exceeds what a message may need.
  public static let limits = PayloadRule("XML-limits", .schema, .structure, "The XML exceeds a limit.")

  public static let verifyNonEmptyElements = PayloadRule(
    "verifyNonEmptyElements", .business, .invariant, "The element is included but empty.")
  public static let conversationIDMustExist = PayloadRule(
    "conversationIdMustExist", .business, .invariant,
    "ns:conversationId must be set exactly once; for a new message use the messageId.")
  public static let recipientIDValue = PayloadRule(
    "recipientIdvalue", .business, .invariant,
    "ns:recipientID/ns:root should be set to 'iso6523-actorid-upis' but was '…'.")
  public static let senderIDValue = PayloadRule(
    "senderIdvalue", .business, .invariant, "ns:senderID/ns:root should be set to 'iso6523-actorid-upis' but was '…'.")
  public static let creationDateTime = PayloadRule(
    "creationDateTime", .business, .invariant,
    "Timestamp should match pattern YYYY-MM-DDThh:mm:ss.sssZ, with one to three decimals.")
  public static let messageIDForm = PayloadRule(
    "MessageId", .business, .invariant, "ns:messageId is not a valid UUID.")
  public static let conversationIDForm = PayloadRule(
    "conversationId", .business, .invariant, "ns:conversationId is not a valid UUID.")
  public static let refToMessageIDForm = PayloadRule(
    "refToMessageId", .business, .invariant, "ns:refToMessageId is not a valid UUID.")
  /// The text is made for each case. The detail is the published one, though the rule is a Schematron rule.
  public static let subjectLabel = PayloadRule(
    "subjectlabel", .business, .structure, "In tns:messageHeader/tns:label, string length exceeded maxlength 256.")
  public static let contentFiles = PayloadRule(
    "contentFiles", .business, .invariant, "ns:content must begin with a base64 character.")
  public static let subOrgRoot = PayloadRule(
    "subOrgRoot", .business, .invariant,
    "ns:organizationId/ns:root should be set to 'urn:riv:infrastructure:messaging:functionalAddress' but was '…'.")

  /// The pattern is declared in the published Schematron file but never used.
  public static let organizationIdentifier = PayloadRule(
    "OrganizationIdentifier", .business, .invariant, "The extension is not a participant identifier.")
  public static let functionForm = PayloadRule(
    "function-form", .business, .notFound, "Wrong or unknown ns:subOrganization/ns:organizationId")
  public static let size = PayloadRule("size", .business, .tooLong, "Message size to large.")
  public static let textSize = PayloadRule("text-size", .business, .tooLong, "The text is too large.")
  public static let fileType = PayloadRule(
    "file-type", .business, .notSupported, "In contentType, The value '…' is not allowed.")
  public static let fileContent = PayloadRule(
    "file-content", .business, .notSupported, "The file's content is not what its contentType says.")
  public static let fileCount = PayloadRule(
    "file-count", .business, .tooLong, "The message has too many attachments.")
  public static let base64 = PayloadRule("base64", .business, .invariant, "ns:content is not valid base64 (RFC 4648).")
  public static let emptyDocument = PayloadRule(
    "empty-document", .business, .invariant, "ns:documents must have at least one ns:ContentFiles or ns:ContentText.")
  public static let index = PayloadRule(
    "index", .business, .invariant, "ns:index must be digits, and set and unique when there are several ns:documents.")
  public static let referenceLength = PayloadRule(
    "reference-length", .business, .invariant, "The referenceId is longer than 256 characters.")
  public static let labelRequired = PayloadRule(
    "label-required", .business, .structure, "ns:messageHeader/ns:label must be set.", isOutgoingOnly: true)
  public static let senderAttention = PayloadRule(
    "sender-attention", .business, .structure, "ns:sender/ns:attention must be set.", isOutgoingOnly: true)
}

// MARK: What shows beside the envelope, the directory and the store

extension PayloadRule {
  public static let messageIDMirror = PayloadRule(
    "messageIdMirror", .business, .security, "messageId is not identical to value in XHE envelope.", at: "ns:messageId")
  public static let recipientMirror = PayloadRule(
    "recipientMirror", .business, .security, "recipientId is not identical to value in XHE envelope.",
    at: "ns:recipient/ns:recipientID/ns:extension")
  public static let senderMirror = PayloadRule(
    "senderMirror", .business, .security, "senderId is not identical to value in XHE envelope.",
    at: "ns:sender/ns:senderID/ns:extension")
  public static let functionMirror = PayloadRule(
    "functionMirror", .business, .security, "ns:subOrganization/ns:organizationId must equal xha:HandlingServiceID",
    at: function)
  public static let unknownSender = PayloadRule(
    "unknown-sender", .business, .invariant, "Wrong or unknown sender-id", at: "ns:sender/ns:senderID/ns:extension")
  public static let unknownFunction = PayloadRule(
    "unknown-function", .business, .notFound, "Wrong or unknown ns:subOrganization/ns:organizationId", at: function)
  public static let unknownHandlingService = PayloadRule(
    "unknown-handling-service", .business, .notFound, "Wrong or unknown xha:HandlingServiceID")
  public static let duplicate = PayloadRule(
    "duplicate", .business, .duplicate, "A different message with the same messageId has been received.",
    at: "ns:messageId")
  public static let malware = PayloadRule("malware", .business, .forbidden, "Malware was found in the message.")
  public static let refersToRejected = PayloadRule(
    "refers-to-rejected", .business, .notSupported, "refToMessageId names a message that was rejected.",
    at: "ns:refToMessageId")
  public static let signature = PayloadRule("signature", .signature, .security, "Sender signature not validated")
  public static let unencrypted = PayloadRule("unencrypted", .signature, .security, "The message is not encrypted.")
  public static let wrongSender = PayloadRule(
    "wrong-sender", .business, .security, "The stated sender does not match the sending access point.")

  private static let function = "ns:recipient/ns:attention/ns:subOrganization/ns:organizationId/ns:extension"
}

extension PayloadRule {
  /// Every rule, in the order of docs/payload-rules.md.
  public static let all: [PayloadRule] = [
    schema, limits, verifyNonEmptyElements, conversationIDMustExist, recipientIDValue, senderIDValue, creationDateTime,
    messageIDForm, conversationIDForm, refToMessageIDForm, subjectLabel, contentFiles, subOrgRoot,
    organizationIdentifier, functionForm, size, textSize, fileType, fileContent, fileCount, base64,
    emptyDocument, index, referenceLength, labelRequired, senderAttention, messageIDMirror, recipientMirror,
    senderMirror, functionMirror, unknownSender,
    unknownFunction, unknownHandlingService, duplicate, malware, refersToRejected, signature, unencrypted, wrongSender,
  ]
}
