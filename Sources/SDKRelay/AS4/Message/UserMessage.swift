public import Foundation
import XMLSecurity

/// One of the two access points of an exchange (corners C2 and C3), never a participant (4CT_TA03).
public struct AS4Party: Hashable, Sendable, Codable {
  /// The common name of the access point's certificate.
  public var partyID: String
  /// The kind of id; the federation has one.
  public var type: String?
  /// The role in the exchange: initiator or responder.
  public var role: String

  public init(partyID: String, type: String?, role: String) {
    self.partyID = partyID
    self.type = type
    self.role = role
  }
}

/// A value with the scheme that gives it meaning: service or agreement.
public struct TypedValue: Hashable, Sendable, Codable {
  /// The value, compared as it is.
  public var value: String
  /// The scheme; nil where there is none.
  public var type: String?

  public init(_ value: String, type: String? = nil) {
    self.value = value
    self.type = type
  }
}

/// A message property (ebMS Core §5.2.2.11).
public struct MessageProperty: Hashable, Sendable, Codable {
  /// Occurs once in a message.
  public var name: String
  /// The scheme of the value; nil where there is none.
  public var type: String?
  /// 1 to 1,024 bytes on receipt.
  public var value: String

  public init(name: String, type: String? = nil, value: String) {
    self.name = name
    self.type = type
    self.value = value
  }
}

/// A property of one part (ebMS Core §5.2.2.13).
public struct PartProperty: Hashable, Sendable, Codable {
  /// Occurs once in a part, such as MimeType or CompressionType (AS4 profile §3.1).
  public var name: String
  /// 1 to 1,024 bytes on receipt.
  public var value: String

  public init(name: String, value: String) {
    self.name = name
    self.value = value
  }
}

/// What the header says about one MIME part.
public struct PartInfo: Hashable, Sendable, Codable {
  /// The part's Content-ID without brackets; `cid:` and this make the reference.
  public var contentID: String
  /// In the order of the header.
  public var properties: [PartProperty]

  public init(contentID: String, properties: [PartProperty]) {
    self.contentID = contentID
    self.properties = properties
  }

  /// The type of the content before compression.
  public var mimeType: String? { value("MimeType") }
  /// The encoding of XML content.
  public var characterSet: String? { value("CharacterSet") }
  /// Whether the part is one gzip member.
  public var isCompressed: Bool { value("CompressionType") != nil }

  func value(_ name: String) -> String? {
    properties.first { $0.name == name }?.value
  }
}

/// An ebMS 3.0 user message header: who sends what to whom.
public struct UserMessage: Hashable, Sendable, Codable {
  /// The AS4 message id (RFC 5322 form when made here); the same in every retransmission (SDK-AS4-08).
  public var messageID: String
  /// When it was made (ebMS Core §5.2.2.1), to the millisecond when made here.
  public var timestamp: Date
  /// The message answered; only in responses (TA19).
  public var refToMessageID: String?
  /// The sending access point.
  public var from: AS4Party
  /// The receiving access point.
  public var to: AS4Party
  /// An agreement the sender names; any is accepted, and none is sent.
  public var agreement: TypedValue?
  /// The federation has one.
  public var service: TypedValue
  /// The document type: `busdox-docid-qns::` and its id.
  public var action: String
  /// What belongs together; the payload's conversation when sent from here (SDK-AS4-17).
  public var conversationID: String
  /// The message partition channel; nil means the default.
  public var mpc: String?
  /// originalSender, finalRecipient, and what else the sender adds.
  public var properties: [MessageProperty]
  /// The parts in the order of the producer (TA07).
  public var parts: [PartInfo]

  public init(
    messageID: String, timestamp: Date, refToMessageID: String? = nil, from: AS4Party, to: AS4Party,
    agreement: TypedValue? = nil, service: TypedValue, action: String, conversationID: String, mpc: String? = nil,
    properties: [MessageProperty], parts: [PartInfo] = []
  ) {
    self.messageID = messageID
    self.timestamp = timestamp
    self.refToMessageID = refToMessageID
    self.from = from
    self.to = to
    self.agreement = agreement
    self.service = service
    self.action = action
    self.conversationID = conversationID
    self.mpc = mpc
    self.properties = properties
    self.parts = parts
  }

  /// The sending participant (corner C1), such as `0203:komvux.kommun.example.se`.
  public var originalSender: String? { property("originalSender") }
  /// The receiving participant (corner C4), by which the message is routed (4CT_TA01).
  public var finalRecipient: String? { property("finalRecipient") }

  /// Whether it only asks if this node is there (TA16): answered with a receipt, delivered to nobody.
  public var isPing: Bool { service.value == AS4Names.pingService && action == AS4Names.pingAction }

  /// A new message id of RFC 5322 form.
  public static func newMessageID() -> String {
    "\(randomUUID().uuidString.lowercased())@sdk-relay"
  }

  private func property(_ name: String) -> String? {
    properties.first { $0.name == name }?.value
  }
}
