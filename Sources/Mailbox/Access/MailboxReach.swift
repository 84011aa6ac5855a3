public import Foundation
public import GRDB
public import SDKRelay

/// Where a principal may do something now, for queries that go mailbox by mailbox.
public struct MailboxReach: Hashable, Sendable {
  /// Named mailboxes.
  public let mailboxes: Set<MailboxID>
  /// Organisations in whose every mailbox it may; always empty for what concerns messages, unless the principal is an
  /// operator.
  public let organisations: Set<ParticipantID>
  /// Whether it may in every organisation of the node.
  public let isEverywhere: Bool
}

extension Access {
  /// Where the principal may do it now. Protected persons' messages there need ``AccessFilter`` or ``check`` besides.
  public static func reach(
    of principal: Principal, _ permission: Permission, at now: Date, in db: Database
  ) throws -> MailboxReach {
    if case .operator = principal {
      return MailboxReach(
        mailboxes: [], organisations: [], isEverywhere: Principal.operatorPermissions.contains(permission))
    }
    let filter = AccessFilter(
      principal, permission, at: now, participant: "place.participant", mailbox: "place.mailbox", isProtected: "0")
    let rows = try Row.fetchAll(
      db,
      sql: """
        SELECT DISTINCT place.participant, place.mailbox FROM accessGrant AS place
        WHERE place.user IS ? AND place.client IS ? AND \(filter.sql)
        """, arguments: [principal.userID, principal.clientID] + filter.arguments)
    var mailboxes: Set<MailboxID> = []
    var organisations: Set<ParticipantID> = []
    for row in rows {
      let participant = try ParticipantID(row["participant"])
      if let address = row["mailbox"] as String? {
        mailboxes.insert(MailboxID(participant, try FunctionalAddress(address)))
      } else {
        organisations.insert(participant)
      }
    }
    return MailboxReach(mailboxes: mailboxes, organisations: organisations, isEverywhere: false)
  }
}

extension Principal {
  fileprivate var userID: String? { if case .user(let id) = self { id.value } else { nil } }
  fileprivate var clientID: String? { if case .client(let session) = self { session.id.value } else { nil } }
}
