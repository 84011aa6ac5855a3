import GRDB
import SDKRelay

/// The service's side of a delivery: what it stores with a message that comes in.
struct MailboxInbox: Inbox {
  /// Nil where the node has no agreements.
  var agreements: AgreementWatch?
  /// Nil where nothing is delivered.
  var audit: Audit?

  let schema = "mailbox"

  func register(in migrator: inout DatabaseMigrator) {
    MailboxSchema.register(in: &migrator)
  }

  func deliver(_ message: StoredMessage, in db: Database) throws {
    let arrival = Arrival(agreements: agreements, audit: audit, now: message.stored, db: db)
    let message = try arrival.forward(message)
    try MessageRecordTable.insert(message, in: db)
    try agreements?.record(received: message, in: db)
    try arrival.announce(message)
  }
}
