public import Foundation
import GRDB
public import SDKRelay

/// Which messages to find, newest first. Every condition narrows.
public struct MessageSearch: Sendable {
  /// Words of the subject, the texts, the names of attachments, of the counterparty and of persons, and the references.
  /// Nil lists without looking at words.
  public var words: String?
  /// Nil for every mailbox that may be seen.
  public var mailbox: MailboxID?
  public var direction: MessageDirection?
  /// By the statuses as they are; empty for any.
  public var statuses: Set<MessageStatus> = []
  /// When this node took it: from, and before.
  public var from: Date?
  public var until: Date?
  /// Who works at it.
  public var handler: UserID?
  /// Whether received ones and failed deliveries are done.
  public var isDone: Bool?
  /// Only deliveries that failed.
  public var hasFailed = false
  public var tag: String?
  /// The sender's mark of secrecy (sekretess).
  public var isConfidential: Bool?
  public var conversation: ConversationKey?
  /// Only messages stored before the one with this number: the last of the former page (``StoredMessage/row``).
  public var before: Int64?
  /// At most so many, 1 to 1,000.
  public var limit = 50

  public init() {}
}

extension AuditAction {
  public static let searchMessages = AuditAction(rawValue: "message.search")
}

extension MailboxService {
  /// The newest messages that match and that the principal may see. With words only those it may read, and the audit
  /// trail tells that a search was made, never for what.
  /// - Throws: ``SearchProblem``.
  /// - Parameter operator: who asks in the user's name at the command line: the audit trail names both.
  public func find(
    _ query: MessageSearch, for principal: Principal, through operator: Principal? = nil, at now: Date = .now
  ) async throws -> [StoredMessage] {
    guard query.words != nil || `operator` != nil else {
      return try relay.read { try query.fetch(for: principal, at: now, in: $0) }
    }
    let place = query.mailbox
    let record = AuditRecord(
      principal, through: `operator`, .searchMessages, participant: place?.participant, mailbox: place?.address)
    return try await auditedRead(record, at: now) { try query.fetch(for: principal, at: now, in: $1) }
  }
}

extension MessageSearch {
  func fetch(for principal: Principal, at now: Date, in db: Database) throws -> [StoredMessage] {
    let permission: Permission = words == nil ? .list : .read
    let reach = try Access.reach(of: principal, permission, at: now, in: db).mailboxes
    let mailboxes = reach.filter { mailbox == nil || mailbox == $0 }
    if let words { return try fetch(words, mailboxes, for: principal, at: now, in: db) }
    var found: [StoredMessage] = []
    for mailbox in mailboxes {
      let place: StatementArguments = [mailbox.participant.comparable, mailbox.address.value]
      found += try fetch(
        from: "message JOIN messageRecord ON messageRow = message.id",
        where: "message.participant = ? AND message.mailbox = ? AND message.id < ?", place + [before ?? .max],
        orderedBy: "message.id", .list, principal, now, db)
    }
    return Array(found.sorted { $0.row > $1.row }.prefix(bounded))
  }

  private func fetch(
    _ text: String, _ mailboxes: Set<MailboxID>, for principal: Principal, at now: Date, in db: Database
  ) throws -> [StoredMessage] {
    let access = AccessFilter(conversation: "searchPlace", principal, .read, at: now)
    var places: [Int64] = []
    for mailbox in mailboxes {
      places += try Int64.fetchAll(
        db.cachedStatement(sql: "SELECT id FROM searchPlace WHERE participant = ? AND mailbox = ? AND \(access.sql)"),
        arguments: [mailbox.participant.comparable, mailbox.address.value] + access.arguments)
    }
    guard let key = try SearchKey.open(in: db),
      let expression = try SearchWords(text).expression(in: places.sorted(), SearchTokens(key.key), db)
    else { return [] }
    // In the order of the numbers, never by rank: a rank would tell of what others hold.
    return try fetch(
      from: """
        messageSearch CROSS JOIN message ON message.id = messageSearch.rowid
          CROSS JOIN messageRecord ON messageRow = message.id
        """,
      where: "messageSearch MATCH ? AND messageSearch.rowid < ?", [expression, before ?? .max],
      orderedBy: "messageSearch.rowid", .read, principal, now, db)
  }

  private func fetch(
    from source: String, where condition: String, _ values: StatementArguments, orderedBy number: String,
    _ permission: Permission, _ principal: Principal, _ now: Date, _ db: Database
  ) throws -> [StoredMessage] {
    let access = AccessFilter(messages: principal, permission, at: now)
    var conditions = [condition, access.sql]
    var arguments = values + access.arguments
    narrow { (more: String, values: StatementArguments) in
      conditions.append(more)
      arguments += values
    }
    return try Row.fetchAll(
      db.cachedStatement(
        sql: """
          SELECT \(StoredMessage.columns) FROM \(source) WHERE \(conditions.joined(separator: " AND "))
          ORDER BY \(number) DESC LIMIT ?
          """), arguments: arguments + [bounded]
    ).map(StoredMessage.init)
  }

  private func narrow(_ add: (String, StatementArguments) -> Void) {
    if let direction { add("message.direction = ?", [direction.rawValue]) }
    if let status = statuses.first, statuses.count == 1 {
      add("message.status = ?", [status.rawValue])
    } else if !statuses.isEmpty {
      let marks = statuses.map { _ in "?" }.joined(separator: ", ")
      // Without the sign SQLite would fetch and sort all that have them.
      add("+message.status IN (\(marks))", StatementArguments(statuses.map(\.rawValue).sorted()))
    }
    if let from { add("message.storedAt >= ?", [from.milliseconds]) }
    if let until { add("message.storedAt < ?", [until.milliseconds]) }
    if let handler {
      add("message.id IN (SELECT messageRow FROM messageHandling WHERE handler = ?)", [handler.value])
    }
    if let isDone {
      let done = "EXISTS (SELECT 1 FROM messageHandling WHERE messageRow = message.id AND doneAt IS NOT NULL)"
      add("(message.direction = 'in' OR \(Self.failed)) AND \(isDone ? "" : "NOT ")\(done)", [])
    }
    if hasFailed { add(Self.failed, []) }
    if let tag { add("message.id IN (SELECT messageRow FROM messageTag WHERE tag = ?)", [tag]) }
    if let isConfidential { add("messageRecord.isConfidential = ?", [isConfidential]) }
    if let conversation {
      add(
        """
        message.id IN (SELECT messageRow FROM messageRecord
          WHERE conversation IN (SELECT id FROM conversation WHERE \(ConversationKey.condition)))
        """,
        conversation.arguments)
    }
  }

  private static let failed = "EXISTS (SELECT 1 FROM failedDelivery WHERE messageRow = message.id)"

  private var bounded: Int { min(max(limit, 1), 1_000) }
}
