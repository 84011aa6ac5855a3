import Mailbox
import SDKRelay

/// One end of a message.
struct PartyView: Encodable {
  let organisation: String
  let organisationName: String?
  let mailbox: String?
  let mailboxName: String?

  init(_ party: MessageParty) {
    organisation = party.id.value
    organisationName = party.label
    mailbox = party.mailbox?.value
    mailboxName = party.mailboxLabel
  }

  static let schema = Schema.named("Party") {
    .object(
      .required("organisation", .organisation), .optional("organisationName", .text()), .optional("mailbox", .address),
      .optional("mailboxName", .text()))
  }
}

/// A message as lists show it.
struct MessageHead: Encodable {
  let id: String
  let direction: String
  let status: String
  let created: String
  let stored: String
  let conversation: String
  let answers: String?
  let sender: PartyView
  let recipient: PartyView
  let subject: String
  let confidential: Bool

  init(_ message: StoredMessage) {
    id = message.id.value
    direction = message.direction.rawValue
    status = message.status.rawValue
    created = APITime.text(message.created)
    stored = APITime.text(message.stored)
    conversation = message.conversationID.value
    answers = message.refToMessageID?.value
    sender = PartyView(message.sender)
    recipient = PartyView(message.recipient)
    subject = message.subject
    confidential = message.content.isConfidential
  }

  static let direction = Schema.named("Direction") { .words(MessageDirection.allCases.map(\.rawValue)) }
  static let status = Schema.named("Status") { .words(MessageStatus.allCases.map(\.rawValue)) }

  static let schema = Schema.named("MessageHead") {
    .object(
      .required("id", .id), .required("direction", direction, "As seen from this node's mailbox."),
      .required("status", status), .required("created", .time, "The time its writer gave it."),
      .required("stored", .time, "When this node took it."), .required("conversation", .id),
      .optional("answers", .id, "The message that it refers to."), .required("sender", PartyView.schema),
      .required("recipient", PartyView.schema), .required("subject", .text()),
      .required("confidential", .flag, "The sender's mark of secrecy."))
  }
}
