public import Foundation
import NIOCore
import NIOHTTP1
import NIOPosix
import NIOSSL
package import SDKRelay
package import StructuredBridge
import Synchronization
public import XMLSecurity

/// A service with the structured core's interface, on this machine only, that forgets everything when it ends. It asks for a
/// client certificate of its own authority and for the password, and can be told to misbehave.
public final class TestCore: Sendable {
  public let keys: TestCoreKeys
  public let port: Int
  private let box: Box
  private let channel: any Channel

  /// What its connections share.
  final class Box: Sendable {
    struct Content: Sendable {
      var state: TestCoreState
      /// Used up in turn, and then always the usual one.
      var conducts: [TestCoreConduct] = []
      var usual: TestCoreConduct
      var requests: [TestCoreRequest] = []
    }

    let content: Mutex<Content>
    let desk: @Sendable () -> TestCoreDesk
    let slowness: Duration
    let onTold: @Sendable (JSONValue) -> Void

    init(
      _ content: Content, _ slowness: Duration, onTold: @escaping @Sendable (JSONValue) -> Void,
      desk: @escaping @Sendable () -> TestCoreDesk
    ) {
      self.content = Mutex(content)
      self.slowness = slowness
      self.onTold = onTold
      self.desk = desk
    }

    func answer(_ request: TestCoreRequest) -> TestCoreAnswer {
      let desk = desk()
      let (answer, told) = content.withLock { content -> (TestCoreAnswer, [JSONValue]) in
        content.requests.append(request)
        let conduct = content.conducts.isEmpty ? content.usual : content.conducts.removeFirst()
        let before = content.state.told.count
        let good = desk.answer(request, &content.state)
        let mischief = TestCoreMischief(conduct: conduct, request: request, slowness: slowness, now: desk.now)
        return (mischief.spoil(good), Array(content.state.told.dropFirst(before)))
      }
      told.forEach(onTold)
      return answer
    }
  }

  /// Starts it.
  /// - Parameters:
  ///   - organisations: the municipalities that it knows, ten digits each.
  ///   - port: 0 for any.
  ///   - live: whether it answers the questions of tables 2 and 3.
  ///   - onTold: told what municipalities tell, as JSON.
  package init(
    keys: TestCoreKeys, organisations: [String], port: Int = 0, conduct: TestCoreConduct = .good, live: Bool = true,
    slowness: Duration = .seconds(60), state: TestCoreState? = nil,
    onTold: @escaping @Sendable (JSONValue) -> Void = { _ in }
  ) async throws {
    self.keys = keys
    let numbers = organisations.compactMap { OrganisationNumber($0) }
    guard numbers.count == organisations.count, !numbers.isEmpty else {
      throw TestbedProblem("not an organisation's number of ten digits")
    }
    let known = Set(numbers.map(\.tenDigits))
    let secret = keys.secret
    let scripted = try state ?? TestCoreState.scripted(numbers, at: .now)
    let box = Box(Box.Content(state: scripted, usual: conduct), slowness, onTold: onTold) {
      TestCoreDesk(
        clientID: TestCoreKeys.clientID, secret: secret, organisations: known, live: live, now: .now)
    }
    self.box = box
    let clients = try TLSTrust([keys.authority.identity.certificate])
    let context = try TLSProfile.context(TLSProfile.server(try TLSIdentity(keys.server), clients: clients))
    channel = try await ServerBootstrap(group: MultiThreadedEventLoopGroup.singleton)
      .serverChannelOption(.socketOption(.so_reuseaddr), value: 1)
      .childChannelInitializer { channel in
        channel.eventLoop.makeCompletedFuture {
          try channel.pipeline.syncOperations.addHandler(NIOSSLServerHandler(context: context))
          try channel.pipeline.syncOperations.configureHTTPServerPipeline()
          try channel.pipeline.syncOperations.addHandler(TestCoreSession(box))
        }
      }
      .bind(host: "127.0.0.1", port: port).get()
    self.port = channel.localAddress?.port ?? 0
  }

  public func stop() async throws { try await channel.close() }

  public var url: URL { URL(string: "https://localhost:\(port)/komvux")! }

  /// How it answers the next requests, one each; then as usual.
  public func behave(_ conducts: TestCoreConduct...) {
    box.content.withLock { $0.conducts = conducts }
  }

  /// How it answers from now on.
  public func behave(always conduct: TestCoreConduct) {
    box.content.withLock { $0.usual = conduct }
  }

  /// What municipalities told it.
  package var told: [JSONValue] { box.content.withLock { $0.state.told } }
  package var requests: [TestCoreRequest] { box.content.withLock { $0.requests } }

  package func add(_ record: CoreRecord, to list: CoreOperation) {
    box.content.withLock { $0.state.add(record, to: list) }
  }
}
