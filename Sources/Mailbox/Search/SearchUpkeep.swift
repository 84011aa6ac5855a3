import Logging
import SDKRelay

extension MailboxService {
  /// Brings the index and what a former version stored in plain up to date, a few messages at a time, and ends.
  func upkeep() async {
    do {
      try await relay.write { try SearchKey.settle(in: $0) }
      try await relay.write { db in
        try RoomKey.settle(in: db)
        try MailboxSettingsTable.sealOlder(in: db)
      }
      while !Task.isCancelled, try await relay.write({ try SealedFacts.sealOlder(50, in: $0) }) {}
      var note: Int64? = 0
      while let last = note, !Task.isCancelled {
        note = try await relay.write { try HandlingNotes.sealOlder(after: last, 50, in: $0) }
      }
      while !Task.isCancelled, try await relay.write({ try SearchIndex.indexOlder(50, in: $0) }) {}
    } catch {
      // Goes on at the next start.
      logger.error("the search index cannot be brought up to date", metadata: ["reason": "\(error)"])
    }
  }
}
