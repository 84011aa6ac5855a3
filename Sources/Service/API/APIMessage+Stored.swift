import Foundation
import SDKRelay

extension APIMessage {
  /// - Parameters:
  ///   - events: what happened, oldest first; nil for lists.
  ///   - documents: nil for lists, which never carry content (SDK-API-03).
  init(_ message: StoredMessage, events: [RelayEvent]? = nil, documents: [DigitalDocument]? = nil) {
    let content = message.content
    type = "messages"
    id = message.id.value
    attributes = Attributes(
      messageStatus: message.status.reported.rawValue, creationDateTime: APITime.text(message.created),
      messageId: message.id.value, conversationId: message.conversationID.value,
      refToMessageId: message.refToMessageID?.value, confidentiality: content.isConfidential,
      generatingSystem: content.generatingSystem.map { Identifier(root: $0.root, extension: $0.extension) },
      recipientAttention: Attention(message.recipient, content.recipientPersons, content.returnedReferences),
      senderAttention: Attention(message.sender, content.senderPersons, content.references),
      sender: message.sender.id.value, recipient: message.recipient.id.value, label: content.subject,
      digitalDocument: documents, events: events.map { Events(message, $0) })
  }
}

extension APIMessage.Attention {
  fileprivate init(_ party: MessageParty, _ persons: [StoredContent.Person], _ references: [Draft.Reference]) {
    subOrganization = APIMessage.Identifier(
      root: FunctionalAddress.root, extension: party.mailbox?.value, label: party.mailboxLabel)
    attentionPerson =
      persons.isEmpty
      ? nil
      : persons.map {
        APIMessage.Identifier(root: $0.id?.root, extension: $0.id?.extension, label: $0.label)
      }
    referenceId =
      references.isEmpty
      ? nil
      : references.map {
        APIMessage.Identifier(root: $0.root, extension: $0.value, label: $0.label)
      }
  }
}

extension APIMessage.Events {
  fileprivate init(_ message: StoredMessage, _ events: [RelayEvent]) {
    type = "urn:event-type:sdk:message"
    title = message.status.reported.rawValue
    detail = "NA"
    instance = message.id.value
    eventIssues = events.reversed().map { event in
      APIMessage.Event(
        typeCode: (event.status ?? message.status).reported.rawValue, title: event.text.limited(to: 120), detail: "NA",
        in: "NA", dateTime: APITime.text(event.time))
    }
  }
}
