import Foundation
import NIOCore
import NIOPosix
import NIOSSL
import Synchronization
import XMLSecurity

@testable import Mailbox
@testable import SDKRelay

/// A mail server on a loopback port that takes e-mail as it is told.
final class MailServer: Sendable {
  struct Conduct: Sendable {
    /// Answers of its own to commands, by their first word, each used up in turn; `DATA.` is the end of the content.
    var answers: [String: [String]] = [:]
    /// Says nothing to this command.
    var hangsAt: String?
    var offersTLS = true
    var mechanisms = "PLAIN LOGIN"
    /// Sent in plain right behind the answer to STARTTLS.
    var injected = ""
  }

  struct Mail: Sendable {
    var sender = ""
    var recipient = ""
    var lines: [String] = []
    var isSecure = false
    var login: String?
  }

  let conduct: Mutex<Conduct>
  let mails = Mutex<[Mail]>([])
  /// Every command, with whether it came in TLS.
  let commands = Mutex<[(text: String, isSecure: Bool)]>([])
  let port: Int
  private let channel: any Channel

  init(_ conduct: Conduct = Conduct(), isImplicit: Bool = false) async throws {
    self.conduct = Mutex(conduct)
    let context = try NIOSSLContext(configuration: TLSKit.server())
    let box = Box()
    channel = try await ServerBootstrap(group: MultiThreadedEventLoopGroup.singleton)
      .childChannelInitializer { channel in
        channel.eventLoop.makeCompletedFuture {
          if isImplicit { try channel.pipeline.syncOperations.addHandler(NIOSSLServerHandler(context: context)) }
          try channel.pipeline.syncOperations.addHandler(
            MailSession(box, isSecure: isImplicit) { NIOSSLServerHandler(context: context) })
        }
      }
      .bind(host: "127.0.0.1", port: 0).get()
    port = channel.localAddress?.port ?? 0
    box.server.withLock { $0 = self }
  }

  func stop() async throws { try await channel.close() }

  /// Settings for it.
  func settings(_ change: (inout SMTPSettings) -> Void = { _ in }) throws -> SMTPSettings {
    var settings = SMTPSettings(host: "localhost", port: port, from: MailAddress("sdk@kommun.example.se")!)
    settings.authorities = try TLSKit.trust()
    change(&settings)
    return settings
  }

  fileprivate final class Box: Sendable {
    let server = Mutex<MailServer?>(nil)
    var current: MailServer? { server.withLock { $0 } }
  }
}

/// A certificate for localhost and whoever trusts its issuer.
enum TLSKit {
  private static let authority = Result { try CertificateAuthority.root("Test TLS CA", bits: 2048) }
  private static let identity = Result {
    var request = CertificateRequest(subject: [("C", "SE"), ("O", "Test"), ("CN", "mail.example.se")])
    request.dnsNames = ["localhost"]
    return try TLSIdentity(authority.get().issue(request, key: PrivateKey.generate(bits: 2048)))
  }

  static func trust() throws -> TLSTrust { try TLSTrust([authority.get().identity.certificate]) }

  static func server() throws -> TLSConfiguration {
    AS4EndpointSettings.Security.oneWayTLS(try identity.get()).tlsConfiguration!
  }
}

private final class MailSession: ChannelInboundHandler {
  typealias InboundIn = ByteBuffer
  typealias OutboundOut = ByteBuffer

  private let box: MailServer.Box
  private let makeTLS: () -> NIOSSLServerHandler
  private var bytes: [UInt8] = []
  private var mail = MailServer.Mail()
  private var isSecure: Bool
  private var isInContent = false
  private var logins: [String]?

  init(_ box: MailServer.Box, isSecure: Bool, makeTLS: @escaping () -> NIOSSLServerHandler) {
    (self.box, self.isSecure, self.makeTLS) = (box, isSecure, makeTLS)
  }

  func channelActive(context: ChannelHandlerContext) { answer("CONNECT", "220 mail.example.se", context) }

  func channelRead(context: ChannelHandlerContext, data: NIOAny) {
    bytes += unwrapInboundIn(data).readableBytesView
    while let end = bytes.firstIndex(of: 0x0A) {
      let line = String(decoding: bytes[..<end].dropLast(), as: UTF8.self)
      bytes = Array(bytes[(end + 1)...])
      take(line, context)
    }
  }

  private func take(_ line: String, _ context: ChannelHandlerContext) {
    if isInContent {
      guard line == "." else { return mail.lines.append(line.hasPrefix(".") ? String(line.dropFirst()) : line) }
      isInContent = false
      return answer("DATA.", "250 taken", context, before: { $0.mails.withLock { $0.append(self.mail) } })
    }
    box.current?.commands.withLock { $0.append((line, isSecure)) }
    if logins != nil { return loggingIn(line, context) }
    let word = String(line.split(separator: " ").first ?? "").uppercased()
    switch word {
    case "EHLO":
      let conduct = box.current?.conduct.withLock { $0 } ?? .init()
      let tls = conduct.offersTLS && !isSecure ? "250-STARTTLS\r\n" : ""
      answer(word, "250-mail.example.se\r\n\(tls)250-AUTH \(conduct.mechanisms)\r\n250 8BITMIME", context)
    case "STARTTLS":
      answer(word, "220 go on", context) { server in
        let injected = server.conduct.withLock { $0.injected }
        if !injected.isEmpty { self.write(injected, context) }
        try? context.pipeline.syncOperations.addHandler(self.makeTLS(), position: .first)
        self.isSecure = true
      }
    case "AUTH" where line.contains("PLAIN"):
      mail.login = Self.decoded(line.split(separator: " ").last)
      answer(word, "235 welcome", context)
    case "AUTH":
      logins = []
      answer(word, "334 VXNlcm5hbWU6", context)
    case "MAIL":
      (mail.sender, mail.isSecure) = (line, isSecure)
      answer(word, "250 ok", context)
    case "RCPT":
      mail.recipient = line
      answer(word, "250 ok", context)
    case "DATA": answer(word, "354 go on", context) { _ in self.isInContent = true }
    case "QUIT": answer(word, "221 bye", context)
    default: answer(word, "500 what", context)
    }
  }

  private func loggingIn(_ line: String, _ context: ChannelHandlerContext) {
    logins?.append(Self.decoded(Substring(line)))
    guard logins?.count == 2 else { return write("334 UGFzc3dvcmQ6\r\n", context) }
    mail.login = logins?.joined(separator: "/")
    logins = nil
    write("235 welcome\r\n", context)
  }

  /// The usual answer, or what the conduct says instead; `before` comes before the usual one, and `good` after it.
  private func answer(
    _ word: String, _ usual: String, _ context: ChannelHandlerContext, good: (MailServer) -> Void = { _ in },
    before: (MailServer) -> Void = { _ in }
  ) {
    guard let server = box.current else { return }
    let own = server.conduct.withLock { conduct -> String?? in
      if conduct.hangsAt == word { return .some(nil) }
      guard let first = conduct.answers[word]?.first else { return nil }
      conduct.answers[word]?.removeFirst()
      return first
    }
    switch own {
    case .some(nil): break
    case .some(let text?): write("\(text)\r\n", context)
    case nil:
      before(server)
      write("\(usual)\r\n", context)
      good(server)
    }
  }

  private func write(_ text: String, _ context: ChannelHandlerContext) {
    context.writeAndFlush(wrapOutboundOut(ByteBuffer(string: text)), promise: nil)
  }

  private static func decoded(_ text: Substring?) -> String {
    Data(base64Encoded: String(text ?? "")).map { String(decoding: $0, as: UTF8.self) } ?? ""
  }
}
