import Foundation
import HTTPTypes
import Mailbox
import SDKRelay
import StructuredBridge

extension RouteTable {
  var linkRoutes: [Route] {
    [
      Route(
        .get, "links", "listLinks",
        """
        Messages and the cases they belong to, or may belong to, newest first; without `state` those that wait for somebody.
        """,
        query: [
          .optional("state", .words(MessageLink.State.allCases.map(\.rawValue))),
          .optional("organisation", .organisation, "With `mailbox`: only this mailbox's."),
          .optional("mailbox", .address),
          .optional("before", Cursors.schema, "The `next` of the former page."),
          .optional("limit", .integer(from: 1, to: 500), "At most so many; 50 where it is not said."),
        ], answer: .json(LinkPage.schema)
      ) { asked in Self.answer(try await links(asked)) },
      Route(
        .get, "messages/{id}/link", "getLink", "Which case the message belongs to, or may belong to, and why.",
        answer: .json(LinkView.schema)
      ) { [bridge] asked in
        Self.answer(LinkView(try await bridge.link(of: asked.id(), for: asked.principal)))
      },
      Route(
        .post, "messages/{id}/link", "confirmLink",
        "Say which case the message belongs to; without `case` it is the only one proposed. 409: somebody else was first.",
        body: LinkQuestion.schema, answer: .json(LinkView.schema), problems: [403, 409]
      ) { [bridge] asked in
        let question = try asked.input(LinkQuestion.self)
        return Self.answer(
          LinkView(
            try await bridge.confirmLink(
              of: asked.id(), to: question.case, version: question.version, by: asked.principal)))
      },
      Route(
        .post, "messages/{id}/link/reject", "rejectLink", "Say that the message belongs to none of the cases proposed.",
        body: LinkEndQuestion.schema, answer: .json(LinkView.schema), problems: [403, 409]
      ) { [bridge] asked in
        let question = try asked.input(LinkEndQuestion.self)
        return Self.answer(
          LinkView(
            try await bridge.rejectLink(
              of: asked.id(), version: question.version, reason: question.reason, by: asked.principal)))
      },
      Route(
        .post, "messages/{id}/link/undo", "undoLink",
        """
        Take a wrong link away, with those of the conversation that rest on it; with `case` all of them are linked to the right \
        one. It is an incident: the history keeps it and the mailbox's owner is told.
        """,
        body: LinkEndQuestion.schema, answer: .json(LinkView.schema), problems: [403, 409]
      ) { [bridge] asked in
        let question = try asked.input(LinkEndQuestion.self)
        return Self.answer(
          LinkView(
            try await bridge.undoLink(
              of: asked.id(), to: question.case, version: question.version, reason: question.reason ?? "",
              by: asked.principal)))
      },
      Route(
        .get, "cases/{id}/messages", "listCaseMessages",
        "The messages that belong to a case, of those you may see, newest first; none where there is no such case.",
        query: [
          .optional("proposed", .flag, "true: also those that the case is proposed for."),
          .optional("before", Cursors.schema, "The `next` of the former page."),
          .optional("limit", .integer(from: 1, to: 500), "At most so many; 50 where it is not said."),
        ], answer: .json(LinkPage.schema)
      ) { asked in Self.answer(try await messagesOfCase(asked)) },
      Route(
        .post, "cases/letter", "fillLetter",
        """
        What a case fills in of a message about it: recipient, a neutral subject, and references that lead the answer back to it.
        """,
        body: LetterQuestion.schema, answer: .json(LetterView.schema), problems: [404, 409]
      ) { asked in Self.answer(try await letter(asked)) },
    ]
  }

  private func links(_ asked: Asked) async throws -> LinkPage {
    let limit = asked.integer("limit") ?? 50
    let state = asked.text("state").flatMap(MessageLink.State.init).map { [$0] } ?? []
    let before = try position(asked.text("before"), of: .messages, "before")
    let found = try await bridge.links(
      Set(state), in: Asked.mailbox(asked.text("organisation"), asked.text("mailbox")), before: before ?? .max,
      limit: limit, for: asked.principal)
    let last = found.count == limit ? found.last : nil
    return LinkPage(links: found.map(LinkView.init), next: last.map { cursors.seal($0.number, of: .messages) })
  }

  private func messagesOfCase(_ asked: Asked) async throws -> LinkPage {
    let limit = asked.integer("limit") ?? 50
    let before = try position(asked.text("before"), of: .messages, "before")
    let found = try await bridge.messages(
      ofCase: asked.id().comparable, withProposed: asked.flag("proposed") ?? false, before: before ?? .max,
      limit: limit, for: asked.principal)
    let last = found.count == limit ? found.last : nil
    return LinkPage(links: found.map(LinkView.init), next: last.map { cursors.seal($0.number, of: .messages) })
  }

  private func letter(_ asked: Asked) async throws -> LetterView {
    let question = try asked.input(LetterQuestion.self)
    var wanted = CaseLetterQuestion(
      question.case, of: try Asked.organisation(question.organisation, "organisation"))
    wanted.kind = question.kind.flatMap(InformationKind.init) ?? .other
    wanted.sender = try question.mailbox.map { try Asked.address($0, "mailbox") }
    wanted.recipient = try question.recipient.map { try Asked.address($0, "recipient") }
    wanted.withPersonNumber = question.personNumber ?? false
    return LetterView(try await bridge.letter(wanted, by: asked.principal))
  }
}

private struct LinkQuestion: Decodable {
  let `case`: String?
  let version: Int

  static let schema = Schema.object(
    .optional("case", .text(from: 1, to: 256), "The case's id, its case number or its system's id."),
    .required("version", .integer(to: 1_000_000_000), "The version of the link that was seen."))
}

private struct LinkEndQuestion: Decodable {
  let `case`: String?
  let version: Int
  let reason: String?

  static let schema = Schema.object(
    .optional("case", .text(from: 1, to: 256), "For `undo`: the right case."),
    .required("version", .integer(to: 1_000_000_000), "The version of the link that was seen."),
    .optional("reason", .text(from: 1, to: 500), "For the history; needed for `undo`. Never personal data."))
}

private struct LetterQuestion: Decodable {
  let organisation: String
  let `case`: String
  let mailbox: String?
  let recipient: String?
  let kind: String?
  let personNumber: Bool?

  static let schema = Schema.object(
    .required("organisation", .organisation), .required("case", .text(from: 1, to: 256)),
    .optional("mailbox", .address, "Where it comes from; the case's own where it has one."),
    .optional("recipient", .address, "The counterparty's mailbox; the only one that the agreement lets."),
    .optional("kind", .words(InformationKind.allCases.map(\.rawValue)), "What it is about; `other` unless it is said."),
    .optional("personNumber", .flag, "Whether the person's number is wanted; only where the agreement lets it."))
}

struct ReferenceView: Encodable {
  let kind: String
  let owner: String
  let value: String

  static let schema = Schema.object(
    .required("kind", .words(CaseReference.Kind.allCases.map(\.rawValue))),
    .required("owner", .words(CaseReference.Owner.allCases.map(\.rawValue))),
    .required("value", .text(from: 1, to: 256)))
}

struct CaseView: Encodable {
  let id: String
  let counterparty: String
  let opened: String
  let closed: String?
  let references: [ReferenceView]

  init(_ record: CaseRecord) {
    id = record.id.value
    counterparty = record.counterparty.value
    opened = APITime.text(record.opened)
    closed = record.closed.map(APITime.text)
    references = record.references.map {
      ReferenceView(kind: $0.kind.rawValue, owner: $0.owner.rawValue, value: $0.value)
    }
  }

  static let schema = Schema.named("Case") {
    .object(
      .required("id", .id), .required("counterparty", .organisation), .required("opened", .time),
      .optional("closed", .time), .required("references", .list(ReferenceView.schema)))
  }
}

/// A message and its case.
struct LinkView: Encodable {
  let message: String
  let organisation: String
  let mailbox: String
  let direction: String
  let state: String
  let step: Int
  let reason: String
  let flags: [String]
  let version: Int
  let cases: [CaseView]

  init(_ link: MessageLink) {
    (message, direction, state) = (link.message.value, link.direction.rawValue, link.state.rawValue)
    (organisation, mailbox) = (link.mailbox.participant.value, link.mailbox.address.value)
    (step, reason, flags, version) = (link.step, link.reason, link.flags, link.version)
    cases = link.cases.map(CaseView.init)
  }

  static let schema = Schema.named("CaseLink") {
    .object(
      .required("message", .id), .required("organisation", .organisation), .required("mailbox", .address),
      .required("direction", MessageHead.direction),
      .required("state", .words(MessageLink.State.allCases.map(\.rawValue))),
      .required("step", .integer(to: 7), "Of the cascade; 0 for what somebody decided."),
      .required("reason", .text(), "A code."), .required("flags", .list(.text()), "What is wrong with references."),
      .required("version", .integer()), .required("cases", .list(CaseView.schema)))
  }
}

private struct LinkPage: Encodable {
  let links: [LinkView]
  let next: String?

  static let schema = Schema.object(
    .required("links", .list(LinkView.schema), "Newest first."),
    .optional("next", Cursors.schema, "There may be more before it."))
}

private struct LetterView: Encodable {
  struct Reference: Encodable {
    let root: String
    let value: String
    let label: String?
  }

  let caseId: String
  let mailbox: String
  let recipientOrganisation: String
  let recipient: String
  let subject: String
  let references: [Reference]
  let confidential: Bool

  init(_ letter: CaseLetter) {
    caseId = letter.record.id.value
    mailbox = letter.sender.address.value
    (recipientOrganisation, recipient) = (letter.recipient.participant.value, letter.recipient.address.value)
    subject = letter.subject
    references = letter.references.map { Reference(root: $0.root, value: $0.value, label: $0.label) }
    confidential = letter.isConfidential
  }

  static let schema = Schema.object(
    .required("caseId", .id), .required("mailbox", .address), .required("recipientOrganisation", .organisation),
    .required("recipient", .address), .required("subject", .text()),
    .required(
      "references",
      .list(
        .object(
          .required("root", .text(from: 1)), .required("value", .text(from: 1)), .optional("label", .text()))),
      "For the sender's references of the message."),
    .required("confidential", .flag, "Whether the message has to be under secrecy."))
}

extension LinkProblem {
  var answer: Problem {
    switch self {
    case .usersOnly: .usersOnly
    case .needsReason: .wrong("reason", description)
    case .noCase: .wrong("case", description)
    case .stale, .isLinked, .isNotLinked, .nothingProposed, .expired: .conflict(description)
    }
  }
}
