import Foundation
import NIOCore
public import NIOSSL

/// Where and how the access point listens for AS4 messages.
public struct AS4EndpointSettings: Sendable {
  /// Who may connect.
  public enum Security: Sendable {
    /// TLS with a client certificate that chains to the given authorities.
    case mutualTLS(TLSIdentity, clients: TLSTrust)
    /// TLS with the server's certificate only.
    case oneWayTLS(TLSIdentity)
    /// No TLS, and for that reason only on a loopback address: tests, or a proxy on the same machine.
    case plain
  }

  /// The address to listen on. 0.0.0.0 means every interface.
  public var host: String
  /// The port. SDK asks for 443 as seen from outside. 0 takes a free one.
  public var port: Int
  /// The only path that takes messages.
  public var path = "/as4"
  /// Who may connect.
  public var security: Security
  /// The largest request, in bytes, that is read; a larger one is answered 413, and what is still sent of it, up to
  /// twice this size, is thrown away so that the sender comes to read the answer. The federation asks for messages of
  /// at least 100 MB.
  public var maximumBody = 150_000_000
  /// How many connections one network address may have open. More are closed at once.
  public var connectionsPerAddress = 200
  /// How long a connection is kept open between requests.
  public var idleTime = Duration.seconds(60)
  /// How long a client may take to send a request's head, from its first byte or from connecting.
  public var headerTime = Duration.seconds(10)
  /// How long a client may stall in a body before it must keep up the minimum rate.
  public var bodyStallTime = Duration.seconds(30)
  /// The slowest body, in bytes a second, that is waited for.
  public var minimumBodyRate = 10_000
  /// How long running requests may take to end when the endpoint is shut down.
  public var shutdownTime = Duration.seconds(20)

  public init(host: String, port: Int, security: Security) {
    self.host = host
    self.port = port
    self.security = security
  }

  /// Reads the section `server`: `host`, `port`, `path`, `certificate`, `key`, `mutual`, `trust`, `tls`,
  /// `connectionsPerAddress` and `idleTime`.
  public init(_ settings: SettingsSection) throws(SettingsProblem) {
    try settings.allow(
      "host", "port", "path", "certificate", "key", "mutual", "trust", "tls", "connectionsPerAddress", "idleTime")
    let host =
      try settings.optionalValue("host", expected: "an IP address or a host name") { Self.isHost($0) ? $0 : nil }
      ?? "0.0.0.0"
    let port = try settings.int("port", default: 8443, in: 0...65_535)
    self.init(host: host, port: port, security: try Self.security(settings, host: host))
    path =
      try settings.optionalValue("path", expected: "a path such as /as4") { text -> String? in
        text.hasPrefix("/") && !text.contains("?") ? text : nil
      } ?? path
    connectionsPerAddress = try settings.int("connectionsPerAddress", default: connectionsPerAddress, in: 1...100_000)
    idleTime = try settings.duration("idleTime", default: idleTime, in: .seconds(1) ... .seconds(3_600))
  }

  /// Reads `tls`, `mutual`, `certificate`, `key` and `trust`, which every endpoint of the node has.
  public static func security(_ settings: SettingsSection, host: String) throws(SettingsProblem) -> Security {
    guard try settings.bool("tls", default: true) else {
      guard isLoopback(host) else { throw settings.problem("tls", "may be false for 127.0.0.1 or ::1 only") }
      return .plain
    }
    let identity = try TLSIdentity(settings)
    guard try settings.bool("mutual", default: true) else { return .oneWayTLS(identity) }
    return .mutualTLS(identity, clients: try TLSTrust(settings))
  }

  static func isLoopback(_ host: String) -> Bool {
    ["127.0.0.1", "::1", "localhost"].contains(host)
  }

  /// Whether the text may be a name or an address; whether there is such a host shows when it is listened on.
  private static func isHost(_ text: String) -> Bool {
    text.utf8.allSatisfy { byte in
      let isLetter = (UInt8(ascii: "a")...UInt8(ascii: "z")).contains(byte | 0x20)
      return isLetter || (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte) || "-._:%".utf8.contains(byte)
    }
  }

  var paceLimits: ConnectionPace.Limits {
    .init(
      head: TimeAmount(headerTime), idle: TimeAmount(idleTime), bodyCredit: TimeAmount(bodyStallTime),
      bodyRate: minimumBodyRate, refusedBytes: 2 * maximumBody)
  }
}

extension AS4EndpointSettings.Security {
  /// What a server of the node speaks; nil without TLS.
  public var tlsConfiguration: TLSConfiguration? {
    switch self {
    case .mutualTLS(let identity, let clients): TLSProfile.server(identity, clients: clients)
    case .oneWayTLS(let identity): TLSProfile.server(identity, clients: nil)
    case .plain: nil
    }
  }
}

extension TLSIdentity {
  /// Reads `certificate` (PEM file, the leaf first) and `key` (PEM file, closed to others).
  init(_ settings: SettingsSection) throws(SettingsProblem) {
    let certificates = try settings.contents(of: "certificate", at: settings.file("certificate"))
    let privateKey = try settings.privateKeyText("key")
    do {
      try self.init(certificates: certificates, privateKey: privateKey)
    } catch {
      throw settings.problem("certificate", error.reason)
    }
  }
}

extension TLSTrust {
  /// Reads the authorities from the PEM files listed under `trust`.
  package init(_ settings: SettingsSection) throws(SettingsProblem) {
    let files = try settings.files("trust")
    guard !files.isEmpty else { throw settings.problem("trust", "names no file") }
    var authorities: [UInt8] = []
    for file in files { authorities += try settings.contents(of: "trust", at: file) + [UInt8(ascii: "\n")] }
    do {
      try self.init(authorities: authorities)
    } catch {
      throw settings.problem("trust", error.reason)
    }
  }
}

extension SettingsSection {
  /// The bytes of a small file that a setting names.
  func contents(of key: String, at url: URL) throws(SettingsProblem) -> [UInt8] {
    do {
      return Array(try Data(contentsOf: url))
    } catch {
      throw problem(key, "cannot be read: \(url.path)")
    }
  }
}
