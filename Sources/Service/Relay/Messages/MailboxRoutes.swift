import HTTPTypes
import Mailbox
import SDKRelay

struct MailboxView: Encodable {
  let organisation: String
  let address: String
  let name: String?
  let unhandled: Int?

  static let schema = Schema.named("Mailbox") {
    .object(
      .required("organisation", .organisation), .required("address", .address), .optional("name", .text()),
      .optional(
        "unhandled", .integer(),
        "How many received messages nobody has marked done, of those you may see. For users who may see messages."))
  }
}

private struct PrincipalView: Encodable {
  let kind: String
  let name: String
  let expires: String
}

private struct MailboxList: Encodable {
  let mailboxes: [MailboxView]
}

extension RouteTable {
  var mailboxRoutes: [Route] {
    [
      Route(
        .get, "principal", "getPrincipal", "Who you are here, and until when the token holds.",
        answer: .json(
          .object(
            .required("kind", .words(["user", "client"])), .required("name", .text()), .required("expires", .time)))
      ) { asked in
        Self.answer(
          PrincipalView(
            kind: asked.principal.kind, name: asked.principal.name, expires: APITime.text(asked.caller.expires)))
      },
      Route(
        .get, "mailboxes", "listMailboxes", "The mailboxes that you may see.",
        answer: .json(.object(.required("mailboxes", .list(MailboxView.schema))))
      ) { [mailbox] asked in
        let mailboxes = try await mailbox.mailboxes(for: asked.principal)
        return Self.answer(
          MailboxList(
            mailboxes: mailboxes.map {
              MailboxView(
                organisation: $0.id.participant.value, address: $0.id.address.value, name: $0.name,
                unhandled: $0.unhandled)
            }))
      },
    ]
  }
}
