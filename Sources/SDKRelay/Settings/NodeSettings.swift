public import Foundation
public import XMLSecurity

/// One node's settings; `config/node.yaml` describes each with what it is, why, and its default.
public struct NodeSettings: Sendable {
  /// Certificate authorities and their revocation lists.
  public struct Trust: Sendable {
    public var authorities: [Certificate]
    public var revocationLists: [RevocationListFile] = []

    public init(authorities: [Certificate], revocationLists: [RevocationListFile] = []) {
      self.authorities = authorities
      self.revocationLists = revocationLists
    }
  }

  /// A file with a revocation list in PEM or DER. A running node takes it anew when the file changes.
  public struct RevocationListFile: Sendable {
    public var url: URL
    /// What it held when the settings were read.
    public var bytes: [UInt8]

    public init(url: URL, bytes: [UInt8]) {
      self.url = url
      self.bytes = bytes
    }
  }

  /// The access point: one for all participants.
  public struct AccessPoint: Sendable {
    public var identity: Identity
    public var trust: Trust
    public var signingKeyReference = KeyReference.binarySecurityToken
    public var encryptionKeyReference = KeyReference.binarySecurityToken
    public var compress = true

    public init(identity: Identity, trust: Trust) {
      self.identity = identity
      self.trust = trust
    }
  }

  /// An organisation that this node serves.
  public struct Participant: Sendable {
    public var id: ParticipantID
    /// The name shown to recipients; the directory's when nil.
    public var label: String?
    public var signing: Identity
    /// The published one first; the others open what is still under way.
    public var encryption: [Identity]
    public var fileTypes: [String] = ["application/pdf"]

    public init(id: ParticipantID, label: String? = nil, signing: Identity, encryption: [Identity]) {
      self.id = id
      self.label = label
      self.signing = signing
      self.encryption = encryption
    }
  }

  /// When and how often something is tried.
  public struct Delivery: Sendable {
    public var retry = RetrySchedule()
    public var receipt = ReceiptClock()
    public var perDestination = 4
    public var duplicateWindow = Duration.seconds(90 * 86_400)

    public init() {}
  }

  /// Sizes in bytes above which something is refused.
  public struct Limits: Sendable {
    public var outgoing = PayloadLimits.outgoing.maximumBytes
    public var incoming = PayloadLimits.incoming.maximumBytes
    public var envelope = 150_000_000
    /// Free room on the disk below which nothing new is taken, so that what was taken can be finished.
    public var reserve = 200_000_000

    public init() {}
  }

  /// How much the message service keeps of what is being written.
  public struct Drafts: Sendable {
    /// How many drafts a mailbox may have.
    public var perMailbox = 500
    /// In bytes: all attachments of a mailbox's drafts together.
    public var size = 1_000_000_000
    /// How many mailboxes one draft may go to.
    public var recipients = 100
    /// How long after its last change a draft is listed as forgotten. It is never removed for that.
    public var forgottenAfter = Duration.seconds(30 * 86_400)

    public init() {}
  }

  /// The one all participants belong to.
  public var federation: Federation
  public var data: URL
  public var directoryFile: URL
  /// The folder with the agreements that the message service holds senders to; without one, whatever the directory
  /// names may be written to. The relay itself does not look into it.
  public var agreements: URL?
  /// The folder with the rules of retention under which the message service culls; without one nothing is ever culled.
  /// The relay itself does not look into it.
  public var retention: URL?
  /// How long a plan of what to cull may wait for its approval and its end.
  public var retentionPlanLapse = Duration.seconds(30 * 86_400)
  public var accessPoint: AccessPoint
  /// The endpoint that other access points call.
  public var server: AS4EndpointSettings
  /// How this node calls other access points.
  public var client: AS4ClientSettings
  /// Trust in certificates that sign envelopes (organisation to organisation).
  public var envelopes: Trust
  public var participants: [Participant]
  /// What messages are sealed with where they are kept.
  public var storage: StorageKeys
  public var delivery = Delivery()
  public var limits = Limits()
  public var drafts = Drafts()
  /// The malware scanner; without one nothing is looked through.
  public var malware: MalwareSettings?
  /// A level's name of swift-log.
  public var logLevel = LogLevel.info
  public var logFormat = LogFormat.text
  /// Where the audit trail's key is; in the data folder when nil.
  public var auditKey: URL?

  /// The levels of the log, from the most to the least.
  public enum LogLevel: String, Sendable, CaseIterable {
    case trace, debug, info, notice, warning, error, critical
  }

  /// How an event is written.
  public enum LogFormat: String, Sendable, CaseIterable {
    /// For people: time, level, words, then `name=value`.
    case text
    /// A JSON object a line.
    case json
  }

  public init(
    federation: Federation, data: URL, directoryFile: URL, accessPoint: AccessPoint, server: AS4EndpointSettings,
    client: AS4ClientSettings, envelopes: Trust, participants: [Participant], storage: StorageKeys
  ) {
    self.federation = federation
    self.data = data
    self.directoryFile = directoryFile
    self.accessPoint = accessPoint
    self.server = server
    self.client = client
    self.envelopes = envelopes
    self.participants = participants
    self.storage = storage
  }

  /// The participant of this node with the id.
  public func participant(_ id: ParticipantID) -> Participant? {
    participants.first { $0.id == id }
  }
}
