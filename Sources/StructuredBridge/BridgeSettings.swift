public import Foundation
public import SDKRelay

/// How the bridge works: the sections `bridge` and `core` of the node's settings file, which `config/node.yaml` describes.
public struct BridgeSettings: Sendable {
  /// The environment that the node runs in: published test numbers are refused in the production one.
  public var federation: Federation
  /// How old the population register's answer may be before a person counts as protected again.
  public var protectionLimit = Duration.seconds(86_400)
  /// How long a proposal waits for somebody's yes.
  public var proposalLimit = Duration.seconds(30 * 86_400)
  /// What tells of protection; nil where nobody is asked.
  public var populationRegister: PopulationRegisterChoice?
  /// Which of the agreement's kinds are exchanged already.
  public var live = LiveKinds()

  /// The case systems that are told of their cases' messages besides fetching the news.
  public var caseSystems: [CaseHook] = []

  /// The structured core; nil where the node has no client of its own for it.
  public var core: CoreSettings?

  /// Whether the node's settings have the bridge at work: messages are looked at for their cases and persons then.
  public var isInUse = false

  public init(federation: Federation) {
    self.federation = federation
  }

  /// The section of a node's settings file; the defaults where it has none.
  public static func read(_ file: URL, federation: Federation) throws(SettingsProblem) -> BridgeSettings {
    var settings = BridgeSettings(federation: federation)
    let root = try SettingsFile.open(file)
    if let section = try root.optionalSection("bridge") {
      settings.isInUse = true
      var participants: Set<ParticipantID> = []
      for participant in try root.sections("participants") {
        if let id = try? ParticipantID(participant.string("id")) { participants.insert(id) }
      }
      try settings.take(section, participants)
    }
    settings.core = try CoreSettings.read(root, federation: federation, live: settings.live)
    return settings
  }

  private mutating func take(_ section: SettingsSection, _ participants: Set<ParticipantID>) throws(SettingsProblem) {
    try section.allow(
      "protectionLimit", "proposalLimit", "populationRegister", "residentQuery", "establishmentQuery",
      "caseSystems")
    protectionLimit = try section.duration(
      "protectionLimit", default: protectionLimit, in: .seconds(60) ... .seconds(31 * 86_400))
    proposalLimit = try section.duration(
      "proposalLimit", default: proposalLimit, in: .seconds(86_400) ... .seconds(366 * 86_400))
    if let section = try section.optionalSection("populationRegister") {
      populationRegister = try PopulationRegisterChoice(section, participants)
    }
    live.residentQuery = try section.bool("residentQuery", default: live.residentQuery)
    live.establishmentQuery = try section.bool("establishmentQuery", default: live.establishmentQuery)
    for section in try section.sections("caseSystems") {
      let hook = try CaseHook(section)
      guard !caseSystems.contains(hook) else { throw section.problem("url", "the same case system twice") }
      caseSystems.append(hook)
    }
  }
}

/// Where the node asks how persons are protected.
public enum PopulationRegisterChoice: Sendable {
  /// A file taken out of the population register, which is read again and again.
  case file(URL)
  /// The register's own service.
  case navet(NavetSettings)

  init(_ section: SettingsSection, _ participants: Set<ParticipantID>) throws(SettingsProblem) {
    try section.allow("file", "navet")
    guard section.has("file") != section.has("navet") else {
      throw section.problem(section.has("file") ? "navet" : "file", "give exactly one of file and navet")
    }
    if let navet = try section.optionalSection("navet") {
      self = .navet(try NavetSettings(navet, participants))
    } else {
      self = .file(try section.path("file"))
    }
  }

  func register() throws(TLSProblem) -> any PopulationRegister {
    switch self {
    case .file(let file): PopulationRegisterFile(file: file)
    case .navet(let settings): try NavetRegister(settings)
    }
  }
}
