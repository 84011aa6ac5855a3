import AsyncHTTPClient
import Glibc
import NIOCore
import NIOPosix
import NIOSSL

/// Why no answer came from the other access point.
///
/// The one error of ``AS4Client``: what its libraries throw ends here.
public struct TransportProblem: Error, Hashable, Sendable, CustomStringConvertible {
  /// What went wrong, and thereby whether trying again may help.
  public enum Kind: String, Sendable {
    /// The address is not one that messages may be sent to.
    case address
    /// The host has no network address.
    case name
    /// Nobody answers at the address.
    case connect
    /// TLS could not be agreed, or the other side's certificate is not acceptable; or ours to them.
    case tls
    /// It took too long.
    case timeout
    /// The connection ended before the answer was whole.
    case connectionClosed = "connection-closed"
    /// What came back is not HTTP, or too large to be a signal.
    case answer
    /// The message's own bytes could not be read.
    case body
    /// The sending was cancelled here.
    case cancelled
  }

  /// What went wrong.
  public let kind: Kind
  /// For the log and the operator; no content.
  public let detail: String

  init(_ kind: Kind, _ detail: String) {
    self.kind = kind
    self.detail = detail
  }

  /// Whether the same bytes may fare better later.
  public var isTransient: Bool {
    switch kind {
    case .name, .connect, .tls, .timeout, .connectionClosed, .answer, .cancelled: true
    case .address, .body: false
    }
  }

  /// Kind and detail in one line.
  public var description: String { "\(kind.rawValue): \(detail)" }
}

extension TransportProblem {
  /// Says what an error of the libraries means.
  package init(_ error: any Error) {
    switch error {
    case let problem as TransportProblem: self = problem
    case let error as HTTPClientError: self.init(error)
    case let error as NIOSSLExtraError:
      self.init(
        .tls,
        error == .failedToValidateHostname
          ? "the certificate is for another host" : "the certificate names no host")
    case is NIOSSLError, is BoringSSLError: self.init(.tls, "the TLS handshake failed: \(Self.reason(error))")
    case let error as NIOConnectionError: self.init(error)
    case is NIOTooManyBytesError: self.init(.answer, "the answer is too large to be a signal")
    case let error as IOError:
      let isRefused = [ECONNREFUSED, EHOSTUNREACH, ENETUNREACH].contains(error.errnoCode)
      let what = isRefused ? "no connection" : "the connection failed"
      self.init(isRefused ? .connect : .connectionClosed, "\(what): \(error.words)")
    case is ChannelError: self.init(.connectionClosed, "the connection ended")
    case is CancellationError: self.init(.cancelled, "cancelled")
    default: self.init(.answer, "the answer is not HTTP")
    }
  }

  /// The library's word for it, such as `CERTIFICATE_VERIFY_FAILED`, without the places in its sources.
  private static func reason(_ error: any Error) -> String {
    let words = "\(error)".matches(of: /OPENSSL_internal:([A-Z0-9_]+)/).map { String($0.output.1) }
    return words.isEmpty ? "no reason given" : words.joined(separator: ", ")
  }

  private init(_ error: HTTPClientError) {
    switch error {
    case .invalidURL, .emptyHost, .missingSocketPath, .emptyScheme:
      self.init(.address, "not a web address")
    case .connectTimeout, .tlsHandshakeTimeout:
      self.init(.connect, "no connection in time")
    case .readTimeout, .writeTimeout, .deadlineExceeded, .getConnectionFromPoolTimeout:
      self.init(.timeout, "no answer in time")
    case .remoteConnectionClosed, .requestStreamCancelled, .uncleanShutdown:
      self.init(.connectionClosed, "the other side ended the connection")
    case .cancelled, .alreadyShutdown:
      self.init(.cancelled, "cancelled")
    case .bodyLengthMismatch:
      self.init(.body, "the message's file has changed")
    default:
      self.init(.answer, "\(error)")
    }
  }

  /// A connection that never came about: the name, or each address tried in turn.
  private init(_ error: NIOConnectionError) {
    guard let last = error.connectionErrors.last else {
      self.init(.name, "the host name has no address")
      return
    }
    switch last.error {
    case let problem as TransportProblem: self = problem
    case let reason as IOError: self.init(.connect, "no connection: \(reason.words)")
    case is ChannelError: self.init(.connect, "no connection in time")
    default: self.init(last.error)
    }
  }
}

extension IOError {
  /// The system's words for it.
  fileprivate var words: String { String(cString: strerror(errnoCode)) }
}
