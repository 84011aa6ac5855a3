public import Foundation
public import GRDB
public import SDKRelay

/// The answer no. What one may not know of looks as what is not there: only where ``mayKnow`` is true may an answer
/// differ from the one about something that does not exist.
public struct AccessDenied: Error, Hashable, Sendable, CustomStringConvertible {
  public enum Reason: String, Hashable, Sendable {
    /// Nothing was granted that allows it, or not yet, or no longer.
    case notGranted
    /// It is about a protected person, and the extra grant is missing.
    case protectedPerson
    /// It is about a protected person, and an operator, who can have no such grant, gave no reason.
    case reasonMissing
  }

  public let permission: Permission
  public let reason: Reason
  /// Whether the principal may know that the mailbox is there.
  public let mayKnow: Bool

  public var description: String {
    switch reason {
    case .notGranted: "the right \(permission.rawValue) is not granted there"
    case .protectedPerson: "the message needs the grant protectedPersons"
    case .reasonMissing:
      "the message is about a protected person: only a reason (--reason) opens it, and the audit trail keeps that"
    }
  }
}

/// The one place that decides who may do what. Every read and write asks here, in the transaction it happens in; nothing
/// is remembered between two questions, so that a grant that ends denies at once. The default is no.
public enum Access {
  /// Throws ``AccessDenied`` unless the principal may do it in the mailbox now.
  /// - Parameter isProtected: whether it is about a message marked as one about a protected person.
  public static func check(
    _ principal: Principal, _ permission: Permission, _ mailbox: MailboxID, isProtected: Bool = false, at now: Date,
    in db: Database
  ) throws {
    try check(
      principal, permission, mailbox.participant, mailbox.address, isProtected: isProtected, at: now, in: db)
  }

  /// Throws ``AccessDenied`` unless the principal may do it in the whole organisation now.
  public static func check(
    _ principal: Principal, _ permission: Permission, of participant: ParticipantID, at now: Date, in db: Database
  ) throws {
    try check(principal, permission, participant, nil, isProtected: false, at: now, in: db)
  }

  /// Whether the principal may do it in the mailbox now.
  public static func allows(
    _ principal: Principal, _ permission: Permission, _ mailbox: MailboxID, isProtected: Bool = false, at now: Date,
    in db: Database
  ) throws -> Bool {
    try holds(
      principal, permission, mailbox.participant, mailbox.address, isProtected: isProtected, at: now, in: db)
  }

  private static func check(
    _ principal: Principal, _ permission: Permission, _ participant: ParticipantID, _ mailbox: FunctionalAddress?,
    isProtected: Bool, at now: Date, in db: Database
  ) throws {
    func holds(_ permission: Permission, isProtected: Bool) throws -> Bool {
      try Self.holds(principal, permission, participant, mailbox, isProtected: isProtected, at: now, in: db)
    }
    if try holds(permission, isProtected: isProtected) { return }
    let isForProtection = try isProtected && holds(permission, isProtected: false)
    throw AccessDenied(
      permission: permission, reason: isForProtection ? .protectedPerson : .notGranted,
      mayKnow: try holds(.seeMailbox, isProtected: false))
  }

  /// Lists are filtered by the same words that a single question is answered by.
  private static func holds(
    _ principal: Principal, _ permission: Permission, _ participant: ParticipantID, _ mailbox: FunctionalAddress?,
    isProtected: Bool, at now: Date, in db: Database
  ) throws -> Bool {
    let filter = AccessFilter(
      principal, permission, at: now, participant: "asked.participant", mailbox: "asked.mailbox",
      isProtected: "asked.isProtected")
    return try db.row(
      sql: """
        SELECT 1 FROM (SELECT ? AS participant, ? AS mailbox, ? AS isProtected) AS asked WHERE \(filter.sql)
        """,
      arguments: [participant.comparable, mailbox?.value, isProtected] + filter.arguments) != nil
  }
}
