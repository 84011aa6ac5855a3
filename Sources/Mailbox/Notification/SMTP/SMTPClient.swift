import NIOCore
import NIOPosix
import NIOSSL
import SDKRelay

/// Hands one e-mail to the mail server, over a connection of its own.
struct SMTPClient: Sendable {
  let settings: SMTPSettings

  /// Returns once the server has taken the e-mail.
  func send(_ message: MailMessage) async throws(NotificationProblem) {
    do {
      let context = settings.security == .none ? nil : try tlsContext()
      try await exchange(SMTPDialogue(settings, message), context)
    } catch {
      throw NotificationProblem(error)
    }
  }

  private func tlsContext() throws -> NIOSSLContext {
    try TLSProfile.context(TLSProfile.client(nil, servers: settings.authorities))
  }

  private func exchange(_ dialogue: SMTPDialogue, _ context: NIOSSLContext?) async throws {
    let loop = MultiThreadedEventLoopGroup.singleton.any()
    let done = loop.makePromise(of: Void.self)
    let (host, security) = (settings.host, settings.security)
    let connecting = ClientBootstrap(group: loop)
      .connectTimeout(TimeAmount(settings.connectTime))
      .channelInitializer { channel in
        channel.eventLoop.makeCompletedFuture {
          let handler = SMTPHandler(dialogue, done) {
            guard let context else { throw NotificationProblem("there is no TLS to begin") }
            // A certificate for an address is held against the address itself.
            return try NIOSSLClientHandler(context: context, serverHostname: HostName.isAddress(host) ? nil : host)
          }
          if security == .tls { try channel.pipeline.syncOperations.addHandler(handler.makeTLS()) }
          try channel.pipeline.syncOperations.addHandler(handler)
        }
      }
      .connect(host: host, port: settings.port)
    connecting.cascadeFailure(to: done)
    let late = loop.scheduleTask(in: TimeAmount(settings.totalTime)) {
      done.fail(NotificationProblem("the mail server has not answered in time"))
      connecting.whenSuccess { $0.close(promise: nil) }
    }
    defer { late.cancel() }
    try await withTaskCancellationHandler {
      try await done.futureResult.get()
    } onCancel: {
      connecting.whenSuccess { $0.close(promise: nil) }
    }
  }
}

/// Carries a dialogue's steps out on its connection, on the loop: between the server's word and TLS nothing can be
/// slipped in.
private final class SMTPHandler: ChannelInboundHandler {
  typealias InboundIn = ByteBuffer
  typealias OutboundOut = ByteBuffer

  let makeTLS: () throws -> NIOSSLClientHandler
  private var dialogue: SMTPDialogue
  private var reader = SMTPReplyReader()
  private let done: EventLoopPromise<Void>

  init(_ dialogue: SMTPDialogue, _ done: EventLoopPromise<Void>, makeTLS: @escaping () throws -> NIOSSLClientHandler) {
    self.dialogue = dialogue
    self.done = done
    self.makeTLS = makeTLS
  }

  func channelRead(context: ChannelHandlerContext, data: NIOAny) {
    reader.append(unwrapInboundIn(data).readableBytesView)
    do {
      while let reply = try reader.next() {
        try perform(dialogue.take(reply), context)
      }
    } catch {
      end(error, context)
    }
  }

  private func perform(_ action: SMTPDialogue.Action, _ context: ChannelHandlerContext) throws {
    switch action {
    case .send(let bytes): write(bytes, context)
    case .secure(let bytes):
      // What came in plain after the server's word would else count as said in TLS.
      guard reader.isEmpty else { throw NotificationProblem("the mail server speaks out of turn") }
      try context.pipeline.syncOperations.addHandler(makeTLS(), position: .first)
      write(bytes, context)
    case .finish(let bytes):
      done.succeed()
      write(bytes, context)
      context.close(promise: nil)
    }
  }

  private func write(_ bytes: [UInt8], _ context: ChannelHandlerContext) {
    context.writeAndFlush(wrapOutboundOut(ByteBuffer(bytes: bytes)), promise: nil)
  }

  func errorCaught(context: ChannelHandlerContext, error: any Error) { end(error, context) }

  func channelInactive(context: ChannelHandlerContext) {
    done.fail(NotificationProblem("the mail server has ended the connection"))
  }

  private func end(_ error: any Error, _ context: ChannelHandlerContext) {
    done.fail(error)
    context.close(promise: nil)
  }
}
