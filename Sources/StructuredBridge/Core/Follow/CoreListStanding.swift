public import Foundation
import Mailbox
public import SDKRelay

/// How far one list of the structured core has been followed for one organisation.
public struct CoreListStanding: Hashable, Sendable {
  public let tenant: ParticipantID
  public let list: CoreList
  /// When it last brought something.
  public let moved: Date?
  /// Whether there is nothing more to come, ever.
  public let isDone: Bool
  public let failingSince: Date?
}

extension Bridge {
  /// How far the lists have been followed; none where the node has no client of the structured core.
  public func coreLists() throws -> [CoreListStanding] {
    guard let core = settings.core else { return [] }
    return try mailbox.relay.read { db in
      try core.tenants.flatMap { tenant in
        try core.followed.map { list in
          let state = try CoreTable.fetch(list, of: tenant.participant, in: db)
          return CoreListStanding(
            tenant: tenant.participant, list: list, moved: state.moved, isDone: state.ended != nil,
            failingSince: state.failingSince)
        }
      }
    }
  }

  /// How the structured interface was when it was last looked at.
  public func interface(of tenant: ParticipantID) throws -> ChannelQuestion.Interface {
    try mailbox.relay.read { try AvailabilityTable.state(of: tenant, in: $0) }
  }
}

extension CoreSettings {
  /// The lists of kinds that are exchanged.
  var followed: [CoreList] { CoreList.allCases.filter { $0.operation.switched.map(live.contains) ?? true } }
}
