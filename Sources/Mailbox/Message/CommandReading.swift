public import Foundation
import GRDB
public import SDKRelay

extension AuditAction {
  public static let listMessages = AuditAction(rawValue: "message.list")
}

/// A message in a list at the node's command line.
public struct ListedMessage: Sendable {
  public let message: StoredMessage
  /// It is about a protected person, or nobody knows: nothing but its id, time and state is shown.
  public let isConcealed: Bool
}

/// What is read of a message at the node's command line.
public enum MessageExtract: Sendable {
  case content, attachments, proof

  fileprivate var permission: Permission { self == .proof ? .export : .read }
  fileprivate var action: AuditAction { self == .proof ? .exportMessage : .readMessage }
  fileprivate var object: String? { self == .attachments ? "attachments" : nil }
}

/// Who reads at the node's command line: its operator in their own name, or in that of a user.
public struct CommandReader: Sendable {
  public let principal: Principal
  /// Who runs the command, where that is not who reads.
  public let `operator`: Principal?
  /// Why, for the audit trail. What is about a protected person opens for nobody without one. With one it opens for an
  /// operator too ("breaks the glass").
  public let reason: String?
  /// Whether a user whom it is not for means to break the glass.
  public let breaksGlass: Bool

  public init(
    _ principal: Principal, through operator: Principal? = nil, reason: String? = nil, breaksGlass: Bool = false
  ) {
    (self.principal, self.operator, self.reason) = (principal, `operator`, reason)
    self.breaksGlass = breaksGlass
  }

  /// An operator has no role: what may be taken out of the service may be read at the machine it runs on.
  fileprivate func permission(_ permission: Permission) -> Permission {
    if case .operator = principal { .export } else { permission }
  }

  /// What the reader may know to be there, without any of its content.
  fileprivate func knows(at now: Date) -> AccessFilter {
    AccessFilter(
      principal, permission(.list), at: now, participant: "message.participant", mailbox: "message.mailbox",
      isProtected: "0")
  }
}

// What `messages list|show|save` read: each asks ``Access`` and is told of in the audit trail.
extension MailboxService {
  /// The messages that the reader may know of, newest first.
  public func list(
    _ filter: MessageFilter, for reader: CommandReader, at now: Date = .now
  ) async throws -> [ListedMessage] {
    let record = AuditRecord(
      reader.principal, through: reader.operator, .listMessages, participant: filter.participant,
      mailbox: filter.mailbox, reason: reader.reason)
    return try await audited(record, at: now) { _, db in
      let (clear, known) = (
        AccessFilter(messages: reader.principal, reader.permission(.list), at: now), reader.knows(at: now)
      )
      let (conditions, arguments) = filter.conditions
      return try Row.fetchAll(
        db,
        sql: """
          SELECT \(StoredMessage.columns), \(clear.sql) AS isClear FROM message
          LEFT JOIN messageRecord ON messageRow = message.id
          WHERE \(known.sql) AND \(conditions) ORDER BY message.id DESC LIMIT ?
          """, arguments: clear.arguments + known.arguments + arguments + [max(filter.limit, 0)]
      ).map { ListedMessage(message: try StoredMessage($0), isConcealed: !($0["isClear"] as Bool)) }
    }
  }

  /// One message, for reading what the extract says. Of two participants' copies the recipient's comes first.
  /// - Parameter participant: whose message, where two participants of this node exchanged it.
  /// - Throws: ``MessageProblem/notFound`` also for a user who may not read it; ``AccessDenied`` where no reason is given for
  ///   opening what is about a protected person, or it is not for the user; ``OpeningProblem``.
  public func read(
    _ id: MessageID, of participant: ParticipantID? = nil, _ extract: MessageExtract = .content,
    for reader: CommandReader, at now: Date = .now
  ) async throws -> StoredMessage {
    let record = AuditRecord(
      reader.principal, through: reader.operator, extract.action, participant: participant, messageID: id,
      object: extract.object, reason: reader.reason)
    return try await audited(record, at: now) { record, db in
      let permission = reader.permission(extract.permission)
      let (clear, known) = (AccessFilter(messages: reader.principal, permission, at: now), reader.knows(at: now))
      let rows = try Row.fetchAll(
        db,
        sql: """
          SELECT \(StoredMessage.columns), \(clear.sql) AS isClear FROM message
          LEFT JOIN messageRecord ON messageRow = message.id
          WHERE \(known.sql) AND messageId = ? AND (? IS NULL OR message.participant = ?)
          ORDER BY direction, message.id DESC
          """,
        arguments: clear.arguments + known.arguments + [id.value, participant?.comparable, participant?.comparable])
      guard let row = rows.first(where: { $0["isClear"] }) ?? rows.first else { throw MessageProblem.notFound }
      let message = try StoredMessage(row)
      (record.participant, record.mailbox) = (message.participant, message.ownMailbox)
      guard row["isClear"] as Bool else {
        try Self.breakGlass(message, permission, reader, &record, at: now, in: db)
        return message
      }
      try Self.demandReason(for: [message], by: reader.principal, &record, at: now, in: db)
      return message
    }
  }

  /// Whether nothing but id, time and state of the message may be shown to an operator who gives no reason.
  public func isConcealed(_ message: StoredMessage, from operator: Principal, at now: Date = .now) throws -> Bool {
    let clear = AccessFilter(messages: `operator`, .export, at: now)
    return try relay.read { db in
      try db.row(
        sql: """
          SELECT 1 FROM message LEFT JOIN messageRecord ON messageRow = message.id WHERE message.id = ? AND \(clear.sql)
          """, arguments: [message.row] + clear.arguments) == nil
    }
  }

  /// The signed proof of a message that was rejected and lies in no mailbox; empty where there is none.
  public func rejectedProof(
    _ id: MessageID, at participant: ParticipantID, for reader: CommandReader, now: Date = .now
  ) async throws -> [Evidence] {
    let record = AuditRecord(
      reader.principal, through: reader.operator, .exportMessage, participant: participant, messageID: id,
      reason: reader.reason)
    try await audited(record, at: now) { _, db in
      try Access.check(reader.principal, .export, of: participant, at: now, in: db)
    }
    return try relay.evidence(ofRejected: id, at: participant)
  }

  /// Whoever has the machine could read the data folder all the same: what counts is that it is known who did, and why. A user
  /// does so where the mailbox's settings allow it.
  private static func breakGlass(
    _ message: StoredMessage, _ permission: Permission, _ reader: CommandReader, _ record: inout AuditRecord,
    at now: Date, in db: Database
  ) throws {
    guard let address = message.ownMailbox else { throw MessageProblem.notFound }
    let mailbox = MailboxID(message.participant, address)
    if case .user = reader.principal {
      guard try permission == .read && Access.allows(reader.principal, permission, mailbox, at: now, in: db) else {
        throw AccessDenied(permission: permission, reason: .notGranted, mayKnow: true)
      }
      guard reader.breaksGlass else {
        throw AccessDenied(permission: permission, reason: .protectedPerson, mayKnow: true)
      }
    }
    guard let reason = reader.reason, !reason.allSatisfy(\.isWhitespace) else {
      throw AccessDenied(permission: permission, reason: .reasonMissing, mayKnow: true)
    }
    if case .user = reader.principal {
      try checkGlass(message, isMeant: true, at: now, in: db)
    } else {
      try tellOwner(of: mailbox, message, at: now, in: db)
    }
    record.name(AuditRecord.brokenGlass)
  }
}

extension MessageFilter {
  /// Without the limit.
  fileprivate var conditions: (sql: String, arguments: StatementArguments) {
    var sql = ["1"]
    var arguments: StatementArguments = []
    func add(_ condition: String, _ values: StatementArguments) {
      sql.append(condition)
      arguments += values
    }
    if let participant { add("message.participant = ?", [participant.comparable]) }
    if let direction { add("message.direction = ?", [direction.rawValue]) }
    if let mailbox { add("message.mailbox = ?", [mailbox.value]) }
    if !statuses.isEmpty {
      let marks = statuses.map { _ in "?" }.joined(separator: ", ")
      add("message.status IN (\(marks))", StatementArguments(statuses.map(\.rawValue)))
    }
    if let before { add("message.id < ?", [before.row]) }
    return (sql.joined(separator: " AND "), arguments)
  }
}
