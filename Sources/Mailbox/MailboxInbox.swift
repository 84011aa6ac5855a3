import Foundation
import GRDB
import SDKRelay

/// The service's side of a delivery: what it stores with a message that comes in.
struct MailboxInbox: Inbox {
  /// Nil where the node has no agreements.
  var agreements: AgreementWatch?
  /// Nil where nothing is delivered.
  var audit: Audit?

  /// Nil where no other room knows of messages.
  var companion: (any MessageCompanion)?

  var schemas: [String] { ["mailbox"] + (companion.map { [$0.schema] } ?? []) }

  func register(in migrator: inout DatabaseMigrator) {
    MailboxSchema.register(in: &migrator)
    companion?.register(in: &migrator)
  }

  func deliver(_ message: StoredMessage, in db: Database) throws {
    let arrival = Arrival(agreements: agreements, audit: audit, now: message.stored, db: db)
    let (message, settings) = try arrival.forward(message)
    let audience = try companion?.audience(of: message, at: message.stored, in: db) ?? .mailbox
    try MessageRecordTable.insert(message, for: audience, in: db)
    try agreements?.record(received: message, in: db)
    try companion?.stored(message, at: message.stored, in: db)
    try arrival.announce(message, by: settings)
  }

  func tell(_ news: DeliveryNews, of message: StoredMessage, in db: Database) throws {
    let now = Date()
    try companion?.told(news, of: message, at: now, in: db)
    guard news != .accepted else { return }
    try FailedDeliveryTable.keep(news, of: message, at: now, in: db)
    guard let address = message.ownMailbox else { return }
    try MailboxService.notify(MailboxID(message.participant, address), .deliveryFailed, at: now, in: db)
  }
}
