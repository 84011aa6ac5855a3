import Foundation
import NIOCore

/// Why an endpoint of the node cannot listen where its settings say, in a sentence that names them.
public struct ListenProblem: Error, Hashable, Sendable, CustomStringConvertible {
  /// As in the section's settings `host` and `port`.
  public let host: String
  public let port: Int
  /// The section of the settings file, such as `server`.
  public let section: String
  public let reason: String

  public var description: String {
    let address = host.contains(":") ? "[\(host)]:\(port)" : "\(host):\(port)"
    return "cannot listen on \(address) (settings \(section).host and \(section).port): \(reason)"
  }

  private init(_ host: String, _ port: Int, _ section: String, _ reason: String) {
    (self.host, self.port, self.section) = (host, port, section)
    self.reason = reason
  }

  /// What an error of an endpoint means; nil for one that has nothing to do with its address.
  public init?(_ error: any Error, host: String, port: Int, section: String) {
    switch error {
    case let error as IOError: self.init(host, port, section, Self.reason(error.errnoCode))
    case is SocketAddressError, is SocketAddressError.UnknownHost:
      self.init(host, port, section, "the host has no address")
    default: return nil
    }
  }

  /// Looks whether this machine has the host's address. The port is left alone: a node that runs holds it.
  public static func check(_ settings: AS4EndpointSettings) throws(ListenProblem) {
    guard let address = try? SocketAddress.makeAddressResolvingHost(settings.host, port: settings.port).ipAddress else {
      throw ListenProblem(settings.host, settings.port, server, "the host has no address")
    }
    let isEverywhere = ["0.0.0.0", "::", "::1"].contains(address) || address.hasPrefix("127.")
    let own = (try? System.enumerateDevices().compactMap { $0.address?.ipAddress }) ?? []
    guard isEverywhere || own.contains(address) else {
      throw ListenProblem(settings.host, settings.port, server, reason(EADDRNOTAVAIL))
    }
  }

  /// The access point's section.
  static let server = "server"

  private static func reason(_ code: Int32) -> String {
    switch code {
    case EADDRINUSE: "another program listens there"
    case EADDRNOTAVAIL: "the address is not one of this machine's"
    case EACCES, EPERM: "ports below 1024 need a privilege (CAP_NET_BIND_SERVICE)"
    default: String(cString: strerror(code))
    }
  }
}
