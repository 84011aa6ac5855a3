public import Foundation
import GRDB
public import SDKRelay

extension AuditAction {
  public static let readConversation = AuditAction(rawValue: "conversation.read")
}

extension MailboxService {
  /// The conversations that the principal may see, newest first, counted without what it may not see.
  public func conversations(
    _ query: ConversationQuery, for principal: Principal, at now: Date = .now
  ) throws -> [Conversation] {
    try relay.read { db in try query.fetch(for: principal, at: now, in: db) }
  }

  /// How many received messages and failed deliveries nobody has marked done, in each mailbox where the principal may
  /// list messages.
  public func unhandled(for principal: Principal, at now: Date = .now) throws -> [MailboxID: Int] {
    try counts("unhandled", for: principal, at: now)
  }

  /// - Parameter column: `unhandled` or `failed`.
  func counts(_ column: String, for principal: Principal, at now: Date) throws -> [MailboxID: Int] {
    try relay.read { db in
      let access = AccessFilter(conversation: "conversation", principal, .list, at: now)
      var counts: [MailboxID: Int] = [:]
      for mailbox in try Access.reach(of: principal, .list, at: now, in: db).mailboxes {
        counts[mailbox] = try Int.fetchOne(
          db,
          sql: """
            SELECT coalesce(sum(\(column)), 0) FROM conversation
            WHERE participant = ? AND mailbox = ? AND \(column) > 0 AND \(access.sql)
            """, arguments: [mailbox.participant.comparable, mailbox.address.value] + access.arguments)
      }
      return counts
    }
  }

  /// The conversation's newest 500 messages with their content, in the order of their references; the audit trail tells
  /// of it.
  /// - Throws: ``MessageProblem/notFound`` also when the principal may read none of its messages; ``AccessDenied`` where some
  ///   are about a protected person and the user has given no reason (``open(protected:direction:reason:breakingGlass:by:through:at:)``).
  public func conversation(
    _ key: ConversationKey, by principal: Principal, at now: Date = .now
  ) async throws -> ConversationThread {
    let record = AuditRecord(
      principal, .readConversation, participant: key.mailbox.participant, mailbox: key.mailbox.address,
      object: "conversation \(key.id.value) with \(key.counterparty.value)")
    return try await auditedRead(record, at: now) { record, db in
      let messages = try key.messages(for: principal, at: now, in: db)
      guard !messages.isEmpty else { throw MessageProblem.notFound }
      try Self.demandReason(for: messages, by: principal, &record, at: now, in: db)
      let shown = messages.prefix(ConversationKey.shown)
      let items = shown.map { ThreadOrder.Item(row: $0.row, id: $0.id, reference: $0.refToMessageID) }
      return ConversationThread(
        key: key,
        entries: ThreadOrder.places(items).map { ConversationThread.Entry(message: shown[$0.index], place: $0.place) },
        isCut: messages.count > shown.count)
    }
  }

  /// Reads beside whoever writes, and gives what was read once the audit trail tells of it.
  func auditedRead<Value: Sendable>(
    _ record: AuditRecord, at now: Date, _ work: (inout AuditRecord, Database) throws -> Value
  ) async throws -> Value {
    var record = record
    let found = Result { try relay.read { try work(&record, $0) } }
    return try await audited(record, at: now) { _, _ in try found.get() }
  }
}

extension AccessFilter {
  /// What may be seen of the table `conversation`.
  init(conversation table: String, _ principal: Principal, _ permission: Permission, at now: Date) {
    self.init(
      principal, permission, at: now, participant: "\(table).participant", mailbox: "\(table).mailbox",
      isProtected: "\(table).isProtected")
  }

  /// What may be seen of the tables `message` and `messageRecord`; what a user has broken the glass of may be read.
  init(messages principal: Principal, _ permission: Permission, at now: Date) {
    let filter = AccessFilter(
      principal, permission, at: now, participant: "message.participant", mailbox: "message.mailbox",
      isProtected: "messageRecord.isProtected")
    if let glass = AccessFilter(brokenBy: principal, permission, at: now) {
      self.init(sql: "(\(filter.sql) OR \(glass.sql))", arguments: filter.arguments + glass.arguments)
      return
    }
    // What a technical client has taken for its own is shown to clients no longer.
    if case .client = principal {
      self.init(sql: "(\(filter.sql) AND messageRecord.takenAt IS NULL)", arguments: filter.arguments)
    } else {
      self = filter
    }
  }
}

extension ConversationQuery {
  fileprivate func fetch(for principal: Principal, at now: Date, in db: Database) throws -> [Conversation] {
    let limit = min(max(limit, 1), 1_000)
    let reach = try Access.reach(of: principal, .list, at: now, in: db).mailboxes
    var parts: [(key: ConversationKey, position: Int64)] = []
    for mailbox in reach where self.mailbox == nil || self.mailbox == mailbox {
      parts += try positions(in: mailbox, limit, for: principal, at: now, in: db)
    }
    return try parts.sorted { $0.position > $1.position }.prefix(limit).compactMap {
      try Self.conversation($0.key, at: $0.position, for: principal, now, in: db)
    }
  }

  private func positions(
    in mailbox: MailboxID, _ limit: Int, for principal: Principal, at now: Date, in db: Database
  ) throws -> [(ConversationKey, Int64)] {
    let access = AccessFilter(conversation: "part", principal, .list, at: now)
    let other = AccessFilter(conversation: "other", principal, .list, at: now)
    func waiting(_ table: String) -> String { isUnhandled ? "\(table).unhandled > 0" : "1" }
    // A conversation with open and protected messages has two rows: it stands where the newer one of those seen does.
    // Without the sign SQLite would look at all that are newer.
    return try Row.fetchAll(
      db.cachedStatement(
        sql: """
          SELECT conversationId, counterparty, newestRow FROM conversation AS part
          WHERE participant = ? AND mailbox = ? AND newestRow < ? AND (? IS NULL OR counterparty = ?)
            AND \(waiting("part")) AND \(access.sql)
            AND NOT EXISTS (SELECT 1 FROM conversation AS other
              WHERE other.participant = part.participant AND other.mailbox = part.mailbox
                AND other.conversationId = part.conversationId AND other.counterparty = part.counterparty
                AND +other.newestRow > part.newestRow AND \(waiting("other")) AND \(other.sql))
          ORDER BY newestRow DESC LIMIT ?
          """),
      arguments: [
        mailbox.participant.comparable, mailbox.address.value, before ?? .max, counterparty?.comparable,
        counterparty?.comparable,
      ] + access.arguments + other.arguments + [limit]
    ).map { row in
      guard let id = MessageID(row["conversationId"]) else {
        throw DatabaseError(message: "a conversation's id is none")
      }
      return (ConversationKey(id, with: try ParticipantID(row["counterparty"]), in: mailbox), row["newestRow"])
    }
  }

  private static func conversation(
    _ key: ConversationKey, at position: Int64, for principal: Principal, _ now: Date, in db: Database
  ) throws -> Conversation? {
    let access = AccessFilter(conversation: "conversation", principal, .list, at: now)
    let sums = try db.row(
      sql: """
        SELECT sum(messages) AS messages, sum(unhandled) AS unhandled, sum(failed) AS failed, max(newestRow) AS newest
        FROM conversation
        WHERE \(ConversationKey.condition) AND \(access.sql)
        """, arguments: key.arguments + access.arguments)
    guard let sums, let newest = sums["newest"] as Int64?,
      let row = try db.row(sql: "SELECT \(StoredMessage.columns) FROM message WHERE id = ?", arguments: [newest])
    else { return nil }
    return Conversation(
      key: key, newest: try StoredMessage(row), count: sums["messages"], unhandled: sums["unhandled"],
      failed: sums["failed"], position: position)
  }
}

extension ConversationKey {
  fileprivate static let shown = 500
  static let condition = "participant = ? AND mailbox = ? AND conversationId = ? AND counterparty = ?"

  var arguments: StatementArguments {
    [mailbox.participant.comparable, mailbox.address.value, id.value, counterparty.comparable]
  }

  /// The messages that may be read, newest first, and one more than are shown.
  fileprivate func messages(for principal: Principal, at now: Date, in db: Database) throws -> [StoredMessage] {
    let access = AccessFilter(messages: principal, .read, at: now)
    let parts = try Int64.fetchAll(
      db.cachedStatement(sql: "SELECT id FROM conversation WHERE \(Self.condition)"), arguments: arguments)
    // One after the other, each in the order of its index.
    let found = try parts.flatMap { part in
      try Row.fetchAll(
        db.cachedStatement(
          sql: """
            SELECT \(StoredMessage.columns) FROM messageRecord CROSS JOIN message ON message.id = messageRow
            WHERE messageRecord.conversation = ? AND \(access.sql) ORDER BY messageRow DESC LIMIT ?
            """), arguments: [part] + access.arguments + [Self.shown + 1]
      ).map(StoredMessage.init)
    }
    return Array(found.sorted { $0.row > $1.row }.prefix(Self.shown + 1))
  }
}
