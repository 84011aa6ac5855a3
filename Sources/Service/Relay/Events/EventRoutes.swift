import Foundation
import HTTPTypes
import Hummingbird
import Mailbox
import SDKRelay
import ServiceLifecycle

/// The times of event streams.
struct EventPace: Sendable {
  /// How often a stream in which nothing happens gives a sign.
  var heartbeat = Duration.seconds(15)
  /// How often it is asked whether token and grants still hold, where nothing happens.
  var recheck = Duration.seconds(5)
  /// How long a reader may take nothing.
  var patience = Duration.seconds(30)
}

extension RouteTable {
  var eventRoutes: [Route] {
    [
      Route(
        .get, "events", "listEvents",
        "What happened to the messages that you may see, after a cursor. Each event comes at least once and in order.",
        query: [
          .optional("after", Self.cursor, "The `next` of the former page; `now` begins at the end of the list."),
          .optional("limit", .integer(from: 1, to: 500), "At most so many; 100 where it is not said."),
          .optional("wait", .integer(from: 0, to: 60), "How many seconds to wait where there is nothing yet."),
        ], answer: .json(EventPage.schema)
      ) { asked in Self.answer(try await page(asked)) },
      Route(
        .get, "events/stream", "streamEvents",
        """
        The same events as server-sent events. A stream ends with the event `end` when the token or a grant does; \
        `Last-Event-ID` goes on from where one ended.
        """,
        query: [.optional("after", Self.cursor, "Where to begin, without a `Last-Event-ID`.")],
        answer: .bytes("text/event-stream")
      ) { asked in try stream(asked) },
    ]
  }

  /// A cursor, or `now`.
  private static let cursor = Schema.text(from: 3, to: 48, pattern: "^(now|[A-Za-z0-9_-]{48})$")

  private func beginning(_ text: String?) throws(Problem) -> Int64? {
    text == "now" ? nil : try position(text, of: .events, "after") ?? 0
  }

  // MARK: Pages

  private func page(_ asked: Asked) async throws -> EventPage {
    let wait = asked.integer("wait") ?? 0
    let place = wait > 0 ? try waits.take(for: asked.principal) : nil
    defer { withExtendedLifetime(place) {} }
    let end = ContinuousClock.now + .seconds(wait)
    var after = try beginning(asked.text("after"))
    var principal = asked.principal
    while true {
      let part = try mailbox.events(after: after, limit: asked.integer("limit") ?? 100, for: principal)
      let isOver = !part.events.isEmpty || part.hasMore || .now >= end
      guard !isOver, await rest(beyond: part.end, until: min(end, .now + pace.recheck)) else {
        return EventPage(
          events: part.events.map(EventView.init), next: cursors.seal(part.end, of: .events), more: part.hasMore)
      }
      after = part.end
      do {
        principal = try await authority.caller(token: asked.token, at: .now).principal
      } catch is Unauthenticated {
        throw Problem.unauthorized("invalid_token")
      }
    }
  }

  /// Until something happens or the time is over.
  /// - Returns: false when the node shuts down, or nobody waits for the answer any more.
  func rest(beyond number: Int64, until end: ContinuousClock.Instant) async -> Bool {
    await cancelWhenGracefulShutdown { [mailbox] in
      await mailbox.relay.eventWatch.wait(beyond: number, until: end)
    }
    return !Task.isShuttingDownGracefully && !Task.isCancelled
  }

  // MARK: Streams

  private func stream(_ asked: Asked) throws -> Response {
    let place = try waits.take(for: asked.principal)
    let last = HTTPField.Name("Last-Event-ID").flatMap { asked.headers[$0] }
    let first = try last.map { try position($0, of: .events, "Last-Event-ID") } ?? beginning(asked.text("after"))
    let stream = EventStream(table: self, token: asked.token)
    let body = PacedBody(channel: asked.context.channel, patience: pace.patience)
    return Response(
      status: .ok,
      headers: [
        .contentType: "text/event-stream", .cacheControl: "no-store", .xContentTypeOptions: "nosniff",
        // Else a proxy gathers events before it passes them on.
        HTTPField.Name("X-Accel-Buffering")!: "no",
      ],
      body: body.body(length: nil) { give in
        defer { withExtendedLifetime(place) {} }
        try await stream.run(from: first, give)
      })
  }
}
