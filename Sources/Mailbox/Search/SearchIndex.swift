import GRDB
import SDKRelay

/// The words of messages (FTS5), written in the transaction of the message. No word can be read in them: each stands there
/// as ``SearchTokens`` makes it.
///
/// - `searchPlace`: a number for each own mailbox, and others for its messages about protected persons, one for each
///   ``Audience`` (`isProtected`). The number stands in
///   the index as a word, so that a search looks only where whoever asks may look.
/// - `messageSearch`: the index, without the texts themselves. What is taken out is named with the very words that were
///   put in: a message's text never changes, and its place is that of its mark.
/// - `searchWord`: the words in the index that are letters only, for the beginnings of words: one row for each beginning
///   of 3 to 24 letters.
/// - `searchKey`: see ``SearchKey``.
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

    \(table)

    CREATE TABLE searchWord (word TEXT NOT NULL PRIMARY KEY) STRICT, WITHOUT ROWID;
    """

  private static let table = """
    CREATE VIRTUAL TABLE messageSearch USING fts5 (
      place, \(columns.joined(separator: ", ")),
      content = '', columnsize = 0, tokenize = 'unicode61 remove_diacritics 0'
    );
    """

  /// The index without words in plain. It is filled while the node runs (``indexOlder(_:in:)``).
  static let blind = """
    DROP TABLE messageSearch;
    DROP TABLE searchWord;
    \(table)
    CREATE TABLE searchWord (
      beginning TEXT NOT NULL,
      word TEXT NOT NULL,
      PRIMARY KEY (beginning, word)
    ) STRICT, WITHOUT ROWID;
    \(SearchKey.schema)
    """

  static func add(_ message: StoredMessage, for audience: Audience, in db: Database) throws {
    let key = try SearchKey.open(beginningWith: message.row, in: db)
    guard message.row >= key.indexedFrom else { return }
    try insert(message, for: audience, SearchTokens(key.key), in: db)
  }

  /// Puts the next older messages into the index that are not in it yet.
  /// - Returns: whether there may be more.
  static func indexOlder(_ count: Int, in db: Database) throws -> Bool {
    guard let key = try SearchKey.open(in: db) else { return false }
    let tokens = SearchTokens(key.key)
    let rows = try Row.fetchAll(
      db.cachedStatement(
        sql: """
          SELECT \(StoredMessage.columns), isProtected FROM message JOIN messageRecord ON messageRow = message.id
          WHERE message.id < ? ORDER BY message.id DESC LIMIT ?
          """), arguments: [key.indexedFrom, count])
    for row in rows {
      try insert(StoredMessage(row), for: row["isProtected"], tokens, in: db)
    }
    try SearchKey.reach(rows.last?["id"] ?? 0, in: db)
    return rows.count == count
  }

  private static func insert(
    _ message: StoredMessage, for audience: Audience, _ tokens: SearchTokens, in db: Database
  ) throws {
    // A culled message has no words.
    guard message.contentProblem == nil, message.content.culled == nil else { return }
    let texts = texts(of: message)
    let place = try SearchPlaces.number(of: message, for: audience, in: db)
    try db.change(
      sql: """
        INSERT INTO messageSearch (rowid, place, \(columns.joined(separator: ", "))) VALUES (?, ?, ?, ?, ?, ?, ?)
        """, arguments: [message.row, SearchPlaces.word(place)] + StatementArguments(texts.map(tokens.words)))
    try SearchBeginnings.add(
      Set(texts.flatMap { $0.split(separator: " ") }.filter(SearchText.isLetters)), tokens, in: db)
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

  /// Takes the message's words out. It has to be done before its text, or its key, goes: they cannot be told afterwards.
  static func remove(_ message: StoredMessage, for audience: Audience, in db: Database) throws {
    guard message.contentProblem == nil, message.content.culled == nil, let key = try SearchKey.open(in: db),
      message.row >= key.indexedFrom
    else { return }
    let tokens = SearchTokens(key.key)
    let place = try SearchPlaces.number(of: message, for: audience, in: db)
    try db.change(
      sql: """
        INSERT INTO messageSearch (messageSearch, rowid, place, \(columns.joined(separator: ", ")))
        VALUES ('delete', ?, ?, ?, ?, ?, ?, ?)
        """,
      arguments: [message.row, SearchPlaces.word(place)] + StatementArguments(texts(of: message).map(tokens.words)))
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

  static func number(of message: StoredMessage, for audience: Audience, in db: Database) throws -> Int64 {
    let key: StatementArguments = [message.participant.comparable, message.ownMailbox?.value ?? "", audience]
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
