import Foundation
import GRDB
public import SDKRelay

/// What grants may be given in: the mailboxes of an organisation by every agreement, also one to come or over, or, where
/// the node has no agreements, by the directory.
struct KnownMailboxes: Sendable {
  let participant: ParticipantID
  let addresses: Set<FunctionalAddress>

  /// - Throws: ``AccessProblem/unknownMailbox(_:known:)``.
  func check(_ mailbox: MailboxID) throws(AccessProblem) {
    guard mailbox.participant == participant, addresses.contains(mailbox.address) else {
      throw .unknownMailbox("\(mailbox)", known: addresses.map { "\(MailboxID(participant, $0))" })
    }
  }
}

extension MailboxService {
  /// Refuses a mailbox that grants cannot be given in, for those who make other things before they give them.
  public func checkKnown(_ mailbox: MailboxID) async throws {
    try await knownMailboxes(of: mailbox.participant).check(mailbox)
  }

  func knownMailboxes(of participant: ParticipantID) async throws -> KnownMailboxes {
    guard let book = try agreements?.book() else {
      return KnownMailboxes(
        participant: participant, addresses: Set(try await agreedMailboxes(of: participant, at: .now).names.keys))
    }
    let addresses = book.versions.compactMap { $0.party(participant) }.flatMap(\.mailboxes).map(\.address)
    return KnownMailboxes(participant: participant, addresses: Set(addresses))
  }

  func checkServed(_ participant: ParticipantID) throws(AccessProblem) {
    guard relay.settings.participant(participant) == nil else { return }
    throw .unknownOrganisation(participant.value, known: relay.settings.participants.map(\.id.value))
  }
}

extension GrantTable {
  /// The number of a grant that has not ended and gives all that a new one would.
  static func covering(_ grant: NewGrant, at now: Date, in db: Database) throws -> Int64? {
    // Times are kept in whole milliseconds.
    let (start, end) = (grant.start.milliseconds, grant.end?.milliseconds ?? .max)
    return try all(of: grant.holder, in: db).first { other in
      let otherEnd = other.end?.milliseconds ?? .max
      return other.kind == grant.kind && other.participant == grant.participant && other.mailbox == grant.mailbox
        && other.start.milliseconds <= start && otherEnd > now.milliseconds && otherEnd >= end
    }?.number
  }

  /// Whether somebody administers the organisation now.
  /// - Parameters:
  ///   - grant: the number of a grant that is left out.
  ///   - user: whose grants are left out.
  static func hasAdministrator(
    _ participant: ParticipantID, without grant: Int64? = nil, of user: UserID? = nil, at now: Date, in db: Database
  ) throws -> Bool {
    try db.row(
      sql: """
        SELECT 1 FROM accessGrant AS held JOIN user AS holder ON holder.id = held.user AND holder.endedAt IS NULL
        WHERE held.participant = ? AND held.mailbox IS NULL AND held.kind = 'systemAdministrator'
          AND held.startsAt <= ? AND (held.endsAt IS NULL OR held.endsAt > ?)
          AND held.id IS NOT ? AND held.user IS NOT ?
        """,
      arguments: [participant.comparable, now.milliseconds, now.milliseconds, grant, user?.value]) != nil
  }
}
