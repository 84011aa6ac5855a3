import Foundation
import Mailbox
public import SDKRelay
public import XMLSecurity

extension CoreSettings {
  /// The section `core` of a node's settings file; nil where it has none.
  /// - Throws: ``SettingsProblem``, also for tenants that are none of the file's participants.
  public static func read(
    _ root: SettingsSection, federation: Federation, live: LiveKinds
  ) throws(SettingsProblem) -> CoreSettings? {
    guard let section = try root.optionalSection("core") else { return nil }
    var participants: Set<ParticipantID> = []
    for participant in try root.sections("participants") {
      if let id = try? ParticipantID(participant.string("id")) { participants.insert(id) }
    }
    var settings = try CoreSettings(section, participants: participants)
    let isProduction = settings.environment == CoreNames.production
    guard isProduction == (federation == .sdk) else {
      throw section.problem(
        "environment",
        isProduction
          ? "PROD belongs to federation: sdk only" : "with federation: sdk it must be PROD, where test data is refused")
    }
    settings.live = live
    try settings.takeTimes(section)
    return settings
  }

  private init(_ section: SettingsSection, participants: Set<ParticipantID>) throws(SettingsProblem) {
    try section.allow(
      "url", "counterparty", "organisation", "certificate", "key", "trust", "clientID", "secretFile", "systemID",
      "environment", "tenants", "interval", "pageSize", "connectTime", "answerTime", "totalTime", "largestAnswer",
      "attempts", "retryPause")
    let words = CoreNames.environments
    let participant = "a participant id such as 0203:kommun.example.se"
    let file = try section.secret("secretFile", from: 16)
    guard let secret = CoreSecret(file) else {
      throw section.problem("secretFile", "must hold visible characters of ASCII only")
    }
    self.init(
      url: try section.value("url", expected: "an https address without user, query and version") { Self.address($0) },
      counterparty: try section.value("counterparty", expected: participant) { try? ParticipantID($0) },
      identity: try section.identity(), authorities: section.has("trust") ? try TLSTrust(section) : .system,
      clientID: try section.value("clientID", expected: "1 to 128 visible characters") { Self.word($0, to: 128) },
      secret: secret,
      systemID: try section.value("systemID", expected: "1 to 50 visible characters") { Self.word($0, to: 50) },
      environment: try section.value("environment", expected: "one of \(words.joined(separator: ", "))") {
        words.contains($0) ? $0 : nil
      }, tenants: [])
    let organisation = try Self.organisation(section)
    guard CoreCertificate.organisations(of: identity.certificate).contains(organisation) else {
      throw section.problem("certificate", "does not carry the organisation's number \(organisation) in its subject")
    }
    try takeTenants(section, participants)
  }

  private mutating func takeTenants(
    _ section: SettingsSection, _ participants: Set<ParticipantID>
  ) throws(SettingsProblem) {
    for item in try section.sections("tenants") {
      try item.allow("participant", "organisation")
      let id = try item.value("participant", expected: "a participant id such as 0203:kommun.example.se") {
        try? ParticipantID($0)
      }
      guard participants.contains(id) else { throw item.problem("participant", "is none of the node's participants") }
      guard id != counterparty else { throw item.problem("participant", "is the counterparty itself") }
      let tenant = Tenant(participant: id, organisation: try Self.organisation(item))
      guard !tenants.contains(where: { $0.participant == id || $0.organisation == tenant.organisation }) else {
        throw item.problem("participant", "the same organisation twice")
      }
      tenants.append(tenant)
    }
    guard !tenants.isEmpty else { throw section.problem("tenants", "must name at least one organisation") }
  }

  private mutating func takeTimes(_ section: SettingsSection) throws(SettingsProblem) {
    interval = try section.duration("interval", default: interval, in: .seconds(10) ... .seconds(86_400))
    pageSize = try section.int("pageSize", default: pageSize, in: 1...1_000)
    connectTime = try section.duration("connectTime", default: connectTime, in: .seconds(1) ... .seconds(120))
    answerTime = try section.duration("answerTime", default: answerTime, in: .seconds(1) ... .seconds(600))
    totalTime = try section.duration("totalTime", default: totalTime, in: .seconds(1) ... .seconds(3_600))
    largestAnswer = try section.bytes("largestAnswer", default: largestAnswer, in: 10_000...100_000_000)
    attempts = try section.int("attempts", default: attempts, in: 1...10)
    retryPause = try section.duration("retryPause", default: retryPause, in: .milliseconds(100) ... .seconds(60))
  }

  private static func organisation(_ section: SettingsSection) throws(SettingsProblem) -> OrganisationNumber {
    try section.value("organisation", expected: "an organisation's number such as 299999-9994") {
      OrganisationNumber($0)
    }
  }

  /// Nil unless it is an https address with a host and nothing that a path does not need.
  static func address(_ text: String) -> URL? {
    guard let parts = URLComponents(string: text), parts.scheme == "https", parts.host?.isEmpty == false,
      parts.user == nil, parts.password == nil, parts.query == nil, parts.fragment == nil,
      !parts.path.hasSuffix("/\(CoreNames.version)"), !parts.path.hasSuffix("/\(CoreNames.version)/")
    else { return nil }
    return parts.url
  }

  private static func word(_ text: String, to most: Int) -> String? {
    (1...most).contains(text.utf8.count) && text.utf8.allSatisfy { (0x21...0x7E).contains($0) } ? text : nil
  }
}

/// What a client certificate says of whose it is.
public enum CoreCertificate {
  /// The organisation numbers in the subject, written as `162120000000`, `2120000000`, `212000-0000` or `NTRSE-2120000000`.
  public static func organisations(of certificate: Certificate) -> Set<OrganisationNumber> {
    Set(
      certificate.subjectNumbers.compactMap { text in
        OrganisationNumber(text.hasPrefix("NTRSE-") ? String(text.dropFirst(6)) : text)
      })
  }
}
