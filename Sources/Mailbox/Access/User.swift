public import Foundation
public import SDKRelay

/// A person who works in the service.
public struct User: Hashable, Sendable {
  public let id: UserID
  public let name: String
  /// The organisation the user belongs to; grants are given in it only.
  public let participant: ParticipantID
  public let created: Date
  /// When the user left; nothing is allowed from then on.
  public let ended: Date?
}

/// A technical client: a case system that works through the MT–MK interface.
public struct Client: Hashable, Sendable {
  public let id: ClientID
  public let name: String
  public let participant: ParticipantID
  public let scopes: Set<ClientScope>
  public let credential: ClientCredential
  public let created: Date
  /// When it was revoked; no token of its counts from then on.
  public let revoked: Date?
}
