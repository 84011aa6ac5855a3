import Foundation
import Hummingbird
import Logging
import Mailbox
import NIOCore
import SDKRelay
import XMLSecurity

/// The published MT–MK interface: send, list, fetch and take messages (SDK digest §7, SDK-API-01 to 08).
struct MessageRoutes: Sendable {
  let mailbox: MailboxService
  let authority: TokenAuthority
  /// The interface's address, for links.
  let base: String
  let logger: Logger

  private var limit: Int { mailbox.relay.settings.limits.outgoing / 3 * 4 + 2_000_000 }

  // MARK: Operations

  func send(_ request: Request) async throws -> Response {
    let session = try await session(request, .sendMessages)
    guard request.headers[.contentType].map(Self.isJSON) ?? true else {
      throw Problem.badRequest("the body must be application/json")
    }
    let message = try await creation(request).data
    let spool = try Spool(folder: mailbox.relay.temporaryFolder)
    let received = try message.received(into: spool)
    // The files go with what holds them.
    defer { withExtendedLifetime(received) {} }
    let id = try await submit(received.draft, by: session)
    return Response(status: .created, headers: [.location: "/sdk/messages/\(id.value)"])
  }

  func list(_ request: Request) async throws -> Response {
    let session = try await session(request, .getMessageByFilter)
    let query = try APIFilter.query(request.queryFields)
    let messages = try mailbox.messages(query, for: .client(session))
    var links = APIAnswer<[APIMessage]>.Links(self: "\(base)/sdk/messages")
    if messages.count == query.limit, let last = messages.last {
      links.next = "\(base)/sdk/messages?\(Self.next(request.uri.query ?? "", after: last.row))"
    }
    return .json(APIAnswer(links: links, data: messages.map { APIMessage($0) }))
  }

  func get(_ request: Request, _ text: String) async throws -> Response {
    let session = try await session(request, .getMessage)
    guard let id = MessageID(text) else { throw Problem.notFound }
    let excluded = try Self.excluded(request)
    let message = try await mailbox.open(id, by: .client(session))
    let relay = mailbox.relay
    return try MessageContent(
      message, events: relay.events(of: message), self: "\(base)/sdk/messages/\(message.id.value)",
      withoutTexts: excluded.texts, withoutFiles: excluded.files
    ) { relay.attachment($0, of: message) }.response
  }

  func delete(_ request: Request, _ text: String) async throws -> Response {
    let session = try await session(request, .deleteMessage)
    guard let id = MessageID(text) else { throw Problem.notFound }
    try await mailbox.take(id, by: .client(session))
    return Response(status: .accepted)
  }

  // MARK: Parts

  /// The client, whose token must carry the scope.
  private func session(_ request: Request, _ scope: ClientScope) async throws -> ClientSession {
    guard case .client(let session) = try await authority.bearer(of: request, logger: logger).0.principal else {
      // A user's token stands for no system.
      throw Problem.unauthorized("invalid_token")
    }
    guard session.scopes.contains(scope) else { throw Problem.unauthorized("insufficient_scope") }
    return session
  }

  private func creation(_ request: Request) async throws -> APICreation {
    let buffer: ByteBuffer
    do {
      buffer = try await request.body.collect(upTo: limit)
    } catch is NIOTooManyBytesError {
      throw Problem.badRequest("Message size to large.")
    }
    guard JSONShape.isShallow(buffer.readableBytesView) else { throw Problem.badRequest("the JSON nests too deep") }
    do {
      return try JSONDecoder().decode(APICreation.self, from: Data(buffer.readableBytesView))
    } catch let error as DecodingError {
      throw Problem.wrong(error.place, "is missing, or of another kind than the description says")
    }
  }

  private func submit(_ draft: Draft, by session: ClientSession) async throws -> MessageID {
    do {
      return try await mailbox.submit(draft, by: .client(session))
    } catch is AccessDenied {
      throw Problem.wrong("senderAttention.subOrganization", "the client may not send from this mailbox")
    } catch let problem as SubmissionProblem {
      throw problem.problem
    }
  }

  private static func isJSON(_ type: String) -> Bool {
    type.split(separator: ";").first?.trimmingCharacters(in: .whitespaces).lowercased() == "application/json"
  }

  /// What `filter[contentBodyText]=false` and `filter[contentFiles]=false` leave out.
  private static func excluded(_ request: Request) throws(Problem) -> (texts: Bool, files: Bool) {
    var excluded = (texts: false, files: false)
    for (key, value) in request.queryFields {
      guard let isWanted = Bool(value) else { throw .wrong(key, "must be true or false") }
      switch key.lowercased() {
      case "filter[contentbodytext]": excluded.texts = !isWanted
      case "filter[contentfiles]": excluded.files = !isWanted
      default: throw .wrong("filter", "an unknown filter; see the interface's description")
      }
    }
    return excluded
  }

  private static func next(_ query: String, after row: Int64) -> String {
    let kept = query.split(separator: "&").filter { field in
      !["page[after]=", "page%5bafter%5d="].contains { field.lowercased().hasPrefix($0) }
    }
    return (kept.map(String.init) + ["page%5Bafter%5D=\(row)"]).joined(separator: "&")
  }
}

extension SubmissionProblem {
  /// As a client is told: codes and places, without content.
  fileprivate var problem: Problem {
    switch self {
    case .refused(let reason): .badRequest(reason)
    case .duplicate(let id): .badRequest("the message id has been used before", instance: id.value)
    case .tooLarge: .badRequest("Message size to large.")
    case .unavailable: .unavailable("no message can be taken now; try again later")
    case .invalid(let problems):
      .badRequest(
        "MESSAGE_EXCHANGE_ERROR",
        issues: problems.map { problem in
          Problem.Issue(
            typeCode: problem.cause.rawValue, title: problem.detail.rawValue, detail: problem.text, in: problem.xpath)
        })
    }
  }
}

extension DecodingError {
  /// The field, by its names in the description.
  fileprivate var place: String {
    let context: Context? =
      switch self {
      case .typeMismatch(_, let context), .valueNotFound(_, let context), .dataCorrupted(let context): context
      case .keyNotFound(_, let context): context
      @unknown default: nil
      }
    var names = context?.codingPath.map(\.stringValue) ?? []
    if case .keyNotFound(let key, _) = self { names.append(key.stringValue) }
    return names.isEmpty ? "body" : names.joined(separator: ".")
  }
}
