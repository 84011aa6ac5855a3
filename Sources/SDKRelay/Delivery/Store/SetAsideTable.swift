import Foundation
import GRDB

/// What an operator decides about: an item goes back to work or is dismissed, and both are events. `JobQueue.setAside`
/// adds items.
enum SetAsideTable {
  /// The items, oldest first.
  static func items(limit: Int, in db: Database) throws -> [SetAsideItem] {
    try Row.fetchAll(db, sql: "\(query) ORDER BY setAside.id LIMIT ?", arguments: [limit]).map(SetAsideItem.init)
  }

  static func item(_ number: Int64, in db: Database) throws -> SetAsideItem? {
    try db.row(sql: "\(query) WHERE setAside.id = ?", arguments: [number]).map(SetAsideItem.init)
  }

  private static let query = """
    SELECT setAside.id, setAside.at, setAside.participant, setAside.kind, setAside.reason,
      coalesce(reception.envelopeId, transfer.envelopeId, message.messageId) AS messageId,
      coalesce(reception.transportId, transfer.transportId) AS transportId,
      coalesce(reception.sender, transfer.counterpart) AS counterpart
    FROM setAside
      LEFT JOIN reception ON setAside.kind = 'open' AND reception.id = setAside.subject
      LEFT JOIN transfer ON setAside.kind = 'send' AND transfer.id = setAside.subject
      LEFT JOIN message ON setAside.kind = 'receiptClock' AND message.id = setAside.subject
    """

  /// Makes the work due, as if it had never begun: a received message's sender has its tries again, since whoever
  /// releases it has seen to what was wrong. A message sent has ended when it was set aside and its sender has
  /// been told, so it stays; a message receipt has nobody who was told, and goes as a new AS4 message: the old one's
  /// bytes are gone, and what was signed for it stays its evidence.
  /// - Parameter lane: where a message receipt is to be sent.
  static func release(_ number: Int64, lane: String, now: Date, in db: Database) throws {
    let (item, subject) = try take(number, in: db)
    switch item.work {
    case .open:
      guard let reception = try ReceptionTable.fetch(subject, in: db), reception.file != nil else {
        throw SetAsideProblem.ended(number)
      }
      try db.change(
        sql: "UPDATE reception SET state = 'received' WHERE id = ? AND state = 'setAside'", arguments: [subject])
      guard db.changesCount == 1 else { throw SetAsideProblem.ended(number) }
      try Quarantine.lift(from: reception.sender, to: item.participant, in: db)
      try JobQueue.add(
        .open, subject: subject, participant: item.participant,
        lane: Lane.open(item.participant, size: reception.size), due: now, in: db)
    case .send:
      guard let former = try TransferTable.fetch(subject, in: db), former.kind == .receipt, former.envelope != nil
      else { throw SetAsideProblem.ended(number) }
      try TransferTable.queue(NewTransfer(again: former), lane: lane, now: now, in: db)
    case .receiptClock:
      throw SetAsideProblem.ended(number)
    }
    try tell("given back to work by hand", item, now, in: db)
  }

  /// Ends the matter. A received message stays unread; its file goes with the janitor's next round. One with malware has
  /// been rejected and stays so, as evidence; what lies in quarantine goes.
  static func dismiss(_ number: Int64, now: Date, in db: Database) throws {
    let (item, subject) = try take(number, in: db)
    if item.work == .open, let reception = try ReceptionTable.fetch(subject, in: db),
      try !QuarantineTable.clear(reception, in: db)
    {
      try ReceptionTable.end(reception, .refused, in: db)
    }
    try tell("dismissed by hand", item, now, in: db)
  }

  private static func take(_ number: Int64, in db: Database) throws -> (SetAsideItem, subject: Int64) {
    guard let item = try item(number, in: db),
      let subject = try db.row(sql: "DELETE FROM setAside WHERE id = ? RETURNING subject", arguments: [number])
    else { throw SetAsideProblem.unknown(number) }
    return (item, subject[0])
  }

  private static func tell(_ what: String, _ item: SetAsideItem, _ now: Date, in db: Database) throws {
    let event = NewEvent(
      participant: item.participant, messageID: item.messageID, transportID: item.transportID,
      text: "\(what): number \(item.number), set aside because: \(item.reason)")
    try EventLog.add(event, at: now, in: db)
  }
}

extension SetAsideItem {
  init(_ row: Row) throws {
    guard let work = Work(rawValue: row["kind"]) else { throw DatabaseError(message: "unknown kind of job") }
    self.init(
      number: row["id"], time: Date(milliseconds: row["at"]), participant: try ParticipantID(row["participant"]),
      work: work, counterpart: try (row["counterpart"] as String?).map { try ParticipantID($0) },
      messageID: (row["messageId"] as String?).flatMap(MessageID.init), transportID: row["transportId"],
      reason: row["reason"])
  }
}
