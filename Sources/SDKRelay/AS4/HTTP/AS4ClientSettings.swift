/// How the access point sends AS4 messages.
public struct AS4ClientSettings: Sendable {
  /// The certificate shown to the other side; nil where the federation uses one-way TLS.
  public var identity: TLSIdentity?
  /// Whom the other side's certificate must chain to.
  public var authorities: TLSTrust
  /// Which addresses may be sent to.
  public var addresses = PeerAddressPolicy()
  /// How long to try to connect, TLS included.
  public var connectTime = Duration.seconds(10)
  /// How long to wait when nothing moves: for the answer, or for the other side to take more of the message.
  public var answerTime = Duration.seconds(60)
  /// How long one sending may take altogether.
  public var totalTime = Duration.seconds(600)
  /// How long an unused connection is kept. Shorter than others keep theirs, so that we end it rather than they.
  public var keepTime = Duration.seconds(25)
  /// How many messages may be on their way to one access point at the same time.
  public var connectionsPerPeer = 8
  /// The largest answer, in bytes, that is read: receipts and errors are small.
  public var maximumAnswer = 1_048_576

  public init(identity: TLSIdentity?, authorities: TLSTrust) {
    self.identity = identity
    self.authorities = authorities
  }

  /// Reads the section `client`: `certificate`, `key`, `trust` (without it the system's public authorities),
  /// `plainLoopback`, `privateNetworks`, `connectTime`, `answerTime` and `totalTime`.
  public init(_ settings: SettingsSection) throws(SettingsProblem) {
    try settings.allow(
      "certificate", "key", "trust", "plainLoopback", "privateNetworks", "connectTime", "answerTime", "totalTime")
    self.init(
      identity: settings.has("certificate") ? try TLSIdentity(settings) : nil,
      authorities: settings.has("trust") ? try TLSTrust(settings) : .system)
    addresses.allowsPlainLoopback = try settings.bool("plainLoopback", default: false)
    addresses.allowsPrivateNetworks = try settings.bool("privateNetworks", default: true)
    connectTime = try settings.duration("connectTime", default: connectTime, in: .seconds(1) ... .seconds(600))
    answerTime = try settings.duration("answerTime", default: answerTime, in: .seconds(1) ... .seconds(3_600))
    totalTime = try settings.duration("totalTime", default: totalTime, in: .seconds(1) ... .seconds(86_400))
  }
}
