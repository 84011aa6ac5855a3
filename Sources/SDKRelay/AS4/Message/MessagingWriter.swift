import Foundation
import XMLSecurity

/// Writes `eb:Messaging` with one user message, in the schema's order (ebMS Core §5.2).
enum MessagingWriter {
  static func element(_ message: UserMessage, id: String) -> XMLElement {
    let messaging = frame(id: id)
    let mpc = message.mpc.map { [XMLAttribute("mpc", $0)] } ?? []
    let user = messaging.append(XMLElement(ebms: "UserMessage", attributes: mpc))
    user.append(
      messageInfo(timestamp: message.timestamp, id: message.messageID, refToMessageID: message.refToMessageID))
    let parties = user.append(XMLElement(ebms: "PartyInfo"))
    parties.append(party("From", message.from))
    parties.append(party("To", message.to))
    let collaboration = user.append(XMLElement(ebms: "CollaborationInfo"))
    if let agreement = message.agreement { collaboration.append(typed("AgreementRef", agreement)) }
    collaboration.append(typed("Service", message.service))
    collaboration.append(XMLElement(ebms: "Action", message.action))
    collaboration.append(XMLElement(ebms: "ConversationId", message.conversationID))
    if !message.properties.isEmpty {
      let properties = user.append(XMLElement(ebms: "MessageProperties"))
      for property in message.properties { properties.append(element(property)) }
    }
    if !message.parts.isEmpty {
      let payload = user.append(XMLElement(ebms: "PayloadInfo"))
      for part in message.parts { payload.append(element(part)) }
    }
    return messaging
  }

  /// An empty header block with the id the signature refers to.
  static func frame(id: String) -> XMLElement {
    XMLElement(
      "eb:Messaging", uri: AS4Names.ebms, namespaces: [.ebms, .utility],
      attributes: [.mustUnderstand, .utilityID(id)])
  }

  static func messageInfo(timestamp: Date, id: String, refToMessageID: String?) -> XMLElement {
    let info = XMLElement(ebms: "MessageInfo")
    info.append(XMLElement(ebms: "Timestamp", EbMSTimestamp.text(timestamp)))
    info.append(XMLElement(ebms: "MessageId", id))
    if let refToMessageID { info.append(XMLElement(ebms: "RefToMessageId", refToMessageID)) }
    return info
  }

  private static func party(_ side: String, _ party: AS4Party) -> XMLElement {
    let element = XMLElement(ebms: side)
    element.append(typed("PartyId", TypedValue(party.partyID, type: party.type)))
    element.append(XMLElement(ebms: "Role", party.role))
    return element
  }

  private static func typed(_ name: String, _ value: TypedValue) -> XMLElement {
    XMLElement(ebms: name, value.value, attributes: value.type.map { [XMLAttribute("type", $0)] } ?? [])
  }

  private static func element(_ property: MessageProperty) -> XMLElement {
    let type = property.type.map { [XMLAttribute("type", $0)] } ?? []
    return XMLElement(ebms: "Property", property.value, attributes: [XMLAttribute("name", property.name)] + type)
  }

  private static func element(_ part: PartInfo) -> XMLElement {
    let info = XMLElement(
      ebms: "PartInfo", attributes: [XMLAttribute("href", CIDReference.uri(part.contentID))])
    let properties = info.append(XMLElement(ebms: "PartProperties"))
    for property in part.properties {
      properties.append(XMLElement(ebms: "Property", property.value, attributes: [XMLAttribute("name", property.name)]))
    }
    return info
  }
}
