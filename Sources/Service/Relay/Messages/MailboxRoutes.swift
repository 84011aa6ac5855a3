import Foundation
import HTTPTypes
import Mailbox
import SDKRelay

struct MailboxView: Encodable {
  let organisation: String
  let address: String
  let name: String?
  let agreed: Bool
  let absence: String?
  let forwardsTo: String?
  let unhandled: Int?

  init(_ mailbox: MailboxOverview, unhandled: Int?) {
    organisation = mailbox.organisation.value
    address = mailbox.mailbox.value
    name = mailbox.name
    agreed = mailbox.isAgreed
    absence = mailbox.absence?.text
    forwardsTo = mailbox.forwardsTo?.value
    self.unhandled = unhandled
  }

  static let schema = Schema.named("Mailbox") {
    .object(
      .required("organisation", .organisation), .required("address", .address), .optional("name", .text()),
      .required("agreed", .flag, "Whether an agreement in force, or without any the directory, names it."),
      .optional("absence", .text(), "A text for colleagues, in force now."),
      .optional("forwardsTo", .address, "Where what arrives now is handled instead."),
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
        var counts: [MailboxID: Int] = [:]
        // What a client has taken for its own is out of its lists, and not out of the counts: they are for users.
        if case .user = asked.principal { counts = try mailbox.unhandled(for: asked.principal) }
        return Self.answer(
          MailboxList(
            mailboxes: mailboxes.map { MailboxView($0, unhandled: counts[MailboxID($0.organisation, $0.mailbox)]) }))
      },
    ]
  }
}
