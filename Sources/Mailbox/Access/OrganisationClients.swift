public import GRDB
public import SDKRelay

extension Access {
  /// Throws ``AccessDenied`` unless the client may do in its whole organisation what the scope says: the organisation is its
  /// own, it is not revoked, and both its account and its token have the scope. Grants are about mailboxes and count for
  /// nothing here; a token for named mailboxes does not reach the organisation.
  public static func check(
    _ session: ClientSession, has scope: ClientScope, in participant: ParticipantID, in db: Database
  ) throws {
    let isAllowed =
      try session.addresses == nil && session.scopes.contains(scope)
      && db.row(
        sql: """
          SELECT 1 FROM client WHERE id = ? AND participant = ? AND revokedAt IS NULL
            AND instr(' ' || scopes || ' ', ?)
          """, arguments: [session.id.value, participant.comparable, " \(scope.rawValue) "]) != nil
    guard isAllowed else {
      throw AccessDenied(permission: scope.permission, reason: .notGranted, mayKnow: false)
    }
  }
}
