public import Foundation
import NIOCore
import NIOHTTP1
import NIOPosix
import NIOSSL
import SDKRelay
import StructuredBridge
import Synchronization
import XMLSecurity

/// How a test register answers: as it should, or wrong in one of the ways that a client has to bear.
public enum TestNavetConduct: String, Sendable, CaseIterable {
  case good
  /// A fault, whose sentence repeats the number.
  case fault
  /// Of another person.
  case otherPerson
  /// Two records.
  case several
  /// A mark that is neither yes nor no.
  case unknownMark
  /// The number has been replaced by another one.
  case replaced
  /// A web page, as proxies give it.
  case webPage
  /// With a document type.
  case documentType
  /// Larger than any answer.
  case tooLarge
  /// 503
  case unavailable
  /// Says nothing.
  case silent
}

/// A service that answers as Navet does, on this machine only. It asks for a client certificate of its own authority.
public final class TestNavet: Sendable {
  public let port: Int
  private let box: Box
  private let channel: any Channel

  final class Box: Sendable {
    struct Content: Sendable {
      /// Sekretessmarkering and skyddad folkbokföring, by number.
      var persons: [String: (Bool, Bool)]
      var conducts: [TestNavetConduct] = []
      var usual: TestNavetConduct
      var asked: [String] = []
      var orders: [String] = []
    }
    let content: Mutex<Content>
    init(_ content: sending Content) { self.content = Mutex(content) }
  }

  /// Starts it.
  /// - Parameters:
  ///   - persons: by number: sekretessmarkering, and skyddad folkbokföring. It knows nobody else.
  ///   - port: 0 for any.
  public init(
    keys: TestCoreKeys, persons: [String: (Bool, Bool)], port: Int = 0, conduct: TestNavetConduct = .good
  ) async throws {
    let box = Box(Box.Content(persons: persons, usual: conduct))
    self.box = box
    let clients = try TLSTrust([keys.authority.identity.certificate])
    let context = try TLSProfile.context(TLSProfile.server(try TLSIdentity(keys.server), clients: clients))
    channel = try await ServerBootstrap(group: MultiThreadedEventLoopGroup.singleton)
      .serverChannelOption(.socketOption(.so_reuseaddr), value: 1)
      .childChannelInitializer { channel in
        channel.eventLoop.makeCompletedFuture {
          try channel.pipeline.syncOperations.addHandler(NIOSSLServerHandler(context: context))
          try channel.pipeline.syncOperations.configureHTTPServerPipeline()
          try channel.pipeline.syncOperations.addHandler(TestNavetSession(box))
        }
      }
      .bind(host: "127.0.0.1", port: port).get()
    self.port = channel.localAddress?.port ?? 0
  }

  public func stop() async throws { try await channel.close() }

  public var url: URL { URL(string: "https://localhost:\(port)/na/na_epersondata/V3/personpostXML")! }

  /// How it answers the next questions, one each; then as usual.
  public func behave(_ conducts: TestNavetConduct...) { box.content.withLock { $0.conducts = conducts } }
  /// How it answers from now on.
  public func behave(always conduct: TestNavetConduct) { box.content.withLock { $0.usual = conduct } }
  /// The numbers it was asked about, and the orders they were asked under.
  package var asked: [String] { box.content.withLock { $0.asked } }
  package var orders: [String] { box.content.withLock { $0.orders } }
}
