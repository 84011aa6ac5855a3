public import Foundation
public import GRDB

/// Takes the content of messages away for good (gallring), and leaves what proves that there was a message.
///
/// What goes: subject, references, persons, texts and attachments, and the sealed envelopes that hold them. What stays:
/// the message's ids, parties and status, its events, the signed SOAP parts and the message receipts, which hold no
/// content, and the digests by which it is recognised when it comes again.
///
/// The rows change in the caller's transaction; the files go once that is committed. A process that dies between leaves
/// files that no row names: the janitor removes them.
enum Erasure {
  /// Whether anything of this node is still at work on the message or its message receipt.
  static func isUnderWay(_ message: StoredMessage, in db: Database) throws -> Bool {
    guard let status = try MessageTable.status(message.row, in: db), status.isFinal else { return true }
    return try db.row(
      sql: "SELECT 1 FROM transfer WHERE messageRow = ? AND state = 'queued' LIMIT 1", arguments: [message.row]) != nil
  }

  /// Whether what has come is a message that was received from the same sender before and has been culled.
  static func isCulled(_ id: MessageID, in reception: Reception, _ db: Database) throws -> Bool {
    guard let row = try MessageTable.row(id, .incoming, of: reception.participant, in: db),
      let message = try MessageTable.fetch(row, in: db), message.sender.id == reception.sender
    else { return false }
    return message.content.culled != nil
  }

  /// Everything of the message that holds its content. The one place to add to when content gets another place.
  static func erase(_ message: StoredMessage, _ culled: StoredContent.Culled, in db: Database) throws -> ErasedFiles {
    let left = StoredContent(
      subject: "", isConfidential: message.content.isConfidential, references: [], returnedReferences: [],
      documents: [], culled: culled)
    let attachments = try MessageTable.replaceContent(of: message, with: left, in: db)
    var files = ErasedFiles(messages: attachments.map { .init(message.participant, $0) })
    files.sealed = try sealed(message, in: db).map { .init(message.participant, DataLayout.envelope($0)) }
    return files
  }

  /// Gives up the envelopes that the message was sent or received in, also those in which it came again.
  private static func sealed(_ message: StoredMessage, in db: Database) throws -> [String] {
    let (table, condition, arguments): (String, String, StatementArguments) =
      switch message.direction {
      case .outgoing: ("transfer", "messageRow = ? AND kind = 'message'", [message.row])
      case .incoming:
        (
          "reception", "participant = ? AND envelopeId = ? AND sender = ? AND state IN ('delivered', 'rejected')",
          [message.participant.comparable, message.id.comparable, message.sender.id.comparable]
        )
      }
    let names = try String.fetchAll(
      db.cachedStatement(sql: "SELECT file FROM \(table) WHERE \(condition) AND file IS NOT NULL"),
      arguments: arguments)
    try db.change(sql: "UPDATE \(table) SET file = NULL WHERE \(condition)", arguments: arguments)
    return names
  }
}

/// The files of erased messages, to be removed once the transaction is committed.
public struct ErasedFiles: Sendable {
  fileprivate struct File: Sendable {
    let participant: ParticipantID
    let name: String

    init(_ participant: ParticipantID, _ name: String) {
      self.participant = participant
      self.name = name
    }
  }

  fileprivate var messages: [File]
  fileprivate var sealed: [File] = []

  fileprivate init(messages: [File]) { self.messages = messages }

  /// None yet.
  public init() { self.init(messages: []) }

  public mutating func add(_ others: ErasedFiles) {
    messages += others.messages
    sealed += others.sealed
  }
}

extension Relay {
  /// Whether anything of this node is still at work on the message or its message receipt, so that it cannot be culled.
  public static func isUnderWay(_ message: StoredMessage, in db: Database) throws -> Bool {
    try Erasure.isUnderWay(message, in: db)
  }

  /// Takes a message's content away. What the rows held is overwritten in the database's pages, too.
  /// - Returns: the files to give to ``remove(_:)`` after the commit.
  public static func erase(
    _ message: StoredMessage, under rule: String, at now: Date, in db: Database
  ) throws -> ErasedFiles {
    let files = try Erasure.erase(message, StoredContent.Culled(rule: rule, time: now), in: db)
    KillPoint.reached(.contentErased)
    return files
  }

  /// Removes the files of erased messages. While a backup is taken they stay, and the janitor removes them later.
  public func remove(_ files: ErasedFiles) {
    KillPoint.reached(.erasureCommitted)
    guard !store.layout.isBeingBackedUp else { return }
    for file in files.messages {
      unlink(store.layout.messageFile(file.name, of: file.participant).path)
      KillPoint.reached(.halfFilesErased)
    }
    for file in files.sealed { unlink(store.layout.sealedFile(file.name, of: file.participant).path) }
  }

  /// Writes the log beside the database into it and empties it, as far as nobody reads from it now: what was
  /// overwritten in the database may still lie in the log.
  public func emptyLog() async {
    try? await store.pool.writeWithoutTransaction { db in _ = try db.checkpoint(.truncate) }
  }
}
