import Foundation
import NIOCore

/// Which addresses messages may be sent to (threats.md I8). An address comes out of metadata that others publish; it
/// must not lead the access point into its own network.
public struct PeerAddressPolicy: Sendable {
  /// Plain HTTP to loopback addresses, for tests and demonstrations.
  public var allowsPlainLoopback = false
  /// Addresses that are not public: loopback, private, link-local and the like. True where the operator's own file is
  /// the directory, since it may name a private network on purpose.
  public var allowsPrivateNetworks = true
  /// The ports that may be used; nil for any.
  public var ports: Set<Int>?

  public init(allowsPlainLoopback: Bool = false, allowsPrivateNetworks: Bool = true, ports: Set<Int>? = nil) {
    self.allowsPlainLoopback = allowsPlainLoopback
    self.allowsPrivateNetworks = allowsPrivateNetworks
    self.ports = ports
  }

  /// Checks what the URL says by itself.
  func check(_ url: URL) throws(TransportProblem) {
    guard let host = url.host(percentEncoded: false), !host.isEmpty else {
      throw TransportProblem(.address, "the address names no host")
    }
    guard url.user(percentEncoded: true) == nil, url.password(percentEncoded: true) == nil, url.fragment == nil else {
      throw TransportProblem(.address, "the address carries user information or a fragment")
    }
    switch url.scheme?.lowercased() {
    case "https": break
    case "http" where allowsPlainLoopback && AS4EndpointSettings.isLoopback(host): break
    default: throw TransportProblem(.address, "messages are sent to https addresses only")
    }
    if let ports, !ports.contains(url.port ?? 443) { throw TransportProblem(.address, "the port is not allowed") }
  }

  /// Checks the network address that a connection really got, after name resolution and before the first byte.
  func check(_ address: SocketAddress?) throws(TransportProblem) {
    guard !allowsPrivateNetworks else { return }
    guard let address, Self.isPublic(address) else {
      throw TransportProblem(.address, "the host's network address is not a public one")
    }
  }

  /// Whether the address is global unicast (IANA's special-purpose registries, RFC 6890).
  static func isPublic(_ address: SocketAddress) -> Bool {
    switch address {
    case .v4(let v4): isPublic(v4: withUnsafeBytes(of: v4.address.sin_addr) { Array($0) })
    case .v6(let v6): isPublic(v6: withUnsafeBytes(of: v6.address.sin6_addr) { Array($0) })
    case .unixDomainSocket: false
    }
  }

  private static func isPublic(v4 a: [UInt8]) -> Bool {
    switch (a[0], a[1], a[2]) {
    case (0, _, _), (10, _, _), (127, _, _), (224...255, _, _): false
    case (100, 64...127, _), (169, 254, _), (172, 16...31, _), (192, 168, _): false
    case (192, 0, 0), (192, 0, 2), (192, 88, 99), (198, 18...19, _), (198, 51, 100), (203, 0, 113): false
    default: true
    }
  }

  private static func isPublic(v6 a: [UInt8]) -> Bool {
    if a[0..<12].elementsEqual([0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff]) { return isPublic(v4: Array(a[12...])) }
    // Global unicast is 2000::/3; within it protocol assignments with Teredo (2001::/23), documentation (2001:db8::/32)
    // and 6to4 (2002::/16) lead elsewhere.
    switch (a[0], a[1], a[2], a[3]) {
    case (0x20, 0x01, 0...1, _), (0x20, 0x01, 0x0d, 0xb8), (0x20, 0x02, _, _): return false
    default: return a[0] & 0xe0 == 0x20
    }
  }
}
