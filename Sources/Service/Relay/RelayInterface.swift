import Foundation
import GRDB
import Hummingbird
import Logging
import Mailbox
import NIOCore
import SDKRelay
import StructuredBridge

/// The node's own interface beside the published one, under its own version: finds the route, lets in whoever has a valid
/// token, holds the request to the route's description, and turns every error into an answer.
struct RelayInterface: Sendable {
  static let root = ["relay", "v1"]

  let bridge: Bridge
  let authority: TokenAuthority
  let routes: [Route]
  private let description: Data
  private let logger: Logger

  /// - Parameter address: the service's, without a slash at its end.
  init(
    _ bridge: Bridge, authority: TokenAuthority, address: String, pace: EventPace = EventPace(), logger: Logger
  ) {
    self.bridge = bridge
    self.authority = authority
    self.logger = logger
    routes = RouteTable(bridge: bridge, authority: authority, pace: pace, logger: logger).routes
    description = RouteDescription.text(of: routes, server: "\(address)/\(Self.root.joined(separator: "/"))")
  }

  /// - Parameter path: what follows the root.
  func respond(to request: Request, path: [String], context: ServiceContext) async -> Response {
    do {
      return try await answer(request, path, context)
    } catch let problem as Problem {
      return problem.view()
    } catch let denied as AccessDenied where denied.reason == .reasonMissing && denied.mayKnow {
      return Problem(
        status: .forbidden, title: "Forbidden",
        detail: "it is about a protected person: say why you open it, at messages/{id}/openings"
      ).view()
    } catch is AccessDenied {
      return Problem.nothing.view()
    } catch let problem as OpeningProblem {
      return problem.answer.view()
    } catch MessageProblem.notFound, ContentProblem.destroyed {
      return Problem.nothing.view()
    } catch let problem as AccessProblem {
      return problem.answer.view()
    } catch let problem as MailboxProblem {
      return problem.answer.view()
    } catch let problem as HandlingProblem {
      return problem.answer.view()
    } catch let problem as LinkProblem {
      return problem.answer.view()
    } catch CaseLetterProblem.noCase {
      return Problem.nothing.view()
    } catch let problem as CaseLetterProblem {
      return Problem.conflict(problem.description).view()
    } catch let problem as HandOverProblem {
      return problem.answer.view()
    } catch RegisterProblem.dnr {
      return Problem.wrong("dnr", RegisterProblem.dnr.description).view()
    } catch let problem as RegisterProblem {
      return Problem.conflict(problem.description).view()
    } catch let problem as SearchProblem {
      return Problem.wrong("words", problem.description).view()
    } catch let problem as EvidenceProblem {
      return Problem.conflict(problem.description).view()
    } catch {
      // Such as a full disk. What it is in detail is for the log.
      logger.error("a request could not be answered", metadata: ["reason": "\(error)"])
      return Problem.unavailable("try again later").view()
    }
  }

  private func answer(_ request: Request, _ path: [String], _ context: ServiceContext) async throws -> Response {
    if path == ["openapi.json"], request.method == .get {
      return Response(
        status: .ok, headers: [.contentType: "application/json", .xContentTypeOptions: "nosniff"],
        body: ResponseBody(byteBuffer: ByteBuffer(bytes: description)))
    }
    let fitting = routes.compactMap { route in route.match(path).map { (route, $0) } }
    // A name that stands there is no parameter.
    let fewest = fitting.map(\.1.count).min()
    let matches = fitting.filter { $0.1.count == fewest }
    guard let (route, parameters) = matches.first(where: { $0.0.method == request.method }) else {
      throw matches.isEmpty ? Problem.noSuchPlace : Problem.notAllowed(matches.map(\.0.method.rawValue).sorted())
    }
    let (caller, token) = try await authority.bearer(of: request, logger: logger)
    let asked = try await Asked(request, context, route: route, path: parameters, caller: caller, token: token)
    return try await route.work(asked)
  }
}

extension Problem {
  static let noSuchPlace = Problem(
    status: .notFound, title: "Not Found", detail: "there is nothing at this address")

  static func notAllowed(_ methods: [String]) -> Problem {
    let list = methods.joined(separator: ", ")
    return Problem(
      status: .methodNotAllowed, title: "Method Not Allowed", detail: "use \(list)", headers: [.allow: list])
  }
}

extension HandlingProblem {
  fileprivate var answer: Problem {
    switch self {
    case .tag: .wrong("tag", description)
    case .note: .wrong("text", description)
    case .needsReason: .wrong("reason", description)
    case .usersOnly: .usersOnly
    case .stale, .claimed, .notClaimed, .notDone, .isDone, .unchanged, .notReceived, .noAccess: .conflict(description)
    }
  }
}

extension TokenAuthority {
  /// Whoever bears the request's token, and the token.
  /// - Throws: ``Problem`` of status 401.
  func bearer(of request: Request, logger: Logger) async throws -> (Caller, token: String) {
    guard let header = request.headers[.authorization] else { throw Problem.unauthorized() }
    let parts = header.split(separator: " ", maxSplits: 1)
    guard parts.count == 2, parts[0].lowercased() == "bearer" else { throw Problem.unauthorized() }
    do {
      return (try await caller(token: String(parts[1]), at: .now), String(parts[1]))
    } catch let refusal as Unauthenticated {
      logger.notice("token refused", metadata: ["reason": "\(refusal.reason)"])
      throw Problem.unauthorized("invalid_token")
    }
  }
}
