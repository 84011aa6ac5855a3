public import Foundation

/// How a message is protected on its way (transportmodell).
public enum TransportModel: String, Hashable, Sendable, CaseIterable {
  /// Bas: AS4 security only.
  case base = "tm-base"
  /// Utökad Bas: the envelope is signed and its payload encrypted between the organisations as well.
  case extended = "tm-base-ext-sigenc"
}

/// What kind of document an envelope holds: type, version and transport model in one identifier.
public struct DocumentID: Hashable, Sendable, CustomStringConvertible {
  /// The identifier as it stands in the criterion DOCUMENTID.
  public let value: String

  public init(_ value: String) {
    self.value = value
  }

  /// The identifier scheme, in the criterion DOCUMENTID_SCHEME and before the identifier in an AS4 action.
  public static let scheme = "busdox-docid-qns"

  /// A message with attachments.
  public static func message(_ model: TransportModel = .extended) -> DocumentID {
    DocumentID("urn:riv:infrastructure:messaging:MessageWithAttachments:3::messagePayload##3.0::\(model.rawValue)")
  }

  /// A message receipt (meddelandekvittens). Its customization has no `urn:` before `fdc:` here.
  public static func receipt(_ model: TransportModel = .extended) -> DocumentID {
    DocumentID(
      "urn:oasis:names:specification:ubl:schema:xsd:ApplicationResponse-2::ApplicationResponse"
        + "##fdc:digg.se:edelivery:messagetype:response:1::2.1::\(model.rawValue)")
  }

  /// The transport model that the identifier ends with, or nil.
  public var transportModel: TransportModel? {
    TransportModel.allCases.first { value.hasSuffix(":" + $0.rawValue) }
  }

  /// The AS4 action of a message that carries such a document.
  public var action: String { "\(Self.scheme)::\(value)" }
  public var description: String { value }

  /// Whether this is a message with attachments, in either transport model.
  public var isMessage: Bool { TransportModel.allCases.contains { Self.message($0) == self } }
  /// Whether this is a message receipt, in either transport model.
  public var isReceipt: Bool { TransportModel.allCases.contains { Self.receipt($0) == self } }
}

/// The header of an XHE envelope: who sends what kind of document to whom.
public struct EnvelopeHeader: Hashable, Sendable {
  /// A UUID; an SDK message's equals its messageId.
  public var id: String
  /// When the envelope was made, an `xs:dateTime` with zone as written.
  public var created: String
  /// The criterion DOCUMENTID.
  public var documentID: DocumentID
  /// The criterion DOCUMENTID_SCHEME.
  public var documentScheme = DocumentID.scheme
  /// The criterion PROCESSID.
  public var processID = Self.noProcess
  /// The criterion PROCESSID_SCHEME.
  public var processScheme = Self.processScheme
  /// The federation and with it the environment (see ``Federation``).
  public var federationID: String
  /// The sending participant.
  public var from: ParticipantID
  /// The receiving participant.
  public var to: ParticipantID
  /// The payload's document element as an EQName.
  public var documentTypeCode: String
  /// The payload's media type.
  public var contentTypeCode = Self.xml
  /// The recipient's functional address. Always sent; another product's message may lack it.
  public var handlingServiceID: String?
  /// The InstanceEncryptionIndicator.
  public var isEncrypted: Bool

  /// Whether the payload is an element, rather than base64 of something else.
  var isXML: Bool { contentTypeCode == Self.xml }

  /// Whether the payload is encrypted, or need not be: only messages are, and only under ``TransportModel/extended``
  /// (SDK-XHE-12).
  public var isEncryptedAsRequired: Bool {
    isEncrypted || documentID.isReceipt || documentID.transportModel == .base
  }

  static let xml = "application/xml"
  /// The only process of the federation.
  public static let noProcess = "bdx:noprocess"
  /// The identifier scheme of processes.
  public static let processScheme = "urn:fdc:digg.se:edelivery:process"
  /// The DocumentTypeCode of messages.
  public static let messageTypeCode = "Q{urn:riv:infrastructure:messaging:MessageWithAttachments:3}messagePayload"
  /// The DocumentTypeCode of message receipts.
  public static let receiptTypeCode =
    "Q{urn:oasis:names:specification:ubl:schema:xsd:ApplicationResponse-2}ApplicationResponse"

  public init(
    id: String, created: Date = Date(), documentID: DocumentID, federationID: String, from: ParticipantID,
    to: ParticipantID, documentTypeCode: String, handlingServiceID: String?, isEncrypted: Bool
  ) {
    self.init(
      id: id, createdText: Self.text(created), documentID: documentID, federationID: federationID, from: from, to: to,
      documentTypeCode: documentTypeCode, handlingServiceID: handlingServiceID, isEncrypted: isEncrypted)
  }

  init(
    id: String, createdText: String, documentID: DocumentID, federationID: String, from: ParticipantID,
    to: ParticipantID, documentTypeCode: String, handlingServiceID: String?, isEncrypted: Bool
  ) {
    self.id = id
    created = createdText
    self.documentID = documentID
    self.federationID = federationID
    self.from = from
    self.to = to
    self.documentTypeCode = documentTypeCode
    self.handlingServiceID = handlingServiceID
    self.isEncrypted = isEncrypted
  }

  /// The header of a message. Under ``TransportModel/extended`` its payload is encrypted.
  public static func message(
    id: MessageID, from: ParticipantID, to: ParticipantID, mailbox: FunctionalAddress, federationID: String,
    model: TransportModel = .extended, created: Date = Date()
  ) -> EnvelopeHeader {
    EnvelopeHeader(
      id: id.value, created: created, documentID: .message(model), federationID: federationID, from: from, to: to,
      documentTypeCode: messageTypeCode, handlingServiceID: mailbox.value, isEncrypted: model == .extended)
  }

  /// The header of a receipt for a message: its parties swapped, its transport model kept, never encrypted.
  /// - Parameter mailbox: the original sender's functional address, or the original's HandlingServiceID where unknown.
  public static func receipt(
    id: MessageID, for original: EnvelopeHeader, mailbox: FunctionalAddress?, created: Date = Date()
  ) -> EnvelopeHeader {
    EnvelopeHeader(
      id: id.value, created: created, documentID: .receipt(original.documentID.transportModel ?? .extended),
      federationID: original.federationID, from: original.to, to: original.from, documentTypeCode: receiptTypeCode,
      handlingServiceID: mailbox?.value ?? original.handlingServiceID, isEncrypted: false)
  }

  private static func text(_ date: Date) -> String {
    date.formatted(Date.ISO8601FormatStyle(includingFractionalSeconds: true, timeZone: .gmt))
  }
}
