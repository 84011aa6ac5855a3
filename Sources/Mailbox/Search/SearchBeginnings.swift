import Foundation
import GRDB
import SDKRelay

/// The words of letters in the index, by their beginnings.
enum SearchBeginnings {
  /// In letters: shorter ones are too many words' beginning.
  static let shortest = 3
  /// In letters: a longer beginning is looked for as a whole word.
  private static let longest = 24
  /// So many words are looked for at once: more would take long.
  static let mostWords = 1_000

  static func add(_ words: Set<Substring>, _ tokens: SearchTokens, in db: Database) throws {
    let words = words.filter { $0.unicodeScalars.count >= shortest }
    // Most are known. A word's longest beginning is there when all of them are.
    var known: [String: Substring] = [:]
    let pairs = words.map { word in
      let token = tokens.word(word)
      known[token] = word
      return [tokens.beginning(letters(word, longest)), token]
    }
    let new = try String.fetchAll(
      db.cachedStatement(
        sql: """
          SELECT value ->> 1 FROM json_each(?) AS pair WHERE NOT EXISTS (
            SELECT 1 FROM searchWord WHERE beginning = pair.value ->> 0 AND word = pair.value ->> 1)
          """), arguments: [json(pairs)])
    guard !new.isEmpty else { return }
    let rows = new.flatMap { token in
      guard let word = known[token] else { return [[String]]() }
      return (shortest...min(longest, word.unicodeScalars.count)).map { [tokens.beginning(letters(word, $0)), token] }
    }
    try db.change(
      sql: "INSERT OR IGNORE INTO searchWord (beginning, word) SELECT value ->> 0, value ->> 1 FROM json_each(?)",
      arguments: [json(rows)])
  }

  /// The words in the index that begin so, as they stand there.
  /// - Throws: ``SearchProblem/tooManyWords``.
  static func words(_ beginning: String, _ tokens: SearchTokens, in db: Database) throws -> [String] {
    let words = try String.fetchAll(
      db.cachedStatement(sql: "SELECT word FROM searchWord WHERE beginning = ? ORDER BY word LIMIT ?"),
      arguments: [tokens.beginning(beginning), mostWords + 1])
    guard words.count <= mostWords else { throw SearchProblem.tooManyWords }
    return words
  }

  private static func letters(_ word: Substring, _ count: Int) -> String {
    String(String.UnicodeScalarView(word.unicodeScalars.prefix(count)))
  }

  /// Tokens are small letters and digits, so that nothing in them has to be escaped.
  private static func json(_ pairs: [[String]]) -> String {
    "[" + pairs.map { "[\"\($0[0])\",\"\($0[1])\"]" }.joined(separator: ",") + "]"
  }
}
