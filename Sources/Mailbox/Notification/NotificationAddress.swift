import Foundation

/// Where notifications go: an e-mail address or a webhook.
enum NotificationAddress: Hashable, Sendable {
  case mail(MailAddress)
  case webhook(WebhookAddress)

  /// Nil for what is neither, and for what holds an identity number.
  init?(_ text: String) {
    guard !IdentityNumbers.areIn(text) else { return nil }
    if let address = MailAddress(text) {
      self = .mail(address)
    } else if let address = WebhookAddress(text) {
      self = .webhook(address)
    } else {
      return nil
    }
  }
}

/// An e-mail address in plain ASCII, without quotes and comments: nothing in it is syntax of a command or a header.
struct MailAddress: Hashable, Sendable, CustomStringConvertible {
  let description: String
  let domain: String

  init?(_ text: String) {
    let parts = text.utf8.split(separator: UInt8(ascii: "@"), omittingEmptySubsequences: false)
    guard parts.count == 2, (1...64).contains(parts[0].count), text.utf8.count <= 254 else { return nil }
    let words = parts[0].split(separator: UInt8(ascii: "."), omittingEmptySubsequences: false)
    guard words.allSatisfy({ !$0.isEmpty && $0.allSatisfy(Self.isWord) }) else { return nil }
    domain = String(decoding: parts[1], as: UTF8.self)
    guard HostName.isName(domain) else { return nil }
    description = text
  }

  private static func isWord(_ byte: UInt8) -> Bool {
    HostName.isLetterOrDigit(byte) || "!#$%&'*+-/=?^_`{|}~".utf8.contains(byte)
  }
}

/// A webhook's address: `https`, a host that the node's settings name, and a path. Without user, query and fragment: what
/// stands in an address is shown and logged elsewhere.
package struct WebhookAddress: Hashable, Sendable, CustomStringConvertible {
  package let description: String
  let host: String
  let port: Int

  package init?(_ text: String) {
    guard text.utf8.count <= 500, text.hasPrefix("https://"), text.utf8.allSatisfy(Self.isPlain),
      let parts = URLComponents(string: text), let host = parts.host, HostName.isName(host) || HostName.isAddress(host),
      parts.user == nil, parts.password == nil, parts.query == nil, parts.fragment == nil,
      (1...65_535).contains(parts.port ?? 443)
    else { return nil }
    description = text
    self.host = host.lowercased()
    port = parts.port ?? 443
  }

  private static func isPlain(_ byte: UInt8) -> Bool {
    HostName.isLetterOrDigit(byte) || "-._~:/%".utf8.contains(byte)
  }
}

/// Names of hosts (RFC 1123 §2.1).
enum HostName {
  static func isName(_ text: String) -> Bool {
    guard (1...253).contains(text.utf8.count) else { return false }
    return text.utf8.split(separator: UInt8(ascii: "."), omittingEmptySubsequences: false).allSatisfy { label in
      (1...63).contains(label.count) && label.first != UInt8(ascii: "-") && label.last != UInt8(ascii: "-")
        && label.allSatisfy { isLetterOrDigit($0) || $0 == UInt8(ascii: "-") }
    }
  }

  /// Whether it is an IPv4 address.
  static func isAddress(_ text: String) -> Bool {
    var address = in_addr()
    return inet_pton(AF_INET, text, &address) == 1
  }

  static func isLoopback(_ text: String) -> Bool { ["127.0.0.1", "::1", "localhost"].contains(text) }

  static func isLetterOrDigit(_ byte: UInt8) -> Bool {
    (UInt8(ascii: "a")...UInt8(ascii: "z")).contains(byte | 0x20)
      || (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte)
  }
}
