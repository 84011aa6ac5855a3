import Dispatch
import Foundation
import Hummingbird
public import Logging
public import Mailbox
import NIOCore
import SDKRelay
public import ServiceLifecycle

/// The node's health and figures over HTTP, for whoever runs it: `/health/live`, `/health/ready` and `/metrics`.
public struct OperationsServer: ServiceLifecycle.Service {
  private let settings: OperationsSettings
  private let responder: OperationsResponder
  private let onListening: @Sendable (Int) async -> Void
  private let logger: Logger

  /// - Parameters:
  ///   - service: the settings of the services for case systems, whose certificate counts too; nil where there are none.
  ///   - onListening: told the port once connections are taken.
  public init(
    _ settings: OperationsSettings, mailbox: MailboxService, service: ServiceSettings?, logger: Logger,
    onListening: @escaping @Sendable (Int) async -> Void = { _ in }
  ) {
    ProcessFigures.begin()
    self.settings = settings
    self.logger = logger
    self.onListening = onListening
    responder = OperationsResponder(probe: OperationsProbe(mailbox, service: service))
  }

  public func run() async throws {
    let application = Application(
      responder: responder, server: .http1(),
      configuration: ApplicationConfiguration(address: .hostname(settings.host, port: settings.port)),
      onServerRunning: { [onListening] channel in await onListening(channel.localAddress?.port ?? 0) }, logger: logger)
    do {
      try await withTaskExecutorPreference(OwnThreads()) { try await application.run() }
    } catch {
      throw ListenProblem(error, section: "operations", host: settings.host, port: settings.port) ?? error
    }
  }
}

/// Threads beside those of the program's work: where that work waits for the disk, these still answer.
private final class OwnThreads: TaskExecutor {
  private let queue = DispatchQueue(label: "operations", attributes: .concurrent)

  func enqueue(_ job: consuming ExecutorJob) {
    let job = UnownedJob(job)
    queue.async { job.runSynchronously(on: self.asUnownedTaskExecutor()) }
  }
}

struct OperationsResponder: HTTPResponder {
  typealias Context = BasicRequestContext

  let probe: OperationsProbe

  private struct Alive: Encodable {
    let status = "ok"
  }

  func respond(to request: Request, context: Context) async throws -> Response {
    guard request.method == .get else { return Response(status: .methodNotAllowed, headers: [.allow: "GET"]) }
    switch request.uri.path {
    case "/health/live": return .json(Alive())
    case "/health/ready":
      let report = await probe.report()
      return .json(report, status: report.status == .fail ? .serviceUnavailable : .ok)
    case "/metrics":
      return Response(
        status: .ok, headers: [.contentType: "text/plain; version=0.0.4; charset=utf-8", .cacheControl: "no-store"],
        body: ResponseBody(byteBuffer: ByteBuffer(string: await probe.metrics())))
    default: return Response(status: .notFound)
    }
  }
}
