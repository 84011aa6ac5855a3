import NIOCore
import NIOHTTP1
import StructuredBridge

/// One connection of a test core.
final class TestCoreSession: ChannelInboundHandler {
  typealias InboundIn = HTTPServerRequestPart
  typealias OutboundOut = HTTPServerResponsePart

  private static let largestBody = 1_000_000
  private let box: TestCore.Box
  private var head: HTTPRequestHead?
  private var body: [UInt8] = []

  init(_ box: TestCore.Box) { self.box = box }

  func channelRead(context: ChannelHandlerContext, data: NIOAny) {
    switch unwrapInboundIn(data) {
    case .head(let head): (self.head, body) = (head, [])
    case .body(let bytes):
      guard body.count + bytes.readableBytes <= Self.largestBody else { return context.close(promise: nil) }
      body += bytes.readableBytesView
    case .end:
      guard let head else { return }
      let request = TestCoreRequest(head, body)
      let answer = box.answer(request)
      guard let delay = answer.delay else { return write(answer, to: request, context) }
      let bound = NIOLoopBound((self, context), eventLoop: context.eventLoop)
      context.eventLoop.scheduleTask(in: TimeAmount(delay)) {
        let (session, context) = bound.value
        guard context.channel.isActive else { return }
        session.write(answer, to: request, context)
      }
    }
  }

  func errorCaught(context: ChannelHandlerContext, error: any Error) { context.close(promise: nil) }

  private func write(_ answer: TestCoreAnswer, to request: TestCoreRequest, _ context: ChannelHandlerContext) {
    var headers = HTTPHeaders(answer.headers)
    headers.add(name: "Content-Length", value: "\(answer.body.count)")
    if let id = request.header(CoreNames.Header.tracking) { headers.add(name: CoreNames.Header.tracking, value: id) }
    headers.add(name: CoreNames.Header.responseTime, value: "1")
    let head = HTTPResponseHead(version: .http1_1, status: .init(statusCode: answer.status), headers: headers)
    context.write(wrapOutboundOut(.head(head)), promise: nil)
    let bytes = ByteBuffer(bytes: answer.cut.map { answer.body.prefix($0) } ?? answer.body[...])
    context.writeAndFlush(wrapOutboundOut(.body(.byteBuffer(bytes))), promise: nil)
    guard answer.cut == nil else { return context.close(promise: nil) }
    context.writeAndFlush(wrapOutboundOut(.end(nil)), promise: nil)
  }
}
