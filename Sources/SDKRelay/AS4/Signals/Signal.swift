public import Foundation
public import XMLSecurity

/// Answers to user messages: receipts and errors (ebMS Core §5.2.3, AS4 §5.1.8).
public enum Signal {
  /// The HTTP Content-Type of every signal made here.
  public static let contentType = "\(AS4Names.soapType); charset=UTF-8"

  /// The signed receipt for what has been received: it repeats each signed reference (TA14). Store the bytes; a
  /// repeated message gets the same ones.
  public static func receipt(
    for message: VerifiedUserMessage, signer: Identity, mode: ProcessingMode, at now: Date = Date()
  ) throws -> [UInt8] {
    let receipt = XMLElement(ebms: "Receipt")
    let information = receipt.append(
      XMLElement(
        "ebbp:NonRepudiationInformation", uri: AS4Names.receipt,
        namespaces: [XMLNamespace(prefix: "ebbp", uri: AS4Names.receipt), .ds]))
    for reference in message.references {
      information.append(XMLElement("ebbp:MessagePartNRInformation", uri: AS4Names.receipt))
        .append(reference.element())
    }
    return try signed(receipt, about: message.message.messageID, signer: signer, mode: mode, at: now)
  }

  /// The signed error signal.
  public static func error(
    _ error: EbMSError, signer: Identity, mode: ProcessingMode = .federation, at now: Date = Date()
  ) throws -> [UInt8] {
    var attributes = [
      XMLAttribute("category", error.code.category), XMLAttribute("errorCode", error.code.rawValue),
      XMLAttribute("origin", error.code.origin),
    ]
    if let id = error.refToMessageID { attributes.append(XMLAttribute("refToMessageInError", id)) }
    attributes.append(XMLAttribute("severity", error.severity.rawValue))
    attributes.append(XMLAttribute("shortDescription", error.code.shortDescription))
    let element = XMLElement(ebms: "Error", attributes: attributes)
    let language = XMLAttribute(prefix: "xml", uri: AS4Names.xml, local: "lang", value: "en")
    element.append(XMLElement(ebms: "Description", error.text, attributes: [language]))
    element.append(XMLElement(ebms: "ErrorDetail", error.detail))
    return try signed(element, about: error.refToMessageID, signer: signer, mode: mode, at: now)
  }

  private static func signed(
    _ content: XMLElement, about messageID: String?, signer: Identity, mode: ProcessingMode, at now: Date
  ) throws -> [UInt8] {
    let envelope = OutgoingEnvelope { id in
      let messaging = MessagingWriter.frame(id: id)
      let signal = messaging.append(XMLElement(ebms: "SignalMessage"))
      signal.append(
        MessagingWriter.messageInfo(
          timestamp: now, id: UserMessage.newMessageID(), refToMessageID: messageID))
      signal.append(content)
      return messaging
    }
    let keyInfo = try envelope.addSignerToken(signer, mode.signatureKeyReference)
    try envelope.sign(envelope.references(), signer: signer, keyInfo: keyInfo)
    return envelope.serialized()
  }
}
