import Foundation
import XMLSecurity

/// Whom a message may be sealed for: nobody whose certificates would be refused coming in (I2, I3, TF-02, TF-03).
struct DestinationTrust: Sendable {
  let accessPoints: TrustStore
  let organisations: TrustStore

  /// Why a destination's published certificates are not trusted now; nil where they are.
  /// - Parameter isEncrypted: whether the payload will be encrypted for the recipient's organisation.
  func problem(with destination: Destination, isEncrypted: Bool, at now: Date) -> TrustProblem? {
    do {
      _ = try accessPoints.verify(destination.accessPoint, at: now, for: .keyEncipherment)
      guard isEncrypted, let recipient = destination.encryption.first else { return nil }
      _ = try organisations.verify(recipient, at: now, for: .keyEncipherment)
      return nil
    } catch {
      return error
    }
  }
}
