public import Foundation
public import XMLSecurity

/// Everything a received message is judged by.
public struct AS4Receiver: Sendable {
  /// This access point's keys: the current one first, then former ones that senders may still encrypt for (I10).
  public var identities: [Identity]
  /// The access point authorities of one federation and environment (I2).
  public var trust: TrustStore
  /// Certificates a sender may name without sending them along.
  public var knownCertificates: [Certificate]
  /// What has been agreed upon beforehand.
  public var mode: ProcessingMode
  /// How much is accepted.
  public var limits: AS4Limits
  /// The clock, for certificates and timestamps.
  public var now: @Sendable () -> Date
  /// Asked once the sender is authenticated and before any part is decrypted; throws to refuse, such as
  /// ``EbMSError/notServiced(_:)``.
  public var admit: (@Sendable (UserMessage) throws(EbMSError) -> Void)?

  /// Everything that has a default here is the federation's.
  public init(
    identities: [Identity], trust: TrustStore, knownCertificates: [Certificate] = [],
    mode: ProcessingMode = .federation, limits: AS4Limits = AS4Limits(),
    now: @escaping @Sendable () -> Date = { Date() },
    admit: (@Sendable (UserMessage) throws(EbMSError) -> Void)? = nil
  ) {
    self.identities = identities
    self.trust = trust
    self.knownCertificates = knownCertificates
    self.mode = mode
    self.limits = limits
    self.now = now
    self.admit = admit
  }
}
