/// Receives AS4 messages: the corner of the access point behind the HTTP endpoint.
///
/// The endpoint has checked path, method and size; everything in the message itself is the handler's.
public protocol AS4RequestHandler: Sendable {
  /// Reads the message and gives the synchronous answer: a receipt, an ebMS error, or a plain HTTP status.
  ///
  /// The body need not be read to its end. An error thrown while reading it means that the rest will never come; the
  /// endpoint then answers for itself, whatever is returned.
  func handle(contentType: String, body: AS4RequestBody, peer: AS4Peer) async -> AS4Reply
}

/// The synchronous answer to an AS4 request.
public struct AS4Reply: Hashable, Sendable {
  /// The HTTP status code, 200…599.
  public let status: Int
  /// The Content-Type; nil when there is no body.
  public let contentType: String?
  /// The whole body: a signal is small.
  public let body: [UInt8]

  public init(status: Int, contentType: String? = nil, body: [UInt8] = []) {
    self.status = status
    self.contentType = contentType
    self.body = body
  }
}

/// Who is at the other end of the connection, for the log. Its certificate was judged by TLS; messages are authenticated
/// by their own signature.
public struct AS4Peer: Hashable, Sendable {
  /// The network address.
  public let address: String

  public init(address: String) {
    self.address = address
  }
}
