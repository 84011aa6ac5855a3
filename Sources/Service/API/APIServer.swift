import Foundation
import Hummingbird
import HummingbirdCore
import HummingbirdTLS
public import Logging
import Mailbox
import NIOCore
import SDKRelay
public import ServiceLifecycle
public import StructuredBridge

/// The node's services over HTTP: the MT–MK interface, the node's own beside it, and their token endpoint.
public struct APIServer: ServiceLifecycle.Service {
  private let settings: ServiceSettings
  private let responder: Responder
  private let onListening: @Sendable (Int) async -> Void
  private let logger: Logger

  /// - Parameter onListening: told the port once connections are taken.
  public init(
    _ settings: ServiceSettings, bridge: Bridge, logger: Logger,
    onListening: @escaping @Sendable (Int) async -> Void = { _ in }
  ) async throws {
    self.init(
      settings, responder: try await Responder(settings, bridge: bridge, logger: logger), logger: logger,
      onListening: onListening)
  }

  init(
    _ settings: ServiceSettings, responder: Responder, logger: Logger,
    onListening: @escaping @Sendable (Int) async -> Void
  ) {
    self.settings = settings
    self.responder = responder
    self.logger = logger
    self.onListening = onListening
  }

  /// - Throws: ``ListenProblem`` when it cannot listen where its settings say.
  public func run() async throws {
    let application = Application(
      responder: responder, server: try server(),
      configuration: ApplicationConfiguration(address: .hostname(settings.host, port: settings.port)),
      onServerRunning: { [onListening] channel in await onListening(channel.localAddress?.port ?? 0) }, logger: logger)
    do {
      try await application.run()
    } catch {
      throw ListenProblem(error, section: "service", host: settings.host, port: settings.port) ?? error
    }
  }

  private func server() throws -> HTTPServerBuilder {
    guard let tls = settings.security.tlsConfiguration else { return .http1() }
    return try .tls(.http1(), tlsConfiguration: tls)
  }
}

/// Finds the operation, and turns every error into an answer of the interface's form.
struct Responder: HTTPResponder {
  typealias Context = ServiceContext

  let messages: MessageRoutes
  let tokens: TokenEndpoint
  let relay: RelayInterface
  let logger: Logger

  /// - Parameter fetch: how the authorisation server's keys are got from an address.
  init(
    _ settings: ServiceSettings, bridge: Bridge, pace: EventPace = EventPace(),
    fetch: AuthorityKeys.Fetch? = nil, logger: Logger
  ) async throws {
    let address = settings.url?.absoluteString ?? "\(settings.scheme)://\(settings.host):\(settings.port)"
    let authority = try await TokenAuthority(
      bridge.mailbox, issuer: address, settings: settings, fetch: fetch, logger: logger)
    messages = MessageRoutes(mailbox: bridge.mailbox, authority: authority, base: "\(address)/v1", logger: logger)
    tokens = TokenEndpoint(
      authority: authority, addresses: [address, "\(address)\(TokenEndpoint.path)"], logger: logger)
    relay = RelayInterface(bridge, authority: authority, address: address, pace: pace, logger: logger)
    self.logger = logger
  }

  func respond(to request: Request, context: Context) async throws -> Response {
    let start = ContinuousClock.now
    let response = try await respond(request, context)
    messages.mailbox.relay.measures.take(request, response, took: .now - start)
    return response
  }

  private func respond(_ request: Request, _ context: Context) async throws -> Response {
    let path = request.uri.path.split(separator: "/", omittingEmptySubsequences: false).dropFirst().map(String.init)
    if path.starts(with: RelayInterface.root), path.count > RelayInterface.root.count {
      return await relay.respond(to: request, path: Array(path.dropFirst(RelayInterface.root.count)), context: context)
    }
    do {
      return try await answer(request, path)
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

  private func answer(_ request: Request, _ path: [String]) async throws -> Response {
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
