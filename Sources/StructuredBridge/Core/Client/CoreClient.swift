import AsyncHTTPClient
public import Foundation
import NIOCore
import NIOHTTP1
public import SDKRelay
import Synchronization

/// The structured core over HTTPS with a client certificate.
///
/// Every answer is judged before anything of it is used (``CoreAnswerReader``). What fails for the moment is tried again,
/// unless nobody could know whether it was done. When it keeps failing the core is left alone for a while (``CoreBreaker``).
public final class CoreClient: Sendable {
  let settings: CoreSettings
  let now: @Sendable () -> Date
  private let client: HTTPClient
  private let breaker = Mutex(CoreBreaker())
  private let pause: @Sendable (Duration) async throws -> Void

  /// Opens no connection yet.
  public init(
    _ settings: CoreSettings, now: @escaping @Sendable () -> Date = { .now },
    pause: @escaping @Sendable (Duration) async throws -> Void = { try await Task.sleep(for: $0) }
  ) throws(TLSProblem) {
    self.settings = settings
    self.now = now
    self.pause = pause
    let time = TimeAmount(settings.answerTime)
    var configuration = HTTPClient.Configuration(
      tlsConfiguration: TLSProfile.client(try TLSIdentity(settings.identity), servers: settings.authorities),
      redirectConfiguration: .disallow,
      timeout: .init(connect: TimeAmount(settings.connectTime), read: time, write: time), decompression: .disabled)
    configuration.httpVersion = .http1Only
    configuration.connectionPool.retryConnectionEstablishment = false
    client = HTTPClient(eventLoopGroupProvider: .singleton, configuration: configuration)
  }

  deinit {
    // The library demands it. Nothing waits for the outcome.
    client.shutdown { _ in }
  }

  /// How the interface is, as the last calls showed; nil before there was one. For all organisations of this node.
  public var availability: InterfaceAvailability? {
    breaker.withLock { breaker in
      guard let state = breaker.state, let observed = breaker.observed else { return nil }
      return InterfaceAvailability(tenant: nil, state: state, observed: observed, source: .core)
    }
  }

  /// Until when it is left alone; nil where it is not.
  public var pausedUntil: Date? { breaker.withLock { $0.closedUntil } }

  /// Sends the call, again where that may help, and gives what came with a status of success.
  func perform(_ call: CoreCall) async throws(CoreProblem) -> CoreReply {
    var attempt = 1
    var last: CoreProblem?
    while true {
      guard breaker.withLock({ $0.admits(at: now()) }) else { throw last ?? CoreProblem(.pausing) }
      do {
        return try await once(call)
      } catch {
        guard error.isTransient, call.isRepeatable, attempt < settings.attempts,
          let wait = wait(after: attempt, error)
        else { throw error }
        last = error
        attempt += 1
        do { try await pause(wait) } catch { throw CoreProblem(.cancelled) }
      }
    }
  }

  private func once(_ call: CoreCall) async throws(CoreProblem) -> CoreReply {
    do {
      let reply = try await send(call)
      breaker.withLock { $0.note(success: true, at: now()) }
      return reply
    } catch {
      var problem = error
      problem.tracking = call.tracking
      // A refusal is an answer: the interface is there.
      if problem.kind != .cancelled { breaker.withLock { $0.note(success: !problem.isOutage, at: now()) } }
      throw problem
    }
  }

  private func send(_ call: CoreCall) async throws(CoreProblem) -> CoreReply {
    let head: HTTPClientResponse
    var bytes: [UInt8] = []
    do {
      head = try await client.execute(call.request(settings), deadline: .now() + TimeAmount(settings.totalTime))
      for try await piece in head.body {
        guard bytes.count + piece.readableBytes <= settings.largestAnswer else { throw CoreProblem(.tooLarge) }
        bytes += piece.readableBytesView
      }
    } catch let problem as CoreProblem {
      throw problem
    } catch HTTPParserError.invalidEOFState {
      throw CoreProblem(.connection, detail: "the other side ended the connection in the middle of its answer")
    } catch {
      throw CoreProblem(TransportProblem(error))
    }
    let reply = CoreReply(head, bytes, tracking: call.tracking)
    if let problem = reply.problem(hiding: settings.secret, now: now()) { throw problem }
    return reply
  }

  /// Nil where the other side asks for more patience than a call has.
  private func wait(after attempt: Int, _ problem: CoreProblem) -> Duration? {
    if let asked = problem.retryAfter { return asked <= Self.longestWait ? max(asked, settings.retryPause) : nil }
    let full = min(settings.retryPause * (1 << min(attempt - 1, 10)), Self.longestWait)
    return full * Double.random(in: 0.5...1)
  }

  private static let longestWait = Duration.seconds(30)
}

extension CoreProblem {
  init(_ problem: TransportProblem) {
    switch problem.kind {
    case .timeout: self.init(.timeout)
    case .tls: self.init(.tls, detail: problem.detail)
    case .cancelled: self.init(.cancelled)
    case .answer: self.init(.contentType, detail: problem.detail)
    default: self.init(.connection, detail: problem.detail)
    }
  }
}
