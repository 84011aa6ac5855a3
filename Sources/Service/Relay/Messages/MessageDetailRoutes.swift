import Foundation
import HTTPTypes
import Hummingbird
import Mailbox
import SDKRelay
import XMLSecurity

extension RouteTable {
  static let direction = Schema.Property.optional(
    "direction", MessageHead.direction, "Whose copy, where two of your mailboxes exchanged it.")

  var messageRoutes: [Route] {
    [
      Route(
        .post, "messages/search", "searchMessages", "Find messages by words and marks, newest first.",
        body: SearchQuestion.schema, answer: .json(SearchAnswer.schema)
      ) { asked in Self.answer(try await search(asked)) },
      Route(
        .post, "messages/status", "listStatuses", "Where up to 1,000 messages stand, in one answer.",
        body: StatusQuestion.schema, answer: .json(StatusAnswer.schema)
      ) { [mailbox] asked in
        var ids: [MessageID] = []
        for text in try asked.input(StatusQuestion.self).ids { ids.append(try Asked.messageID(text, "ids")) }
        return Self.answer(StatusAnswer(ids, try mailbox.standings(of: ids, for: asked.principal)))
      },
      Route(
        .get, "messages/{id}", "openMessage", "A message with its texts, its list of attachments and its history.",
        query: [Self.direction], answer: .json(MessageDetails.schema), problems: [403]
      ) { [mailbox] asked in
        let message = try await mailbox.open(try asked.id(), direction: asked.direction, by: asked.principal)
        return Self.answer(MessageDetails(message, try mailbox.relay.events(of: message)))
      },
      Route(
        .get, "messages/{id}/attachments/{number}", "getAttachment", "An attachment's bytes, for saving.",
        query: [Self.direction], answer: .bytes(nil), problems: [403]
      ) { asked in try await attachment(asked) },
      Route(
        .get, "messages/{id}/receipts", "getReceipts", "Which receipts there are of a message, and what they say.",
        query: [Self.direction], answer: .json(ReceiptsView.schema), problems: [403]
      ) { [mailbox] asked in
        let message = try await mailbox.open(
          try asked.id(), direction: asked.direction, part: "receipts", by: asked.principal)
        return Self.answer(
          ReceiptsView(try mailbox.relay.evidence(of: message), try mailbox.relay.receipt(of: message)))
      },
      Route(
        .get, "messages/{id}/evidence", "exportEvidence",
        "Everything that proves a message, in one signed file (ASiC-E).",
        answer: .bytes("application/vnd.etsi.asic-e+zip"),
        problems: [403, 409]
      ) { asked in try await evidence(asked) },
    ]
  }

  private func search(_ asked: Asked) async throws -> SearchAnswer {
    let question = try asked.input(SearchQuestion.self)
    let search = try question.search(before: try position(question.before, of: .messages, "before"))
    let found = try await mailbox.find(search, for: asked.principal)
    let last = found.count == search.limit ? found.last : nil
    return SearchAnswer(
      messages: found.map(MessageHead.init), next: last.map { cursors.seal($0.row, of: .messages) },
      complete: try search.words == nil || mailbox.isIndexWhole())
  }

  private func attachment(_ asked: Asked) async throws -> Response {
    let number = try asked.number()
    let message = try await mailbox.open(
      try asked.id(), direction: asked.direction, part: "attachment \(number)", by: asked.principal)
    guard message.content.files.indices.contains(number - 1) else { throw Problem.nothing }
    let file = message.content.files[number - 1]
    let stored = mailbox.relay.attachment(file, of: message)
    // Before the head leaves, which says that there are so many bytes.
    guard stored.size == file.size else { throw Problem.unavailable("try again later") }
    return Response(
      status: .ok, headers: Download.headers(name: file.name, type: file.contentType),
      body: PacedBody(channel: asked.context.channel, patience: pace.patience).body(of: stored, size: file.size))
  }

  private func evidence(_ asked: Asked) async throws -> Response {
    let id = try asked.id()
    let place = try exports.take(for: asked.principal)
    let file = TemporaryFile(mailbox.relay.temporaryFolder.appending(path: "evidence-\(randomUUID().uuidString)"))
    try await mailbox.exportEvidence(id, to: file.url, by: asked.principal)
    guard let size = FileInformation(path: file.url.path)?.size else { throw Problem.unavailable("try again later") }
    let headers = Download.headers(name: "\(id.value).asice", type: "application/vnd.etsi.asic-e+zip")
    return Response(
      status: .ok, headers: headers,
      body: PacedBody(channel: asked.context.channel, patience: pace.patience)
        .body(of: StoredFile(file.url), size: size, holding: Held(place: place, file: file)))
  }

  private struct Held: Sendable {
    let place: Slots.Place
    let file: TemporaryFile
  }
}

/// A file that goes with what holds it. What a crash leaves goes when the node starts.
private final class TemporaryFile: Sendable {
  let url: URL

  init(_ url: URL) { self.url = url }

  deinit { try? FileManager.default.removeItem(at: url) }
}
