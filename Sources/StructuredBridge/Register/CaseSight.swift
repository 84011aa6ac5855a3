import Foundation
import GRDB
import Mailbox
import SDKRelay

/// What a reader may see of a case: an operator of every one, a user of those that belong to a mailbox of theirs or that a
/// message they may see belongs to. Of a person who counts as protected it takes the person's audience, and a reason.
enum CaseSight {
  /// That it is there, when it began and how it stands.
  case concealed
  case clear

  /// The condition by which a reader may know of rows of `caseRecord` at all.
  static func known(to reader: CommandReader, at now: Date) -> AccessFilter? {
    if case .operator = reader.principal { return nil }
    let mailbox = AccessFilter(
      reader.principal, .list, at: now, participant: "caseRecord.participant", mailbox: "caseRecord.mailbox",
      isProtected: "0")
    let message = linked(reader, at: now)
    return AccessFilter(
      sql: "(caseRecord.mailbox IS NOT NULL AND \(mailbox.sql) OR \(message.sql))",
      arguments: mailbox.arguments + message.arguments)
  }

  /// Whether a message that the reader may see belongs to the case.
  private static func linked(_ reader: CommandReader, at now: Date) -> AccessFilter {
    let access = AccessFilter(
      reader.principal, .list, at: now, participant: "message.participant", mailbox: "message.mailbox",
      isProtected: "messageRecord.isProtected")
    return AccessFilter(
      sql: """
        EXISTS (SELECT 1 FROM caseLink JOIN message ON message.id = caseLink.messageRow
          JOIN messageRecord ON messageRecord.messageRow = message.id
          WHERE caseLink.caseRow = caseRecord.id AND caseLink.state = 'linked' AND \(access.sql))
        """, arguments: access.arguments)
  }

  /// - Returns: nil where the reader may not know of the case.
  static func of(_ row: Int64, _ record: CaseRecord, for reader: CommandReader, _ register: CaseRegister) throws
    -> CaseSight?
  {
    let (db, now) = (register.db, register.now)
    let audience = try register.audience(ofPerson: register.cases(record.tenant).person(of: row))
    let hasReason = reader.reason.map { !$0.allSatisfy(\.isWhitespace) } ?? false
    guard let known = known(to: reader, at: now) else {
      try Access.check(reader.principal, .administer, of: record.tenant, at: now, in: db)
      return !audience.isProtected || hasReason ? .clear : .concealed
    }
    func holds(_ filter: AccessFilter) throws -> Bool {
      try db.row(
        sql: "SELECT 1 FROM caseRecord WHERE id = ? AND \(filter.sql)", arguments: [row] + filter.arguments) != nil
    }
    guard try holds(known) else { return nil }
    guard !audience.isProtected || hasReason else { return .concealed }
    let isMember = try record.mailbox.map {
      try Access.allows(
        reader.principal, .read, MailboxID(record.tenant, $0), for: audience, at: now, in: db)
    }
    return try isMember == true || holds(linked(reader, at: now)) ? .clear : .concealed
  }
}
