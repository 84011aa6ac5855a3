public import Foundation
public import GRDB
public import SDKRelay

/// The answer no. What one may not know of looks as what is not there: only where ``mayKnow`` is true may an answer
/// differ from the one about something that does not exist.
public struct AccessDenied: Error, Hashable, Sendable, CustomStringConvertible {
  public enum Reason: String, Hashable, Sendable {
    /// Nothing was granted that allows it, or not yet, or no longer.
    case notGranted
    /// It is about a protected person, and whoever asks holds no grant for that, or is not on its access list.
    case protectedPerson
    /// It is about a protected person, and no reason was given.
    case reasonMissing
  }

  public let permission: Permission
  public let reason: Reason
  /// Whether the principal may know that the mailbox is there.
  public let mayKnow: Bool

  package init(permission: Permission, reason: Reason, mayKnow: Bool) {
    (self.permission, self.reason, self.mayKnow) = (permission, reason, mayKnow)
  }

  public var description: String {
    switch reason {
    case .notGranted: "the right \(permission.rawValue) is not granted there"
    case .protectedPerson: "the message is about a protected person, and not for everybody in the mailbox"
    case .reasonMissing:
      "the message is about a protected person: only a reason (--reason) opens it, and the audit trail keeps that"
    }
  }
}

/// The one place that decides who may do what. Every read and write asks here, in the transaction it happens in; nothing
/// is remembered between two questions, so that a grant that ends denies at once. The default is no.
public enum Access {
  /// Throws ``AccessDenied`` unless the principal may do it in the mailbox now.
  /// - Parameter audience: of the message that it is about.
  public static func check(
    _ principal: Principal, _ permission: Permission, _ mailbox: MailboxID, for audience: Audience = .mailbox,
    at now: Date,
    in db: Database
  ) throws {
    try check(
      principal, permission, mailbox.participant, mailbox.address, for: audience, at: now, in: db)
  }

  /// Throws ``AccessDenied`` unless the principal may do it in the whole organisation now.
  public static func check(
    _ principal: Principal, _ permission: Permission, of participant: ParticipantID, at now: Date, in db: Database
  ) throws {
    try check(principal, permission, participant, nil, for: .mailbox, at: now, in: db)
  }

  /// Whether the principal may do it in the mailbox now.
  public static func allows(
    _ principal: Principal, _ permission: Permission, _ mailbox: MailboxID, for audience: Audience = .mailbox,
    at now: Date,
    in db: Database
  ) throws -> Bool {
    try holds(
      principal, permission, mailbox.participant, mailbox.address, for: audience, at: now, in: db)
  }

  private static func check(
    _ principal: Principal, _ permission: Permission, _ participant: ParticipantID, _ mailbox: FunctionalAddress?,
    for audience: Audience, at now: Date, in db: Database
  ) throws {
    func holds(_ permission: Permission, for audience: Audience) throws -> Bool {
      try Self.holds(principal, permission, participant, mailbox, for: audience, at: now, in: db)
    }
    if try holds(permission, for: audience) { return }
    let isForProtection = try audience.isProtected && holds(permission, for: .mailbox)
    throw AccessDenied(
      permission: permission, reason: isForProtection ? .protectedPerson : .notGranted,
      mayKnow: try holds(.seeMailbox, for: .mailbox))
  }

  /// Lists are filtered by the same words that a single question is answered by.
  private static func holds(
    _ principal: Principal, _ permission: Permission, _ participant: ParticipantID, _ mailbox: FunctionalAddress?,
    for audience: Audience, at now: Date, in db: Database
  ) throws -> Bool {
    let filter = AccessFilter(
      principal, permission, at: now, participant: "asked.participant", mailbox: "asked.mailbox",
      isProtected: "asked.isProtected")
    return try db.row(
      sql: """
        SELECT 1 FROM (SELECT ? AS participant, ? AS mailbox, ? AS isProtected) AS asked WHERE \(filter.sql)
        """,
      arguments: [participant.comparable, mailbox?.value, audience] + filter.arguments) != nil
  }
}
