public import Foundation
public import SDKRelay
public import XMLSecurity

/// How the population register's service is reached: the section `bridge.populationRegister.navet` of the node's settings file.
public struct NavetSettings: Sendable {
  /// What an organisation has ordered of the register.
  public struct Order: Hashable, Sendable {
    public let organisation: ParticipantID
    public let number: OrganisationNumber
    /// `BestallningsId`: 1 to 50 visible characters.
    public let id: String

    public init(organisation: ParticipantID, number: OrganisationNumber, id: String) {
      (self.organisation, self.number, self.id) = (organisation, number, id)
    }
  }

  public var url: URL
  /// Our certificate and key, shown at each connection.
  public var identity: Identity
  public var authorities: TLSTrust
  public var orders: [Order]
  public var connectTime = Duration.seconds(10)
  /// How long one question may take altogether.
  public var totalTime = Duration.seconds(30)
  /// Questions at once, 1 to 8.
  public var atOnce = 2

  public init(url: URL, identity: Identity, authorities: TLSTrust, orders: [Order]) {
    (self.url, self.identity, self.authorities, self.orders) = (url, identity, authorities, orders)
  }

  init(_ section: SettingsSection, _ participants: Set<ParticipantID>) throws(SettingsProblem) {
    try section.allow("url", "certificate", "key", "trust", "orders", "connectTime", "totalTime", "atOnce")
    self.init(
      url: try section.value("url", expected: "an https address without user and query") { Self.address($0) },
      identity: try section.identity(), authorities: section.has("trust") ? try TLSTrust(section) : .system, orders: [])
    connectTime = try section.duration("connectTime", default: connectTime, in: .seconds(1) ... .seconds(120))
    totalTime = try section.duration("totalTime", default: totalTime, in: .seconds(1) ... .seconds(600))
    atOnce = try section.int("atOnce", default: atOnce, in: 1...8)
    for item in try section.sections("orders") { try take(item, participants) }
    guard !orders.isEmpty else { throw section.problem("orders", "must name at least one organisation") }
  }

  private mutating func take(_ item: SettingsSection, _ participants: Set<ParticipantID>) throws(SettingsProblem) {
    try item.allow("organisation", "organisationNumber", "order")
    let id = try item.value("organisation", expected: "a participant id such as 0203:kommun.example.se") {
      try? ParticipantID($0)
    }
    guard participants.contains(id) else { throw item.problem("organisation", "is none of the node's participants") }
    guard !orders.contains(where: { $0.organisation == id }) else {
      throw item.problem("organisation", "the same organisation twice")
    }
    orders.append(
      Order(
        organisation: id,
        number: try item.value("organisationNumber", expected: "an organisation's number such as 299999-9994") {
          OrganisationNumber($0)
        },
        id: try item.value("order", expected: "1 to 50 visible characters") { text in
          (1...50).contains(text.utf8.count) && text.utf8.allSatisfy { (0x21...0x7E).contains($0) } ? text : nil
        }))
  }

  private static func address(_ text: String) -> URL? {
    guard let parts = URLComponents(string: text), parts.scheme == "https", parts.host?.isEmpty == false,
      parts.user == nil, parts.password == nil, parts.query == nil, parts.fragment == nil
    else { return nil }
    return parts.url
  }
}
