import Foundation
import NIOCore
import NIOPosix
import NIOSSL
import XMLSecurity

@testable import SDKRelay

/// A small world of certificates: two authorities that do not know each other, a server and clients.
enum TLSKit {
  static let authority = Result { try CertificateAuthority.root("Test TLS CA", bits: 2048) }
  static let stranger = Result { try CertificateAuthority.root("Another TLS CA", bits: 2048) }

  static func identity(
    from authority: Result<CertificateAuthority, any Error> = authority, dnsNames: [String] = [],
    ipAddresses: [String] = [], expired: Bool = false, usage: String? = nil
  ) throws -> TLSIdentity {
    try TLSIdentity(
      authority.get().issue(
        request(dnsNames: dnsNames, ipAddresses: ipAddresses, expired: expired, usage: usage),
        key: PrivateKey.generate(bits: 2048)))
  }

  /// Good for the endpoint on 127.0.0.1.
  static func server() throws -> TLSIdentity { try identity(ipAddresses: ["127.0.0.1"]) }

  static func selfSigned() throws -> TLSIdentity {
    try TLSIdentity(
      CertificateAuthority.selfSigned(
        request(dnsNames: [], ipAddresses: ["127.0.0.1"], expired: false, usage: nil),
        key: PrivateKey.generate(bits: 2048)))
  }

  static func trust(_ authority: Result<CertificateAuthority, any Error> = authority) throws -> TLSTrust {
    try TLSTrust([authority.get().identity.certificate])
  }

  private static func request(
    dnsNames: [String], ipAddresses: [String], expired: Bool, usage: String?
  ) -> CertificateRequest {
    var request = CertificateRequest(subject: [("C", "SE"), ("O", "Test"), ("CN", "ap.example.se")])
    request.dnsNames = dnsNames
    request.ipAddresses = ipAddresses
    request.extendedKeyUsage = usage
    if expired {
      request.notBefore = Date(timeIntervalSinceNow: -20 * 86_400)
      request.notAfter = Date(timeIntervalSinceNow: -86_400)
    }
    return request
  }
}

/// A server that answers whatever comes with the same bytes and hangs up: what real ones do on bad days.
/// - Parameter lingers: whether it hangs up only when the answer has been read, without reading on meanwhile.
func withCannedServer<Value>(
  _ answer: String, tls: TLSConfiguration? = nil, lingers: Bool = false, body: (Int) async throws -> Value
) async throws -> Value {
  let context = try tls.map { try NIOSSLContext(configuration: $0) }
  let channel = try await ServerBootstrap(group: MultiThreadedEventLoopGroup.singleton)
    .childChannelInitializer { channel in
      channel.eventLoop.makeCompletedFuture {
        if let context { try channel.pipeline.syncOperations.addHandler(NIOSSLServerHandler(context: context)) }
        try channel.pipeline.syncOperations.addHandler(CannedAnswer(answer, lingers: lingers))
      }
    }
    .bind(host: "127.0.0.1", port: 0).get()
  do {
    let value = try await body(channel.localAddress?.port ?? 0)
    try await channel.close()
    return value
  } catch {
    try? await channel.close()
    throw error
  }
}

private final class CannedAnswer: ChannelInboundHandler {
  typealias InboundIn = ByteBuffer
  typealias OutboundOut = ByteBuffer
  private let answer: String
  private let lingers: Bool
  private var isDone = false

  init(_ answer: String, lingers: Bool) {
    self.answer = answer
    self.lingers = lingers
  }

  func channelRead(context: ChannelHandlerContext, data: NIOAny) {
    guard !isDone else { return }
    isDone = true
    let channel = context.channel
    guard lingers else {
      let written = context.writeAndFlush(wrapOutboundOut(ByteBuffer(string: answer)))
      return written.whenComplete { _ in channel.close(promise: nil) }
    }
    // The rest of the request is not read any more.
    _ = channel.setOption(.autoRead, value: false)
    context.writeAndFlush(wrapOutboundOut(ByteBuffer(string: answer)), promise: nil)
    channel.eventLoop.scheduleTask(in: .milliseconds(300)) { channel.close(promise: nil) }
  }
}
