import Foundation
import GRDB
import Logging
import XMLSecurity

/// Seals what a former version stored in plain: the content of messages, their attachments and received envelopes. Once,
/// beside the node's work, one thing after the other.
///
/// Each file is sealed under a new name, and the row that names it changes in one commit with its key's; the janitor
/// removes the former file within two hours, since it may be being read. What lay on the disk in plain can be found there
/// until the file system writes over it.
struct PlainRemains: Sendable {
  let store: Store
  let work: BlockingWork
  let logger: Logger

  func run() async throws {
    let count = try await messages() + receptions()
    guard count > 0 else { return }
    // The log beside the database has the pages as they were.
    try await store.pool.writeWithoutTransaction { db in try db.execute(sql: "PRAGMA wal_checkpoint(TRUNCATE)") }
    logger.notice("sealed what a former version stored in plain", metadata: ["count": "\(count)"])
  }

  // MARK: Messages

  private func messages() async throws -> Int {
    var (count, last) = (0, Int64(0))
    while !Task.isCancelled, let message = try store.readOnce({ try Self.message(after: last, in: $0) }) {
      last = message.row
      do {
        try await seal(message)
        count += 1
      } catch let problem where !StoreFault.isFatal(problem) && !StoreFault.isTemporary(problem) {
        told(problem, "message", message.row)
      }
    }
    return count
  }

  private static func message(after row: Int64, in db: Database) throws -> StoredMessage? {
    try db.row(
      sql: """
        SELECT \(MessageTable.columns) FROM message WHERE \(inPlain) AND id > ? ORDER BY id LIMIT 1
        """, arguments: [row]
    ).map(StoredMessage.init)
  }

  /// What is left of a culled message is in plain and stays so: what it said must not come back.
  private static let inPlain = "sealedContent IS NULL AND json_extract(content, '$.culled') IS NULL"

  private func seal(_ message: StoredMessage) async throws {
    let key = try await store.write { db in try MessageKeyTable.key(making: message, in: db) }
    var content = try message.openContent()
    let layout = store.layout
    let spool = try layout.messages(message.participant)
    var names: [String: String] = [:]
    for file in content.files where names[file.storedName] == nil {
      names[file.storedName] = try await sealed(message.attachment(file, layout), in: spool, key)
    }
    for document in content.documents.indices {
      for file in content.documents[document].files.indices {
        let former = content.documents[document].files[file].storedName
        content.documents[document].files[file].storedName = names[former] ?? former
      }
    }
    let sealed = try content.sealed(ContentSeal(key, of: message.participant, message.direction, message.id))
    let changes = names
    try await store.write { db in
      try db.change(
        sql: "UPDATE message SET content = '', sealedContent = ? WHERE id = ? AND \(Self.inPlain)",
        arguments: [sealed, message.row])
      for (former, new) in changes {
        try db.change(
          sql: "UPDATE attachment SET file = ? WHERE participant = ? AND file = ?",
          arguments: [new, message.participant.comparable, former])
      }
    }
  }

  // MARK: Received envelopes

  private func receptions() async throws -> Int {
    var (count, last) = (0, Int64(0))
    while !Task.isCancelled, let row = try store.readOnce({ try Self.reception(after: last, in: $0) }) {
      last = row
      do {
        if try await seal(reception: row) { count += 1 }
      } catch let problem where !StoreFault.isFatal(problem) && !StoreFault.isTemporary(problem) {
        told(problem, "reception", row)
      }
    }
    return count
  }

  private static func reception(after row: Int64, in db: Database) throws -> Int64? {
    try db.row(
      sql: "SELECT id FROM reception WHERE NOT isSealed AND file IS NOT NULL AND id > ? ORDER BY id LIMIT 1",
      arguments: [row]
    ).map { $0[0] }
  }

  private func seal(reception row: Int64) async throws -> Bool {
    let found = try await store.write { db -> (Reception, SealKey)? in
      guard let reception = try ReceptionTable.fetch(row, in: db) else { return nil }
      return (reception, try Self.key(of: reception, in: db))
    }
    guard let (reception, key) = found, let former = reception.file,
      let envelope = try reception.envelope(store.layout)
    else { return false }
    let spool = try store.layout.sealed(reception.participant)
    let new = try await sealed(envelope, in: spool, key, ending: DataLayout.envelope(""))
    return try await store.write { db in
      // It may have been opened and refused meanwhile.
      try db.change(
        sql: "UPDATE reception SET file = ?, isSealed = TRUE WHERE id = ? AND file = ?", arguments: [new, row, former])
      return db.changesCount == 1
    }
  }

  /// The key of the message that was in it, or a new one.
  private static func key(of reception: Reception, in db: Database) throws -> SealKey {
    switch reception.key {
    case .key(let key): return key
    case .closed(let name): throw ContentProblem.keyMissing(name)
    case .none: break
    }
    let message = try db.row(
      sql: """
        SELECT message.id FROM reception JOIN message ON message.id = reception.messageRow AND direction = 'in'
        WHERE reception.id = ?
        """, arguments: [reception.row])
    if let row = message?[0] as Int64?, let stored = try MessageTable.fetch(row, in: db) {
      let key = try MessageKeyTable.key(making: stored, in: db)
      try db.change(
        sql: "UPDATE messageKey SET receptionRow = ? WHERE messageRow = ?", arguments: [reception.row, row])
      return key
    }
    let key = SealKey.random()
    try MessageKeyTable.insert(key, of: reception.participant, reception: reception.row, in: db)
    return key
  }

  // MARK: Files

  private func sealed(
    _ file: StoredFile, in spool: Spool, _ key: SealKey, ending: String = ""
  ) async throws -> String {
    try await work.run {
      let new = try SealedSpoolFile(in: spool, key: key)
      try file.write(into: new)
      try new.close()
      try new.keep(in: nil, ending: ending)
      return new.name
    }
  }

  /// The thing stays as it is until the next start.
  private func told(_ problem: any Error, _ kind: String, _ row: Int64) {
    logger.error("stays in plain", metadata: ["what": "\(kind) \(row)", "reason": "\(problem)"])
  }
}
