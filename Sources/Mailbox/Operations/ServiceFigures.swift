public import Foundation
import GRDB
public import SDKRelay

/// How the node stands, in numbers without names.
public struct ServiceFigures: Hashable, Sendable {
  public let relay: RelayFigures
  /// Entries of the audit trail.
  public let auditEntries: Int64
  public let time: Date
}

extension MailboxService {
  /// The figures now. They cost the same whatever number of messages there is.
  public func figures(at now: Date = .now) throws -> ServiceFigures {
    ServiceFigures(
      relay: try relay.figures(now: now), auditEntries: try relay.read { try AuditHead.fetch(in: $0).number }, time: now
    )
  }
}
