import GRDB
import SDKRelay

/// The words of messages (FTS5), written in the transaction of the message.
///
/// - `searchPlace`: a number for each own mailbox, and another for its protected persons' messages. The number stands in
///   the index as a word, so that a search looks only where whoever asks may look.
/// - `messageSearch`: the index, without the texts themselves. What is taken out is named with the very words that were
///   put in: a message's text never changes, and its place is that of its mark.
///
/// - `searchWord`: the words in the index that are letters only, for the beginnings of words: FTS5 itself would gather
///   every message that has any word with the beginning before it gives the first.
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

    CREATE TABLE searchWord (word TEXT NOT NULL PRIMARY KEY) STRICT, WITHOUT ROWID;
    """

  /// A culled message has no words.
  static func add(_ message: StoredMessage, isProtected: Bool, in db: Database) throws {
    guard message.content.culled == nil else { return }
    let texts = texts(of: message)
    let place = try SearchPlaces.number(of: message, isProtected: isProtected, in: db)
    try db.change(
      sql: """
        INSERT INTO messageSearch (rowid, place, \(columns.joined(separator: ", "))) VALUES (?, ?, ?, ?, ?, ?, ?)
        """, arguments: [message.row, SearchPlaces.word(place)] + StatementArguments(texts))
    let words = Set(texts.flatMap { $0.split(separator: " ") }.filter(SearchText.isLetters))
    // One statement for all of them. They are letters, so that nothing in them is syntax.
    let list = words.map { "\"\($0)\"" }.joined(separator: ",")
    try db.change(
      sql: "INSERT OR IGNORE INTO searchWord (word) SELECT value FROM json_each(?)", arguments: ["[\(list)]"])
  }

  /// The words in the index that begin so; nil where there are very many.
  static func words(beginning text: String, in db: Database) throws -> [String]? {
    let words = try String.fetchAll(
      db.cachedStatement(sql: "SELECT word FROM searchWord WHERE word >= ? AND word < ? ORDER BY word LIMIT 201"),
      arguments: [text, text + "\u{10FFFF}"])
    return words.count > 200 ? nil : words
  }

  /// Removes the words that no message has any more, once messages were taken out.
  static func forgetWords(in db: Database) throws {
    try db.execute(
      sql: """
        CREATE VIRTUAL TABLE temp.searchTerm USING fts5vocab (main, messageSearch, row);
        DELETE FROM searchWord WHERE word NOT IN (SELECT term FROM temp.searchTerm);
        DROP TABLE temp.searchTerm;
        """)
  }

  /// Merges some of the index's pages, so that words that were taken out leave the file.
  /// - Parameter isFirst: true in the first of the calls that merge all of it.
  /// - Returns: whether there is more to merge.
  static func merge(beginning isFirst: Bool, in db: Database) throws -> Bool {
    let before = db.totalChangesCount
    try db.change(
      sql: "INSERT INTO messageSearch (messageSearch, rank) VALUES ('merge', ?)", arguments: [isFirst ? -500 : 500])
    return db.totalChangesCount - before >= 2
  }

  /// Takes the message's words out. It has to be done before its text goes.
  static func remove(_ message: StoredMessage, isProtected: Bool, in db: Database) throws {
    guard message.content.culled == nil else { return }
    let place = try SearchPlaces.number(of: message, isProtected: isProtected, in: db)
    try db.change(
      sql: """
        INSERT INTO messageSearch (messageSearch, rowid, place, \(columns.joined(separator: ", ")))
        VALUES ('delete', ?, ?, ?, ?, ?, ?, ?)
        """, arguments: [message.row, SearchPlaces.word(place)] + StatementArguments(texts(of: message)))
  }

  /// The columns' words, in their order.
  private static func texts(of message: StoredMessage) -> [String] {
    let content = message.content
    let other = message.counterparty
    let persons = (content.senderPersons + content.recipientPersons).map(\.label)
    let references = (content.references + content.returnedReferences).flatMap { [$0.value, $0.label] }
    func joined(_ texts: [String?]) -> String {
      SearchText.plain(texts.compactMap { $0 }.joined(separator: "\n").prefix(limit))
    }
    return [
      joined([content.subject]), joined(content.texts),
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
