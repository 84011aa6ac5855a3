public import Foundation
public import GRDB

/// What stands behind the relay and looks after messages once they are here: a message service.
///
/// It keeps its tables in the relay's database, so that a message and what is known about it are stored together or not
/// at all. One relay has one inbox; without any, messages wait in the relay's own table.
public protocol Inbox: Sendable {
  /// The inbox's tables. The name of each migration begins with one of `schemas` and a space.
  var schemas: [String] { get }
  func register(in migrator: inout DatabaseMigrator)

  /// Takes a received message in the transaction that delivers it. If this throws, nothing of it is stored and it is
  /// tried again, and after three times set aside with the error's words, which hold no content; whatever is wrong with
  /// the message has been found before.
  func deliver(_ message: StoredMessage, in db: Database) throws

  /// Is told what became of a message that was sent, in the transaction in which it does. If this throws, it is as if it
  /// had not happened, and it is tried again.
  func tell(_ news: DeliveryNews, of message: StoredMessage, in db: Database) throws
}

/// What somebody has to know of a message that was sent.
public enum DeliveryNews: Hashable, Sendable {
  /// Its recipient's message service has taken it: the status is ACCEPTED.
  case accepted
  /// It was not delivered, or was refused: the status is MESSAGE_EXCHANGE_ERROR or REJECTED.
  case failed
  /// A message receipt came after it had counted as failed for want of one. The status stays.
  case lateReceipt(isAccepted: Bool)
}

extension Inbox {
  /// An inbox that tells nobody.
  public func tell(_ news: DeliveryNews, of message: StoredMessage, in db: Database) throws {}
}

extension Relay {
  /// Reads the database in one state of it.
  public func read<Value>(_ body: (Database) throws -> Value) throws -> Value {
    try store.read(body)
  }

  /// Runs the closure in one transaction and returns once that is durable. Concurrent callers share a sync.
  public func write<Value: Sendable>(_ body: @escaping @Sendable (Database) throws -> Value) async throws -> Value {
    try await store.write(body)
  }

  /// Writes an event about a message in the transaction of what it tells of.
  /// - Parameter text: ids and codes, never content.
  public static func record(
    _ text: String, about message: StoredMessage, at now: Date, in db: Database
  ) throws {
    let event = NewEvent(participant: message.participant, messageID: message.id, text: text)
    try EventLog.add(event, at: now, in: db)
  }

  /// Writes an event of what stands behind the relay into the event list; an alarm also comes into the running node's
  /// log.
  /// - Parameter text: ids and codes, never content.
  public func record(_ text: String, isAlarm: Bool = false) async throws {
    try await store.write { db in try EventLog.add(NewEvent(text: text, isAlarm: isAlarm), at: Date(), in: db) }
  }
}
