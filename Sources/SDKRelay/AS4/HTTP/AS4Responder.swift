import HTTPTypes
import HummingbirdCore
import Logging
import NIOCore
import XMLSecurity

/// Judges a request's head, hands it to the handler and writes the answer.
struct AS4Responder: Sendable {
  let path: String
  let maximumBody: Int
  let handler: any AS4RequestHandler
  let logger: Logger

  /// A body that the handler left is read on this far before the answer, to keep the connection. What is left of a
  /// larger one is thrown away after the answer (``ConnectionPace``).
  private static let leftover = 1_048_576

  func respond(to request: Request, with writer: consuming ResponseWriter, on channel: any Channel) async throws {
    if let refusal = refusal(of: request.head) {
      return try await write(refusal, closing: true, to: writer)
    }
    if request.head.headerFields[.expect]?.lowercased() == "100-continue" {
      try await writer.writeInformationalHead(HTTPResponse(status: .continue))
    }
    var iterator = request.body.makeAsyncIterator()
    let body = AS4RequestBody(length: declaredLength(request.head), limit: maximumBody) { try await iterator.next() }
    let reply = await handler.handle(
      contentType: request.head.headerFields[.contentType] ?? "", body: body,
      peer: AS4Peer(address: channel.remoteAddress?.ipAddress ?? "unknown"))

    switch body.source.problem {
    case .tooLarge: try await write(Self.tooLarge, closing: true, to: writer)
    case .incomplete: try await write(Self.incomplete, closing: true, to: writer)
    case nil:
      let isRead = await body.source.finish(within: Self.leftover)
      try await write(reply, closing: request.head.asksToClose || !isRead, to: writer)
    }
  }

  /// Checks in this order; nil when the handler may see the request.
  private func refusal(of head: HTTPRequest) -> AS4Reply? {
    let target = head.path?.prefix { $0 != "?" }
    guard target.map(String.init) == path else { return .text(404, "Nothing here.") }
    guard head.method == .post else { return .text(405, "This address takes AS4 messages by POST.") }
    // Transfer codings other than chunked would change the body; so would a content coding (RFC 9112, 6.1).
    if let coding = head.headerFields[.transferEncoding], coding.lowercased() != "chunked" {
      return .text(501, "Only the chunked transfer coding is supported.")
    }
    guard head.headerFields[.contentEncoding] == nil else { return .text(415, "Content codings are not supported.") }
    guard head.headerFields[.contentType] != nil else { return .text(415, "A content type is needed.") }
    if let length = declaredLength(head), length > maximumBody { return Self.tooLarge }
    return nil
  }

  private func declaredLength(_ head: HTTPRequest) -> Int? {
    head.headerFields[.contentLength].flatMap { Int($0) }
  }

  private func write(_ reply: AS4Reply, closing: Bool, to writer: consuming ResponseWriter) async throws {
    var head = HTTPResponse(status: .init(code: reply.status))
    head.headerFields[.contentType] = reply.contentType
    head.headerFields[.contentLength] = String(reply.body.count)
    if reply.status == 405 { head.headerFields[.allow] = "POST" }
    if closing { head.headerFields[.connection] = "close" }
    if reply.status >= 400, closing { logger.debug("Request refused", metadata: ["status": "\(reply.status)"]) }
    try await writer.write(response: head, body: Self.body(reply.body))
    KillPoint.reached(.answerSent)
  }

  private static func body(_ bytes: [UInt8]) -> ResponseBody {
    #if KILL_POINTS
      // In two halves, so that a test can end the process between them.
      let middle = bytes.count / 2
      return ResponseBody(contentLength: bytes.count) { writer in
        try await writer.write(ByteBuffer(bytes: bytes[..<middle]))
        KillPoint.reached(.halfAnswer)
        try await writer.write(ByteBuffer(bytes: bytes[middle...]))
        try await writer.finish(nil)
      }
    #else
      return ResponseBody(byteBuffer: ByteBuffer(bytes: bytes))
    #endif
  }

  private static let tooLarge = AS4Reply.text(413, "The message is larger than this access point accepts.")
  private static let incomplete = AS4Reply.text(400, "The request ended before its body did.")
}

extension HTTPRequest {
  /// Whether `close` is among the connection options (RFC 9110 §7.6.1).
  fileprivate var asksToClose: Bool {
    (headerFields[.connection] ?? "").split(separator: ",").contains {
      String($0).trimmingXMLSpace.lowercased() == "close"
    }
  }
}

extension AS4Reply {
  /// A one-line answer in plain text.
  static func text(_ status: Int, _ line: String) -> AS4Reply {
    AS4Reply(status: status, contentType: "text/plain; charset=utf-8", body: Array("\(line)\n".utf8))
  }
}
