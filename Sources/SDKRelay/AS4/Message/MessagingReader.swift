import Foundation
import XMLSecurity

/// Reads `eb:Messaging` with exactly one user message. Checks form only; whether the values suit this node is
/// ``ReceiverChecks``'s business, after the signature.
enum MessagingReader {
  /// The id of the message, where it can be read at all, so that every error can name the message it is about.
  static func messageID(in messaging: XMLElement) -> String? {
    let kinds = messaging.children(.ebms("UserMessage")) + messaging.children(.ebms("SignalMessage"))
    guard let kind = kinds.first else { return nil }
    return try? HeaderFields(kind, path: "").one("MessageInfo").messageID("MessageId")
  }

  static func read(_ messaging: XMLElement) throws(EbMSError) -> UserMessage {
    let users = messaging.children(.ebms("UserMessage"))
    guard users.count == 1, messaging.elements.count == 1 else {
      let signals = messaging.children(.ebms("SignalMessage")).count
      throw EbMSError(
        .invalidHeader,
        "eb:Messaging: exactly one eb:UserMessage is expected, not \(users.count) and \(signals) eb:SignalMessage")
    }
    let user = HeaderFields(users[0], path: "eb:UserMessage")
    let info = try user.one("MessageInfo")
    let parties = try user.one("PartyInfo")
    let collaboration = try user.one("CollaborationInfo")
    return UserMessage(
      messageID: try info.messageID("MessageId"),
      timestamp: try timestamp(info),
      refToMessageID: try info.optional("RefToMessageId") == nil ? nil : try info.messageID("RefToMessageId"),
      from: try party(parties.one("From")),
      to: try party(parties.one("To")),
      agreement: try collaboration.optional("AgreementRef").map(typed),
      service: try typed(collaboration.one("Service")),
      action: try collaboration.text("Action"),
      conversationID: try collaboration.text("ConversationId"),
      mpc: try user.optionalAttribute("mpc"),
      properties: try properties(user),
      parts: try parts(user))
  }

  static func timestamp(_ info: HeaderFields) throws(EbMSError) -> Date {
    let field = try info.one("Timestamp")
    guard let date = EbMSTimestamp.date(try field.text()) else {
      throw EbMSError(.invalidHeader, "\(field.path) is not an xs:dateTime")
    }
    return date
  }

  private static func party(_ side: HeaderFields) throws(EbMSError) -> AS4Party {
    let id = try side.one("PartyId")  // exactly one: TA03
    return AS4Party(partyID: try id.text(), type: try id.type(), role: try side.text("Role"))
  }

  private static func typed(_ field: HeaderFields) throws(EbMSError) -> TypedValue {
    TypedValue(try field.text(), type: try field.type())
  }

  private static func properties(_ user: HeaderFields) throws(EbMSError) -> [MessageProperty] {
    guard let list = try user.optional("MessageProperties") else { return [] }
    var properties: [MessageProperty] = []
    for field in list.all("Property") {
      let property = MessageProperty(
        name: try field.attribute("name"), type: try field.type(), value: try field.text())
      guard !properties.contains(where: { $0.name == property.name }) else {
        throw EbMSError(.invalidHeader, "\(field.path): \(shown(property.name)) occurs twice")
      }
      properties.append(property)
    }
    return properties
  }

  private static func parts(_ user: HeaderFields) throws(EbMSError) -> [PartInfo] {
    guard let payload = try user.optional("PayloadInfo") else { return [] }
    var parts: [PartInfo] = []
    for field in payload.all("PartInfo") {
      let part = PartInfo(contentID: try contentID(field), properties: try partProperties(field))
      guard !parts.contains(where: { $0.contentID == part.contentID }) else {
        throw EbMSError(.invalidHeader, "\(field.path)/@href names the same part as another")
      }
      try check(part, field.path)
      parts.append(part)
    }
    return parts
  }

  /// A payload in the Body or behind a link is not part of the federation's profile (TA05, TA08).
  private static func contentID(_ field: HeaderFields) throws(EbMSError) -> String {
    let href = try field.attribute("href")
    guard href.hasPrefix("cid:") else {
      throw EbMSError(.externalPayloadError, "\(field.path)/@href is not a cid: reference to a part of the message")
    }
    guard let id = CIDReference.contentID(href) else {
      throw EbMSError(.invalidHeader, "\(field.path)/@href is not a legal cid: reference")
    }
    return id
  }

  private static func partProperties(_ field: HeaderFields) throws(EbMSError) -> [PartProperty] {
    guard let list = try field.optional("PartProperties") else { return [] }
    var properties: [PartProperty] = []
    for field in list.all("Property") {
      let name = try field.attribute("name")
      guard !properties.contains(where: { $0.name == name }) else {
        throw EbMSError(.invalidHeader, "\(field.path): \(shown(name)) occurs twice")
      }
      properties.append(PartProperty(name: name, value: try field.text()))
    }
    return properties
  }

  private static func check(_ part: PartInfo, _ path: String) throws(EbMSError) {
    if let compression = part.value("CompressionType"), compression != AS4Names.gzip {
      throw EbMSError(.valueNotRecognized, "\(path): CompressionType is not application/gzip")
    }
    if part.isCompressed, part.mimeType == nil {
      throw EbMSError(.decompressionFailure, "\(path): a compressed part needs MimeType")  // TA26
    }
    if let type = part.mimeType, MediaType(type) == nil {
      throw EbMSError(.valueNotRecognized, "\(path): MimeType is not a media type")
    }
    if let set = part.characterSet, !isEncodingName(set) {
      throw EbMSError(.valueNotRecognized, "\(path): CharacterSet is not an encoding name of XML")  // TA28
    }
  }

  /// EncName of XML 1.0: a letter, then letters, digits, full stops, underscores and hyphens.
  private static func isEncodingName(_ name: String) -> Bool {
    let isLetter: (UInt8) -> Bool = { (0x41...0x5A).contains($0 & 0xDF) && $0 < 0x80 }
    return name.utf8.first.map(isLetter) == true
      && name.utf8.allSatisfy { isLetter($0) || (0x30...0x39).contains($0) || "._-".utf8.contains($0) }
  }
}
