import Foundation
import GRDB
import Mailbox
import SDKRelay

/// The bridge's side of a message's first moment.
struct BridgeCompanion: MessageCompanion {
  let settings: BridgeSettings

  var schema: String { BridgeSchema.name }

  func register(in migrator: inout DatabaseMigrator) {
    BridgeSchema.register(in: &migrator)
  }

  func isAboutProtected(_ message: StoredMessage, at now: Date, in db: Database) throws -> Bool { false }

  func stored(_ message: StoredMessage, at now: Date, in db: Database) throws {}

  func told(_ news: DeliveryNews, of message: StoredMessage, at now: Date, in db: Database) throws {
    try CaseFeedTable.tell(news, of: message, at: now, in: db)
  }
}
