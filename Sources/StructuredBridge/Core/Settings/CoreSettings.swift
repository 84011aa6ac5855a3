public import Foundation
public import SDKRelay
public import XMLSecurity

/// How the structured core is reached: the section `core` of the node's settings file, which `config/node.yaml` describes.
public struct CoreSettings: Sendable {
  /// An organisation of this node, as the counterpart knows it.
  public struct Tenant: Hashable, Sendable {
    public let participant: ParticipantID
    public let organisation: OrganisationNumber

    public init(participant: ParticipantID, organisation: OrganisationNumber) {
      self.participant = participant
      self.organisation = organisation
    }
  }

  /// An https address without the version.
  public var url: URL
  /// The organisation on the other side, by the name that messages know it by.
  public var counterparty: ParticipantID
  /// Our certificate and key, shown at each connection.
  public var identity: Identity
  public var authorities: TLSTrust
  public var clientID: String
  public var secret: CoreSecret
  /// What the counterpart knows this system as.
  public var systemID: String
  /// One of U1, I1, T1, T2 and PROD.
  public var environment: String
  public var tenants: [Tenant]
  public var live = LiveKinds()
  /// How often lists are fetched, up to a tenth more or less.
  public var interval = Duration.seconds(900)
  /// Events in a page.
  public var pageSize = 200
  public var connectTime = Duration.seconds(10)
  /// How long to wait when nothing moves.
  public var answerTime = Duration.seconds(30)
  /// How long one call may take altogether, each attempt by itself.
  public var totalTime = Duration.seconds(60)
  /// The largest answer in bytes.
  public var largestAnswer = 4_000_000
  /// How often what fails for the moment is tried, the first time counted.
  public var attempts = 3
  /// How long to wait before the second attempt; doubled before each further one, and up to half of it less.
  public var retryPause = Duration.seconds(1)

  public init(
    url: URL, counterparty: ParticipantID, identity: Identity, authorities: TLSTrust, clientID: String,
    secret: CoreSecret, systemID: String, environment: String, tenants: [Tenant]
  ) {
    self.url = url
    self.counterparty = counterparty
    self.identity = identity
    self.authorities = authorities
    self.clientID = clientID
    self.secret = secret
    self.systemID = systemID
    self.environment = environment
    self.tenants = tenants
  }

  func tenant(_ participant: ParticipantID) -> Tenant? { tenants.first { $0.participant == participant } }
}
