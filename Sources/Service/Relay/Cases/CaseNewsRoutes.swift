import Foundation
import Hummingbird
import Mailbox
import SDKRelay
import StructuredBridge

extension RouteTable {
  var caseRoutes: [Route] {
    [
      Route(
        .get, "cases/events", "listCaseEvents",
        """
        What happened to the messages of cases that you may see, after a cursor. Each piece of news comes once and in order; \
        a piece is told by its id.
        """,
        query: [
          .optional("after", Self.newsCursor, "The `next` of the former page; `now` begins at the end of the list."),
          .optional("limit", .integer(from: 1, to: 500), "At most so many; 100 where it is not said."),
          .optional("wait", .integer(from: 0, to: 60), "How many seconds to wait where there is nothing yet."),
        ], answer: .json(CaseNewsPageView.schema)
      ) { asked in Self.answer(try await newsPage(asked)) }
    ]
  }

  /// A cursor, or `now`.
  private static let newsCursor = Schema.text(from: 3, to: 48, pattern: "^(now|[A-Za-z0-9_-]{48})$")

  private func newsPage(_ asked: Asked) async throws -> CaseNewsPageView {
    let wait = asked.integer("wait") ?? 0
    let place = wait > 0 ? try waits.take(for: asked.principal) : nil
    defer { withExtendedLifetime(place) {} }
    let end = ContinuousClock.now + .seconds(wait)
    let text = asked.text("after")
    var after = text == "now" ? nil : try position(text, of: .cases, "after") ?? 0
    var principal = asked.principal
    while true {
      let last = try mailbox.events(after: nil, for: principal).end
      let page = try bridge.caseNews(after: after, limit: asked.integer("limit") ?? 100, for: principal)
      let isOver = !page.news.isEmpty || page.hasMore || .now >= end
      // Whatever makes news is an event of the node too, or comes within the pace.
      guard !isOver, await rest(beyond: last, until: min(end, .now + pace.recheck)) else {
        return CaseNewsPageView(
          news: page.news.map(CaseNewsBody.init), next: cursors.seal(page.end, of: .cases), more: page.hasMore)
      }
      after = page.end
      do {
        principal = try await authority.caller(token: asked.token, at: .now).principal
      } catch is Unauthenticated {
        throw Problem.unauthorized("invalid_token")
      }
    }
  }
}

/// A part of the list of news.
struct CaseNewsPageView: Encodable {
  let news: [CaseNewsBody]
  let next: String
  let more: Bool

  static let schema = Schema.object(
    .required("news", .list(CaseNewsBody.schema), "Oldest first."),
    .required("next", Cursors.schema, "Where to go on. It is another each time, also where there was nothing."),
    .required("more", .flag, "Whether there may be more already."))
}

extension CaseNewsBody {
  static let schema = Schema.named("CaseEvent") {
    .object(
      .required("id", .id, "The piece's own id, the same whenever it comes again."), .required("time", .time),
      .required("event", .words(CaseNews.Kind.allCases.map(\.rawValue))), .required("organisation", .organisation),
      .required("caseId", .id),
      .required(
        "references",
        .list(
          .object(
            .required("kind", .words(CaseReference.Kind.allCases.map(\.rawValue))),
            .required("value", .text(from: 1, to: 256)))), "The case's own ids and case numbers."),
      .required("messageId", .id), .required("mailbox", .address), .required("direction", MessageHead.direction),
      .required("conversationId", .id),
      .optional("detail", .text(), "The status of a receipt, or the step that a link rests on."))
  }
}
