public import Foundation
public import XMLSecurity

/// How participants are reached and which certificates they have published.
///
/// The static directory reads a file; dynamic discovery (service locator and service metadata) will be the second
/// implementation. Answers may come from the network: callers never hold a transaction while they ask.
public protocol Directory: Sendable {
  /// Where documents of this type for the participant go, and for whom they are encrypted.
  /// - Parameter documentType: the document id of the code list, without scheme.
  func destination(
    of participant: ParticipantID, for documentType: String
  ) async throws(DirectoryProblem) -> Destination

  /// The certificates that the participant has published for signing; several during a change of keys.
  func signingCertificates(of participant: ParticipantID) async throws(DirectoryProblem) -> [Certificate]

  /// The organisation and its functional mailboxes.
  func organization(_ participant: ParticipantID) async throws(DirectoryProblem) -> Organization

  /// The organisations known by name, for choosing a recipient.
  func organizations() async throws(DirectoryProblem) -> [Organization]

  /// Certificates of access points that messages may name by key identifier, issuer and serial number or thumbprint.
  func accessPointCertificates() async throws(DirectoryProblem) -> [Certificate]
}

/// Where to send, and whom to encrypt for.
public struct Destination: Hashable, Sendable {
  /// The access point's address for AS4 messages.
  public let url: URL
  /// The access point's certificate: AS4 parts are encrypted for it, its common name is the party id, and its
  /// signature stands under the receipt.
  public let accessPoint: Certificate
  /// The participant's published certificates for encryption, the preferred one first.
  public let encryption: [Certificate]

  public init(url: URL, accessPoint: Certificate, encryption: [Certificate]) {
    self.url = url
    self.accessPoint = accessPoint
    self.encryption = encryption
  }
}

/// A participant (deltagarorganisation) and its mailboxes.
public struct Organization: Hashable, Sendable {
  public let id: ParticipantID
  public let label: String?
  public let mailboxes: [FunctionalMailbox]

  public init(id: ParticipantID, label: String?, mailboxes: [FunctionalMailbox]) {
    self.id = id
    self.label = label
    self.mailboxes = mailboxes
  }

  /// The mailbox with this address.
  public func mailbox(_ address: FunctionalAddress) -> FunctionalMailbox? {
    mailboxes.first { $0.address == address }
  }
}

/// A functional mailbox (funktionsbrevlåda): the only addressable unit of an organisation, never a person.
public struct FunctionalMailbox: Hashable, Sendable {
  public let address: FunctionalAddress
  public let label: String?

  public init(address: FunctionalAddress, label: String?) {
    self.address = address
    self.label = label
  }
}

/// Why the directory has no answer.
public enum DirectoryProblem: Error, Hashable, Sendable, CustomStringConvertible {
  /// The participant is not registered, at least not for this document type. Asking again does not help.
  case unknown(ParticipantID)
  /// The directory cannot be asked now. Temporary.
  case unavailable(String)

  public var isTransient: Bool {
    if case .unavailable = self { true } else { false }
  }

  public var description: String {
    switch self {
    case .unknown(let participant): "\(participant.value) is not in the directory"
    case .unavailable(let reason): "the directory cannot be asked: \(reason)"
    }
  }
}
