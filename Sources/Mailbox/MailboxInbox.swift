import Foundation
import GRDB
import SDKRelay

/// The service's side of a delivery: what it stores with a message that comes in.
struct MailboxInbox: Inbox {
  /// Nil where the node has no agreements.
  var agreements: AgreementWatch?

  let schema = "mailbox"

  func register(in migrator: inout DatabaseMigrator) {
    MailboxSchema.register(in: &migrator)
  }

  func deliver(_ message: StoredMessage, in db: Database) throws {
    try MessageRecordTable.insert(message, in: db)
    try agreements?.record(received: message, in: db)
  }

  func tell(_ news: DeliveryNews, of message: StoredMessage, in db: Database) throws {
    try FailedDeliveryTable.keep(news, of: message, at: Date(), in: db)
  }
}
