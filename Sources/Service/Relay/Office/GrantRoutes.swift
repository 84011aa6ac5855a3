import Foundation
import HTTPTypes
import Mailbox
import SDKRelay

private struct GrantView: Encodable {
  let number: Int64
  let user: String?
  let client: String?
  let kind: String
  let organisation: String
  let mailbox: String?
  let from: Date
  let until: Date?

  init(_ grant: Grant) {
    number = grant.number
    switch grant.holder {
    case .user(let id): (user, client) = (id.value, nil)
    case .client(let id): (user, client) = (nil, id.value)
    }
    kind = grant.kind.rawValue
    organisation = grant.participant.value
    mailbox = grant.mailbox?.value
    (from, until) = (grant.start, grant.end)
  }

  static let schema = Schema.named("Grant") {
    .object(
      .required("number", .integer()), .optional("user", .text()), .optional("client", .text()),
      .required("kind", .text()), .required("organisation", .organisation), .optional("mailbox", .address),
      .required("from", .time), .optional("until", .time, "The first moment it no longer counts."))
  }
}

private struct GrantList: Encodable {
  let grants: [GrantView]
}

private struct NewGrantQuestion: Decodable {
  let user: String
  let kind: String
  let organisation: String
  let mailbox: String?
  let from: Date?
  let until: Date?
  let reason: String?

  static let schema = Schema.object(
    .required("user", .text(from: 1, to: 128)),
    .required("kind", .words(Role.allCases.map(\.rawValue) + ["protectedPersons"])),
    .required("organisation", .organisation),
    .optional(
      "mailbox", .address, "Left out for `systemAdministrator` and `auditor` in the user's whole organisation."),
    .optional("from", .time), .optional("until", .time),
    .optional("reason", .text(from: 1, to: 500), "For the audit trail. Never content or personal data."))
}

extension RouteTable {
  var grantRoutes: [Route] {
    [
      Route(
        .get, "grants", "listGrants", "The grants that you may give and end, those that have ended too.",
        answer: .json(.object(.required("grants", .list(GrantView.schema))))
      ) { [mailbox] asked in
        Self.answer(GrantList(grants: try mailbox.grants(for: asked.principal).map(GrantView.init)))
      },
      Route(
        .post, "grants", "giveGrant",
        """
        Give a user of your organisation a grant in a mailbox: `caseworker` and `protectedPersons` where you administer \
        it. Who administers the organisation gives any, in it as a whole too.
        """,
        body: NewGrantQuestion.schema, answer: .json(GrantView.schema), problems: [404, 409]
      ) { asked in Self.answer(try await giveGrant(asked)) },
      Route(
        .delete, "grants/{number}", "endGrant", "End a grant: it counts no longer at the next question.",
        query: [
          .optional("last", .flag, "true: also where it is the organisation's last `systemAdministrator`, else 409.")
        ], answer: .nothing, problems: [409]
      ) { [mailbox] asked in
        try await mailbox.endGrant(
          Int64(try asked.number()), isLastMeant: asked.flag("last") ?? false, by: asked.principal)
        return Self.done
      },
    ]
  }

  private func giveGrant(_ asked: Asked) async throws -> GrantView {
    let question = try asked.input(NewGrantQuestion.self)
    guard let kind = Grant.Kind(rawValue: question.kind), kind != .acting else {
      throw Problem.wrong("kind", "is none of the words for it")
    }
    let organisation = try Asked.organisation(question.organisation, "organisation")
    let place = try question.mailbox.map { MailboxID(organisation, try Asked.address($0, "mailbox")) }
    let user = try Asked.user(question.user, "user")
    return GrantView(
      try await mailbox.grant(
        kind, to: .user(user), in: place, of: organisation, from: question.from, until: question.until,
        reason: question.reason,
        by: asked.principal))
  }
}

extension AccessProblem {
  var answer: Problem {
    switch self {
    // Who works in another organisation is none of this one's business.
    case .unknown, .otherOrganisation: .nothing
    default: .conflict(description)
    }
  }
}
