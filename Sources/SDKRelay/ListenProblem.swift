import Foundation
import NIOCore

/// Why a listener of the node cannot listen where its settings say, in a sentence that names them.
public struct ListenProblem: Error, Hashable, Sendable, CustomStringConvertible {
  /// The settings' section, such as `server`.
  public let section: String
  public let host: String
  public let port: Int
  public let reason: String

  public var description: String {
    let address = host.contains(":") ? "[\(host)]:\(port)" : "\(host):\(port)"
    return "cannot listen on \(address) (settings \(section).host and \(section).port): \(reason)"
  }

  private init(_ section: String, _ host: String, _ port: Int, _ reason: String) {
    (self.section, self.host, self.port, self.reason) = (section, host, port, reason)
  }

  /// What an error of the endpoint means; nil for one that has nothing to do with its address.
  init?(_ error: any Error, at settings: AS4EndpointSettings) {
    self.init(error, section: "server", host: settings.host, port: settings.port)
  }

  /// What an error of a listener means; nil for one that has nothing to do with its address.
  public init?(_ error: any Error, section: String, host: String, port: Int) {
    switch error {
    case let error as IOError: self.init(section, host, port, Self.reason(error.errnoCode))
    case is SocketAddressError, is SocketAddressError.UnknownHost:
      self.init(section, host, port, "the host has no address")
    default: return nil
    }
  }

  /// Looks whether this machine has the host's address. The port is left alone: a node that runs holds it.
  public static func check(_ settings: AS4EndpointSettings) throws(ListenProblem) {
    guard let address = try? SocketAddress.makeAddressResolvingHost(settings.host, port: settings.port).ipAddress else {
      throw ListenProblem("server", settings.host, settings.port, "the host has no address")
    }
    let isEverywhere = ["0.0.0.0", "::", "::1"].contains(address) || address.hasPrefix("127.")
    let own = (try? System.enumerateDevices().compactMap { $0.address?.ipAddress }) ?? []
    guard isEverywhere || own.contains(address) else {
      throw ListenProblem("server", settings.host, settings.port, reason(EADDRNOTAVAIL))
    }
  }

  private static func reason(_ code: Int32) -> String {
    switch code {
    case EADDRINUSE: "another program listens there"
    case EADDRNOTAVAIL: "the address is not one of this machine's"
    case EACCES, EPERM: "ports below 1024 need a privilege (CAP_NET_BIND_SERVICE)"
    default: String(cString: strerror(code))
    }
  }
}
