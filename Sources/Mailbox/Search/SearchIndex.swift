import GRDB
import SDKRelay

/// The words of messages (FTS5), written in the transaction of the message.
///
/// - `searchPlace`: a number for each own mailbox, and another for its protected persons' messages. The number stands in
///   the index as a word, so that a search looks only where whoever asks may look.
/// - `messageSearch`: the index, without the texts themselves. What is taken out is named with the very words that were
///   put in: a message's text never changes, and its place is that of its mark.
///
/// Swedish letters are letters of their own: å, ä and ö are not folded.
enum SearchIndex {
  static let columns = ["subject", "text", "files", "parties", "refs"]

  static let schema = """
    CREATE TABLE searchPlace (
      id INTEGER PRIMARY KEY,
      participant TEXT NOT NULL,
      mailbox TEXT NOT NULL,
      isProtected INTEGER NOT NULL,
      UNIQUE (participant, mailbox, isProtected)
    ) STRICT;

    CREATE VIRTUAL TABLE messageSearch USING fts5 (
      place, \(columns.joined(separator: ", ")),
      content = '', columnsize = 0, tokenize = 'unicode61 remove_diacritics 0'
    );
    """

  static func add(_ message: StoredMessage, isProtected: Bool, in db: Database) throws {
    try db.change(
      sql: """
        INSERT INTO messageSearch (rowid, place, \(columns.joined(separator: ", "))) VALUES (?, ?, ?, ?, ?, ?, ?)
        """, arguments: try words(of: message, isProtected: isProtected, in: db))
  }

  /// Takes the message's words out. It has to be done before its text goes.
  static func remove(_ message: StoredMessage, isProtected: Bool, in db: Database) throws {
    try db.change(
      sql: """
        INSERT INTO messageSearch (messageSearch, rowid, place, \(columns.joined(separator: ", ")))
        VALUES ('delete', ?, ?, ?, ?, ?, ?, ?)
        """, arguments: try words(of: message, isProtected: isProtected, in: db))
  }

  private static func words(
    of message: StoredMessage, isProtected: Bool, in db: Database
  ) throws -> StatementArguments {
    let place = try SearchPlaces.number(of: message, isProtected: isProtected, in: db)
    let content = message.content
    let other = message.counterparty
    let persons = (content.senderPersons + content.recipientPersons).map(\.label)
    let references = (content.references + content.returnedReferences).flatMap { [$0.value, $0.label] }
    func joined(_ texts: [String?]) -> String {
      SearchText.plain(texts.compactMap { $0 }.joined(separator: "\n").prefix(limit))
    }
    return [
      message.row, SearchPlaces.word(place), joined([content.subject]), joined(content.texts),
      joined(content.files.map(\.name)),
      joined([other.label, other.mailboxLabel, other.id.value, other.mailbox?.value] + persons), joined(references),
    ]
  }

  /// So many characters of each are indexed: more would hold up the delivery of every other message.
  private static let limit = 200_000
}

enum SearchPlaces {
  /// The place's number as a word of the index.
  static func word(_ number: Int64) -> String { "p\(number)" }

  static func number(of message: StoredMessage, isProtected: Bool, in db: Database) throws -> Int64 {
    let key: StatementArguments = [message.participant.comparable, message.ownMailbox?.value ?? "", isProtected]
    func find() throws -> Int64? {
      try db.row(
        sql: "SELECT id FROM searchPlace WHERE participant = ? AND mailbox = ? AND isProtected = ?", arguments: key
      )?["id"]
    }
    if let number = try find() { return number }
    try db.change(
      sql: "INSERT INTO searchPlace (participant, mailbox, isProtected) VALUES (?, ?, ?)", arguments: key)
    return db.lastInsertedRowID
  }
}
