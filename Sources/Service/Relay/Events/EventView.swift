import Mailbox
import SDKRelay

/// Something that happened to a message: ids and codes.
struct EventView: Encodable {
  let time: String
  let organisation: String
  let mailbox: String
  let message: String
  let direction: String
  let conversation: String
  let status: String?
  let text: String

  init(_ event: MessageEvent) {
    time = APITime.text(event.time)
    organisation = event.mailbox.participant.value
    mailbox = event.mailbox.address.value
    message = event.messageID.value
    direction = event.direction.rawValue
    conversation = event.conversationID.value
    status = event.status?.rawValue
    text = event.text
  }

  static let schema = Schema.named("Event") {
    .object(
      .required("time", .time), .required("organisation", .organisation), .required("mailbox", .address),
      .required("message", .id), .required("direction", MessageHead.direction), .required("conversation", .id),
      .optional("status", MessageHead.status, "The status the message reached, when it did."),
      .required("text", .text(), "What happened, for people and logs. Sentences may change."))
  }
}

/// A part of the list of events.
struct EventPage: Encodable {
  let events: [EventView]
  let next: String
  let more: Bool

  static let schema = Schema.object(
    .required("events", .list(EventView.schema), "Oldest first."),
    .required("next", Cursors.schema, "Where to go on. It is another each time, also where there was nothing."),
    .required("more", .flag, "Whether there may be more already."))
}
