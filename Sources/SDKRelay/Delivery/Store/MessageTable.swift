import Foundation
public import GRDB
import XMLSecurity

/// A message about to be stored.
struct NewMessage: Sendable {
  var participant: ParticipantID
  var direction: MessageDirection
  var id: MessageID
  var status: MessageStatus
  var created: Date
  var conversationID: MessageID
  var refToMessageID: MessageID?
  var sender: MessageParty
  var recipient: MessageParty
  var content: StoredContent
  var envelopeSha256: [UInt8]?
  /// What its content and its attachments are sealed with.
  var key = SealKey.random()
  /// The AS4 message it came in, whose key becomes the message's.
  var reception: Int64?
}

/// A change of status that the list of statuses does not allow: a fault of this program.
struct IllegalStep: Error {
  let from: MessageStatus
  let to: MessageStatus
}

enum MessageTable {
  /// Stores a message with its first status and event.
  @discardableResult
  static func insert(_ message: NewMessage, now: Date, event text: String, in db: Database) throws -> Int64 {
    let mailbox = message.direction == .outgoing ? message.sender.mailbox : message.recipient.mailbox
    try db.change(
      sql: """
        INSERT INTO message (participant, direction, messageId, status, createdAt, storedAt, conversationId,
          refToMessageId, mailbox, sender, recipient, content, sealedContent, envelopeSha256)
        VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, '', ?, ?)
        """,
      arguments: [
        message.participant.comparable, message.direction.rawValue, message.id.value, message.status.rawValue,
        message.created.milliseconds, now.milliseconds, message.conversationID.value, message.refToMessageID?.value,
        mailbox?.value, try json(message.sender), try json(message.recipient),
        try message.content.sealed(ContentSeal(message.key, of: message.participant, message.direction, message.id)),
        message.envelopeSha256.map { Data($0) },
      ])
    let row = db.lastInsertedRowID
    if try message.reception.map({ try !MessageKeyTable.give($0, to: row, in: db) }) ?? true {
      try MessageKeyTable.insert(
        message.key, of: message.participant, message: row, reception: message.reception, in: db)
    }
    for file in message.content.files {
      try db.change(
        sql: "INSERT INTO attachment (participant, file, messageRow) VALUES (?, ?, ?)",
        arguments: [message.participant.comparable, file.storedName, row])
    }
    let event = NewEvent(
      participant: message.participant, messageID: message.id, status: message.status, text: text)
    try EventLog.add(event, at: now, in: db)
    return row
  }

  /// The message's next status, with its event. Does nothing and says so when the message is already past it.
  @discardableResult
  static func step(
    _ row: Int64, to next: MessageStatus, event text: String, transportID: String? = nil, isAlarm: Bool = false,
    now: Date, in db: Database
  ) throws -> Bool {
    guard
      let current = try db.row(
        sql: "SELECT participant, messageId, status FROM message WHERE id = ?", arguments: [row]),
      let status = MessageStatus(rawValue: current["status"])
    else { return false }
    guard status != next, !status.isFinal else { return false }
    guard status.allows(next) else { throw IllegalStep(from: status, to: next) }
    try db.change(
      sql: "UPDATE message SET status = ? WHERE id = ?", arguments: [next.rawValue, row])
    let event = NewEvent(
      participant: try ParticipantID(current["participant"]), messageID: MessageID(current["messageId"]),
      transportID: transportID, status: next, text: text, isAlarm: isAlarm)
    try EventLog.add(event, at: now, in: db)
    return true
  }

  /// The end of a message that failed, with its event; whoever stands behind the relay is told of an outgoing one.
  @discardableResult
  static func fail(
    _ row: Int64, as status: MessageStatus = .messageExchangeError, event text: String, transportID: String? = nil,
    now: Date, telling inbox: (any Inbox)?, in db: Database
  ) throws -> Bool {
    guard try step(row, to: status, event: text, transportID: transportID, isAlarm: true, now: now, in: db) else {
      return false
    }
    if let inbox, let message = try fetch(row, in: db), message.direction == .outgoing {
      try inbox.tell(.failed, of: message, in: db)
    }
    return true
  }

  static func status(_ row: Int64, in db: Database) throws -> MessageStatus? {
    try db.row(sql: "SELECT status FROM message WHERE id = ?", arguments: [row])
      .flatMap { MessageStatus(rawValue: $0[0]) }
  }

  /// The row of a participant's message.
  static func row(
    _ id: MessageID, _ direction: MessageDirection, of participant: ParticipantID, in db: Database
  ) throws -> Int64? {
    try db.row(
      sql: "SELECT id FROM message WHERE participant = ? AND direction = ? AND messageId = ?",
      arguments: [participant.comparable, direction.rawValue, id.value]
    ).map { $0[0] }
  }

  static func fetch(_ row: Int64, in db: Database) throws -> StoredMessage? {
    try db.row(sql: "SELECT \(columns) FROM message WHERE id = ?", arguments: [row]).map(StoredMessage.init)
  }

  /// Puts what is left of a culled message, which is no secret, in the place of its content, and destroys its key.
  /// - Returns: the names of its attachments' files.
  static func replaceContent(
    of message: StoredMessage, with content: StoredContent, in db: Database
  ) throws -> [String] {
    let files = try String.fetchAll(
      db.cachedStatement(sql: "SELECT file FROM attachment WHERE messageRow = ?"), arguments: [message.row])
    try db.change(
      sql: "UPDATE message SET content = ?, sealedContent = NULL WHERE id = ?",
      arguments: [try json(content), message.row])
    try db.change(sql: "DELETE FROM attachment WHERE messageRow = ?", arguments: [message.row])
    try MessageKeyTable.destroy(message.row, in: db)
    return files
  }

  static let columns = """
    message.id, message.participant, message.mailbox, direction, messageId, status, createdAt, storedAt, conversationId,
    refToMessageId, sender, recipient, content, sealedContent, \(MessageKeyTable.columnOfMessage)
    """

  private static func json(_ value: some Encodable) throws -> String {
    String(decoding: try JSONEncoder.stable().encode(value), as: UTF8.self)
  }
}

extension Store {
  func messages(_ filter: MessageFilter) throws -> [StoredMessage] {
    var conditions: [String] = ["1"]
    var arguments: StatementArguments = []
    func add(_ condition: String, _ values: StatementArguments) {
      conditions.append(condition)
      arguments += values
    }
    if let participant = filter.participant { add("participant = ?", [participant.comparable]) }
    if let direction = filter.direction { add("direction = ?", [direction.rawValue]) }
    if let mailbox = filter.mailbox { add("mailbox = ?", [mailbox.value]) }
    if !filter.statuses.isEmpty {
      let marks = filter.statuses.map { _ in "?" }.joined(separator: ", ")
      add("status IN (\(marks))", StatementArguments(filter.statuses.map(\.rawValue)))
    }
    if let before = filter.before { add("id < ?", [before.row]) }
    arguments += [max(filter.limit, 0)]
    let sql = """
      SELECT \(MessageTable.columns) FROM message WHERE \(conditions.joined(separator: " AND "))
      ORDER BY id DESC LIMIT ?
      """
    return try read { db in try Row.fetchAll(db, sql: sql, arguments: arguments).map(StoredMessage.init) }
  }

  func messages(_ id: MessageID, participant: ParticipantID?) throws -> [StoredMessage] {
    try read { db in
      try Row.fetchAll(
        db,
        sql: """
          SELECT \(MessageTable.columns) FROM message
          WHERE messageId = ?1 AND (?2 IS NULL OR participant = ?2) ORDER BY id
          """,
        arguments: [id.value, participant?.comparable]
      ).map(StoredMessage.init)
    }
  }
}

extension StoredMessage {
  /// What a query of the table `message` selects for ``init(_:)``.
  public static var columns: String { MessageTable.columns }

  /// - Throws: what the row cannot be read for.
  public init(_ row: Row) throws {
    let decoder = JSONDecoder()
    func decoded<Value: Decodable>(_ column: String) throws -> Value {
      try decoder.decode(Value.self, from: Data((row[column] as String).utf8))
    }
    guard let direction = MessageDirection(rawValue: row["direction"]),
      let status = MessageStatus(rawValue: row["status"]), let id = MessageID(row["messageId"]),
      let conversation = MessageID(row["conversationId"])
    else { throw DatabaseError(message: "a message's row holds a word this version does not know") }
    let participant = try ParticipantID(row["participant"])
    let key = KeyState(row)
    func opened() throws -> StoredContent {
      // A former version stored content in plain.
      guard let sealed = row["sealedContent"] as Data? else { return try decoded("content") }
      guard let dataKey = key.key else { throw key.problem ?? .destroyed }
      return try StoredContent(sealed, ContentSeal(dataKey, of: participant, direction, id))
    }
    var problem: ContentProblem?
    let content: StoredContent
    do {
      content = try opened()
    } catch {
      problem = error as? ContentProblem ?? .damaged
      content = StoredContent(without: problem ?? .damaged)
    }
    self.init(
      row: row["id"], participant: participant,
      ownMailbox: try (row["mailbox"] as String?).map { try FunctionalAddress($0) }, direction: direction, id: id,
      status: status, created: Date(milliseconds: row["createdAt"]), stored: Date(milliseconds: row["storedAt"]),
      conversationID: conversation,
      refToMessageID: (row["refToMessageId"] as String?).flatMap(MessageID.init), sender: try decoded("sender"),
      recipient: try decoded("recipient"), content: content, contentProblem: problem,
      key: (row["sealedContent"] as Data?) == nil ? nil : key.key)
  }
}
