public import Foundation
public import SDKRelay

/// How the node tells people of messages: the section `notifications` of its settings file, which `config/node.yaml`
/// describes. Offices choose whom, within this.
public struct NotificationSettings: Sendable {
  /// The least time between two notifications to one address, where the mailbox does not say otherwise.
  public var interval = Duration.seconds(900)
  /// The address of the service that people log in to; it stands in every e-mail and never leads to a message.
  public var link: URL?
  /// The mail server; nil where the node sends no e-mail.
  public var mail: SMTPSettings?
  /// The only hosts that webhooks may lead to.
  public var webhooks: [WebhookHost] = []

  public init() {}

  /// The section of a node's settings file; nil when it has none, and the node then tells nobody.
  public static func read(_ file: URL) throws(SettingsProblem) -> NotificationSettings? {
    guard let section = try SettingsFile.open(file).optionalSection("notifications") else { return nil }
    return try NotificationSettings(section)
  }

  init(_ section: SettingsSection) throws(SettingsProblem) {
    try section.allow("interval", "link", "smtp", "webhooks")
    interval = try section.duration("interval", default: interval, in: .seconds(60) ... .seconds(86_400))
    link = try section.optionalValue("link", expected: "an address such as https://sdk.kommun.example.se") { text in
      guard let address = WebhookAddress(text) else { return nil }
      return URL(string: address.description)
    }
    if let section = try section.optionalSection("smtp") { mail = try SMTPSettings(section) }
    for section in try section.sections("webhooks") {
      let host = try WebhookHost(section)
      guard !webhooks.contains(where: { $0.host == host.host && $0.port == host.port }) else {
        throw section.problem("host", "the same host and port twice")
      }
      webhooks.append(host)
    }
  }

  /// The host that the webhook leads to, if it is one of these.
  func host(of address: WebhookAddress) -> WebhookHost? {
    webhooks.first { $0.host == address.host && $0.port == address.port }
  }

  /// Why the node does not send to the address; nil when it does.
  static func refusal(of address: NotificationAddress, _ settings: NotificationSettings?) -> String? {
    switch address {
    case .mail: settings?.mail == nil ? "the node's settings name no mail server" : nil
    case .webhook(let webhook):
      settings?.host(of: webhook) == nil ? "the node's settings do not name the webhook's host" : nil
    }
  }
}

/// The mail server that takes the node's notifications (RFC 5321).
public struct SMTPSettings: Sendable {
  public enum Security: String, Sendable, CaseIterable {
    /// The connection begins in plain and goes on in TLS, or ends.
    case startTLS
    /// TLS from the first byte.
    case tls
    /// No TLS: on this very machine only.
    case none
  }

  public var host: String
  public var port: Int
  public var security = Security.startTLS
  /// The sender, to which mail servers report what they cannot deliver.
  var from: MailAddress
  /// Nil where the server asks for no password.
  var login: (user: String, password: String)?
  /// Whom the server's certificate must chain to.
  public var authorities = TLSTrust.system
  /// How long to try to connect, and how long one e-mail may take altogether.
  public var connectTime = Duration.seconds(10)
  public var totalTime = Duration.seconds(60)

  init(host: String, port: Int, from: MailAddress) {
    self.host = host
    self.port = port
    self.from = from
  }

  init(_ section: SettingsSection) throws(SettingsProblem) {
    try section.allow("host", "port", "security", "from", "user", "password", "trust", "totalTime")
    self.init(
      host: try section.value("host", expected: "a host's name or address") {
        HostName.isName($0) || HostName.isAddress($0) ? $0 : nil
      },
      port: try section.int("port", default: 587, in: 1...65_535),
      from: try section.value("from", expected: "an e-mail address") { MailAddress($0) })
    security = try section.choice("security", default: security)
    if security == .none && !HostName.isLoopback(host) {
      throw section.problem("security", "may be none for 127.0.0.1 or localhost only")
    }
    if section.has("user") != section.has("password") {
      throw section.problem(section.has("user") ? "user" : "password", "user and password belong together")
    }
    if let user = try section.optionalString("user") { login = (user, try section.secret("password", from: 1)) }
    if section.has("trust") { authorities = try TLSTrust(section) }
    totalTime = try section.duration("totalTime", default: totalTime, in: .seconds(1) ... .seconds(600))
  }
}

/// A host that takes webhooks.
public struct WebhookHost: Sendable {
  /// In lower case.
  public var host: String
  public var port: Int
  /// Shared with whoever runs the host: signs what is sent there.
  var secret: [UInt8]
  public var authorities = TLSTrust.system
  public var totalTime = Duration.seconds(30)

  init(host: String, port: Int, secret: [UInt8]) {
    self.host = host
    self.port = port
    self.secret = secret
  }

  init(_ section: SettingsSection) throws(SettingsProblem) {
    try section.allow("host", "port", "secret", "trust", "totalTime")
    let host = try section.value("host", expected: "a host's name or address") {
      HostName.isName($0) || HostName.isAddress($0) ? $0.lowercased() : nil
    }
    try self.init(host: host, port: section.int("port", default: 443, in: 1...65_535), section)
  }

  /// The host of an address, with what else the section says of it: `secret`, `trust` and `totalTime`.
  package init(of address: WebhookAddress, _ section: SettingsSection) throws(SettingsProblem) {
    try self.init(host: address.host, port: address.port, section)
  }

  private init(host: String, port: Int, _ section: SettingsSection) throws(SettingsProblem) {
    self.init(host: host, port: port, secret: Array(try section.secret("secret", from: 32).utf8))
    if section.has("trust") { authorities = try TLSTrust(section) }
    totalTime = try section.duration("totalTime", default: totalTime, in: .seconds(1) ... .seconds(600))
  }
}

extension SettingsSection {
  /// The one line of a closed file.
  package func secret(_ key: String, from least: Int) throws(SettingsProblem) -> String {
    let file = try secretFile(key)
    guard let bytes = try? Data(contentsOf: file), let text = String(bytes: bytes, encoding: .utf8) else {
      throw problem(key, "cannot be read as text: \(file.path)")
    }
    let line = text.hasSuffix("\n") ? String(text.dropLast()) : text
    guard (least...1_024).contains(line.utf8.count), !line.contains(where: \.isNewline), !line.utf8.contains(0) else {
      throw problem(key, "must hold one line of \(least) to 1024 characters: \(file.path)")
    }
    return line
  }
}
