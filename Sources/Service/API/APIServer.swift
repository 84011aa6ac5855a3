import Foundation
import Hummingbird
import HummingbirdCore
import HummingbirdTLS
public import Logging
public import Mailbox
import NIOCore
import SDKRelay
public import ServiceLifecycle

/// The node's services over HTTP: the MT–MK interface and its token endpoint.
public struct APIServer: ServiceLifecycle.Service {
  private let settings: ServiceSettings
  private let responder: Responder
  private let onListening: @Sendable (Int) async -> Void
  private let logger: Logger

  /// - Parameter onListening: told the port once connections are taken.
  public init(
    _ settings: ServiceSettings, mailbox: MailboxService, logger: Logger,
    onListening: @escaping @Sendable (Int) async -> Void = { _ in }
  ) async throws {
    self.settings = settings
    self.logger = logger
    self.onListening = onListening
    let address = settings.url?.absoluteString ?? "\(settings.scheme)://\(settings.host):\(settings.port)"
    let authority = try await TokenAuthority(mailbox, issuer: address, settings: settings)
    responder = Responder(
      messages: MessageRoutes(mailbox: mailbox, authority: authority, base: "\(address)/v1", logger: logger),
      tokens: TokenEndpoint(
        authority: authority, addresses: [address, "\(address)\(TokenEndpoint.path)"], logger: logger),
      logger: logger)
  }

  public func run() async throws {
    let application = Application(
      responder: responder, server: try server(),
      configuration: ApplicationConfiguration(address: .hostname(settings.host, port: settings.port)),
      onServerRunning: { [onListening] channel in await onListening(channel.localAddress?.port ?? 0) }, logger: logger)
    try await application.run()
  }

  private func server() throws -> HTTPServerBuilder {
    guard let tls = settings.security.tlsConfiguration else { return .http1() }
    return try .tls(.http1(), tlsConfiguration: tls)
  }
}

/// Finds the operation, and turns every error into an answer of the interface's form.
struct Responder: HTTPResponder {
  typealias Context = BasicRequestContext

  let messages: MessageRoutes
  let tokens: TokenEndpoint
  let logger: Logger

  func respond(to request: Request, context: Context) async throws -> Response {
    do {
      return try await answer(request)
    } catch let problem as Problem {
      return problem.response()
    } catch is AccessDenied {
      return Problem.notFound.response()
    } catch let problem as MessageProblem {
      return switch problem {
      case .notFound: Problem.notFound.response()
      case .notFinal: Problem.badRequest(problem.description).response()
      }
    } catch ContentProblem.destroyed {
      return Problem.notFound.response()
    } catch {
      // Such as a full disk, or a storage key that is not in the settings. What it is in detail is for the log.
      logger.error("a request could not be answered", metadata: ["reason": "\(error)"])
      return Problem.unavailable("try again later").response()
    }
  }

  private func answer(_ request: Request) async throws -> Response {
    let path = request.uri.path.split(separator: "/", omittingEmptySubsequences: false).dropFirst().map(String.init)
    switch path {
    case ["v1", "sdk", "messages"]:
      return switch request.method {
      case .post: try await messages.send(request)
      case .get: try await messages.list(request)
      default: Self.notAllowed("GET, POST")
      }
    case _ where path.count == 4 && path.starts(with: ["v1", "sdk", "messages"]):
      return switch request.method {
      case .get: try await messages.get(request, path[3])
      case .delete: try await messages.delete(request, path[3])
      default: Self.notAllowed("GET, DELETE")
      }
    case ["v1", "openapi.json"] where request.method == .get:
      return OpenAPI.response(server: messages.base)
    case ["oauth", "token"]:
      return request.method == .post ? try await tokens.token(request) : Self.notAllowed("POST")
    default:
      return Problem(status: .notFound, title: "Not Found", detail: "there is nothing at this address").response()
    }
  }

  private static func notAllowed(_ methods: String) -> Response {
    Problem(
      status: .methodNotAllowed, title: "Method Not Allowed", detail: "use \(methods)", headers: [.allow: methods]
    ).response()
  }
}
