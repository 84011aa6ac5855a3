import GRDB
import SDKRelay

extension MailboxService {
  /// Whether every message that can be opened is in the index of words. After a restore without the messages' keys, or with
  /// other storage keys, it is filled anew, and a search finds the newer messages first.
  public func isIndexWhole() throws -> Bool {
    try relay.read { db in
      guard let oldest = try Int64.fetchOne(db.cachedStatement(sql: "SELECT min(messageRow) FROM messageRecord")) else {
        return true
      }
      let row = try db.row(sql: "SELECT indexedFrom FROM searchKey", arguments: [])
      return row.map { ($0["indexedFrom"] as Int64) <= oldest } ?? false
    }
  }
}
