import Foundation
import HTTPTypes
import Mailbox
import SDKRelay

extension RouteTable {
  var openingRoutes: [Route] {
    [
      Route(
        .get, "messages/concealed", "listConcealed",
        """
        For users: messages about protected persons in your mailboxes that are not for you, newest first: that they are there, \
        and nothing of them.
        """,
        query: [
          .optional("organisation", .organisation, "With `mailbox`: only this mailbox's."),
          .optional("mailbox", .address),
          .optional("before", Cursors.schema, "The `next` of the former page."),
          .optional("limit", .integer(from: 1, to: 500), "At most so many; 50 where it is not said."),
        ], answer: .json(ConcealedPage.schema), problems: [403]
      ) { asked in Self.answer(try concealed(asked)) },
      Route(
        .post, "messages/{id}/openings", "openProtected",
        """
        For users: say why you open a message about a protected person. For an hour it opens, with what of its conversation is for \
        the same persons. With `breakGlass` also where it is not for you, if the mailbox's settings allow it; its owner is \
        told. 409: it opens without a reason.
        """,
        query: [Self.direction], body: OpeningQuestion.schema, answer: .json(OpeningView.schema),
        problems: [403, 404, 409]
      ) { [mailbox] asked in
        let question = try asked.input(OpeningQuestion.self)
        let opening = try await mailbox.open(
          protected: try asked.id(), direction: asked.direction, reason: question.reason,
          breakingGlass: question.breakGlass ?? false, by: asked.principal)
        return Self.answer(OpeningView(opening))
      },
    ]
  }

  private func concealed(_ asked: Asked) throws -> ConcealedPage {
    guard case .user = asked.principal else { throw Problem.usersOnly }
    let limit = asked.integer("limit") ?? 50
    let found = try mailbox.concealed(
      in: Asked.mailbox(asked.text("organisation"), asked.text("mailbox")),
      before: try position(asked.text("before"), of: .messages, "before") ?? .max, limit: limit, for: asked.principal)
    let last = found.count == limit ? found.last : nil
    return ConcealedPage(
      messages: found.map(ConcealedPage.Item.init), next: last.map { cursors.seal($0.row, of: .messages) })
  }
}

private struct ConcealedPage: Encodable {
  let messages: [Item]
  let next: String?

  struct Item: Encodable {
    let id: String
    let organisation: String
    let mailbox: String
    let direction: String
    let status: String
    let stored: String
    let subject = "Skyddad uppgift"

    init(_ message: ConcealedMessage) {
      id = message.id.value
      organisation = message.mailbox.participant.value
      mailbox = message.mailbox.address.value
      direction = message.direction.rawValue
      status = message.status.rawValue
      stored = APITime.text(message.stored)
    }
  }

  static let schema = Schema.object(
    .required(
      "messages",
      .list(
        .object(
          .required("id", .id), .required("organisation", .organisation), .required("mailbox", .address),
          .required("direction", MessageHead.direction), .required("status", MessageHead.status),
          .required("stored", .time), .required("subject", .text(), "Always `Skyddad uppgift`."))), "Newest first."),
    .optional("next", Cursors.schema, "There may be more before it."))
}

private struct OpeningQuestion: Decodable {
  let reason: String
  let breakGlass: Bool?

  static let schema = Schema.object(
    .required("reason", .text(from: 3, to: 500), "For the audit trail. Never content or personal data."),
    .optional("breakGlass", .flag, "You mean to open what is not for you."))
}

private struct OpeningView: Encodable {
  let until: String
  let glassBroken: Bool

  init(_ opening: ProtectedOpening) {
    until = APITime.text(opening.end)
    glassBroken = opening.isGlassBroken
  }

  static let schema = Schema.object(
    .required("until", .time, "When it no longer opens."),
    .required("glassBroken", .flag, "Whether you are let in by nothing but the reason."))
}

extension OpeningProblem {
  var answer: Problem {
    switch self {
    case .usersOnly: .usersOnly
    case .reason: .wrong("reason", description)
    case .notProtected: .conflict(description)
    case .notForYou, .glassForbidden: Problem(status: .forbidden, title: "Forbidden", detail: description)
    }
  }
}
