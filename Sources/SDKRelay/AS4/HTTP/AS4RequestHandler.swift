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

/// Who is at the other end of the connection, for the log. Messages are authenticated by their own signature.
public struct AS4Peer: Hashable, Sendable {
  /// The network address.
  public let address: String
  /// The client certificate in DER, already verified against the configured authorities; nil without mutual TLS.
  public let certificate: [UInt8]?

  public init(address: String, certificate: [UInt8]? = nil) {
    self.address = address
    self.certificate = certificate
  }
}
