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
  public var documentID: DocumentID
  public var documentScheme = DocumentID.scheme
  public var processID = Self.noProcess
  public var processScheme = Self.processScheme
  /// The federation and with it the environment (see ``Federation``).
  public var federationID: String
  public var from: ParticipantID
  public var to: ParticipantID
  /// The payload's document element as an EQName.
  public var documentTypeCode: String
  public var contentTypeCode = "application/xml"
  /// The recipient's functional address. Always sent; another product's message may lack it.
  public var handlingServiceID: String?
  public var isEncrypted: Bool

  public static let noProcess = "bdx:noprocess"
  public static let processScheme = "urn:fdc:digg.se:edelivery:process"
  public static let messageTypeCode = "Q{urn:riv:infrastructure:messaging:MessageWithAttachments:3}messagePayload"
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
    id: MessageID, for original: EnvelopeHeader, mailbox: String?, created: Date = Date()
  ) -> EnvelopeHeader {
    EnvelopeHeader(
      id: id.value, created: created, documentID: .receipt(original.documentID.transportModel ?? .extended),
      federationID: original.federationID, from: original.to, to: original.from, documentTypeCode: receiptTypeCode,
      handlingServiceID: mailbox ?? original.handlingServiceID, isEncrypted: false)
  }

  private static func text(_ date: Date) -> String {
    date.formatted(Date.ISO8601FormatStyle(includingFractionalSeconds: true, timeZone: .gmt))
  }
}

/// The federation's identifiers by environment.
public enum Federation {
  public static let test = "urn:fdc:digg.se:edelivery:federation:test"
  public static let sdk = "urn:fdc:digg.se:edelivery:federation:sdk"
}
