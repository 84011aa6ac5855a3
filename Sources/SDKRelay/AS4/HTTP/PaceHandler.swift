import HTTPTypes
import NIOCore
import NIOHTTPTypes

/// Performs what ``ConnectionPace`` decides on one connection: closes it when its deadline passes, and ends it once an
/// answer has said `Connection: close`. Nothing that arrives afterwards gets beyond this handler.
final class PaceHandler: ChannelDuplexHandler, RemovableChannelHandler {
  typealias InboundIn = HTTPRequestPart
  typealias InboundOut = HTTPRequestPart
  typealias OutboundIn = HTTPResponsePart
  typealias OutboundOut = HTTPResponsePart

  private let limits: ConnectionPace.Limits
  private var pace: ConnectionPace
  private var answerCloses = false
  private var alarm: Scheduled<Void>?
  private var alarmTime = NIODeadline.distantFuture

  init(_ limits: ConnectionPace.Limits) {
    self.limits = limits
    self.pace = ConnectionPace(limits, now: .now())
  }

  func handlerAdded(context: ChannelHandlerContext) {
    watch(context)
  }

  func handlerRemoved(context: ChannelHandlerContext) {
    alarm?.cancel()
  }

  func channelRead(context: ChannelHandlerContext, data: NIOAny) {
    if pace.isEnding { return discard(unwrapInboundIn(data), context) }
    switch unwrapInboundIn(data) {
    case .head(let request): pace.headArrived(awaitsContinue: request.headerFields[.expect] != nil)
    case .body(let bytes): pace.bodyArrived(bytes.readableBytes, .now())
    case .end: pace.requestEnded(.now())
    }
    context.fireChannelRead(data)
  }

  /// Counts what is left of a refused message. At its end the client has only to read.
  private func discard(_ part: HTTPRequestPart, _ context: ChannelHandlerContext) {
    guard pace.isRefusing else { return }
    switch part {
    case .head: break
    case .body(let bytes): pace.bodyArrived(bytes.readableBytes, .now())
    case .end:
      pace.requestEnded(.now())
      context.close(mode: .output, promise: nil)
    }
  }

  /// What follows on a connection that is ending is nobody's request, well-formed or not.
  func errorCaught(context: ChannelHandlerContext, error: any Error) {
    let isEnding = pace.isEnding
    pace.broke(.now())
    watch(context)
    if !isEnding { context.fireErrorCaught(error) }
  }

  func channelReadComplete(context: ChannelHandlerContext) {
    pace.bytesArrived(.now())
    if pace.isRefusing { requestRead(context) }
    watch(context)
    context.fireChannelReadComplete()
  }

  func read(context: ChannelHandlerContext) {
    if !pace.isEnding { requestRead(context) }
  }

  private func requestRead(_ context: ChannelHandlerContext) {
    pace.readRequested(.now())
    watch(context)
    context.read()
  }

  func write(context: ChannelHandlerContext, data: NIOAny, promise: EventLoopPromise<Void>?) {
    guard !pace.isEnding else {
      promise?.fail(ChannelError.outputClosed)
      return
    }
    switch unwrapOutboundIn(data) {
    case .head(let response) where response.status == .continue:
      pace.continueSent()
      context.write(data, promise: promise)
    case .head(let response) where response.status.kind != .informational:
      answerCloses = response.headerFields[.connection]?.lowercased() == "close"
      context.write(data, promise: promise)
    case .end where answerCloses:
      let isRequestRead = pace.isRequestRead
      pace.answerEnded(closing: true, .now())
      watch(context)
      context.writeAndFlush(data, promise: promise)
      // To a client that is still sending, an early end looks like a broken connection and hides the answer from it.
      if isRequestRead { context.close(mode: .output, promise: nil) }
      if pace.isRefusing {
        // From now on this handler alone asks for bytes. A read that brings less than a whole TLS record tells nobody up
        // here; without autoRead the TLS handler then reads on by itself.
        try? context.channel.syncOptions?.setOption(.autoRead, value: false)
        requestRead(context)
      }
    case .end:
      pace.answerEnded(closing: false, .now())
      watch(context)
      context.write(data, promise: promise)
    default:
      context.write(data, promise: promise)
    }
  }

  /// Whoever is done with the connection above must not end it for a client that is still sending.
  func close(context: ChannelHandlerContext, mode: CloseMode, promise: EventLoopPromise<Void>?) {
    guard mode == .output, pace.isRefusing else { return context.close(mode: mode, promise: promise) }
    promise?.succeed()
  }

  /// Sees to it that the alarm rings no later than the deadline. An alarm that rings early just looks again, so that
  /// a chunk costs no timer.
  private func watch(_ context: ChannelHandlerContext) {
    guard let deadline = pace.deadline, deadline < alarmTime else { return }
    alarm?.cancel()
    alarmTime = deadline
    alarm = context.eventLoop.assumeIsolated().scheduleTask(deadline: deadline) { [self] in
      alarmTime = .distantFuture
      guard let deadline = pace.deadline else { return }
      if deadline <= .now() {
        context.close(mode: .all, promise: nil)
      } else {
        watch(context)
      }
    }
  }
}
