public import Foundation
public import GRDB
public import SDKRelay

/// A room that knows more of messages than the message service does, and keeps it in the same database: what is stored of
/// a message is stored together, or not at all.
public protocol MessageCompanion: Sendable {
  /// The name that each of its migrations begins with, followed by a space.
  var schema: String { get }
  func register(in migrator: inout DatabaseMigrator)

  /// Whom the message is for. Asked in the transaction that stores it, before anybody can see it. If this throws, the message
  /// is not stored and it is tried again: where the answer cannot be had, it is about a protected person.
  func audience(of message: StoredMessage, at now: Date, in db: Database) throws -> Audience

  /// Whom a draft is for while it is being written: those who are in each. Asked while nothing is written.
  func audiences(of draft: DraftContent, from mailbox: MailboxID, at now: Date, in db: Database) throws -> Set<Audience>

  /// The identity numbers of persons who count as protected that the message to be sent takes out of the house: those that its
  /// recipient has not given itself. Asked in the transaction that stores it.
  func protectedNumbers(in message: StoredMessage, at now: Date, in db: Database) throws -> [String]

  /// Is told of a message in the transaction that has stored it. If this throws, nothing of it is stored.
  func stored(_ message: StoredMessage, at now: Date, in db: Database) throws

  /// Is told what became of a message that was sent, in the transaction in which it does.
  func told(_ news: DeliveryNews, of message: StoredMessage, at now: Date, in db: Database) throws
}
