import Foundation
import GRDB

/// What somebody typed, as plain words: nothing in it is syntax. Every word has to be there; what belongs together
/// without a space, such as a diarienummer, has to stand so; the last word, of 3 to 24 letters and
/// no digit, may be the beginning of one.
struct SearchWords: Hashable, Sendable {
  /// Each a word, or several that stand in a row, with one space between two.
  let phrases: [String]

  /// Reads at most the first 1,000 characters and 16 words.
  init(_ text: String) {
    var phrases: [String] = []
    for word in text.prefix(1_000).split(whereSeparator: \.isWhitespace) {
      let parts = SearchText.plain(word).split(separator: " ")
      if !parts.isEmpty { phrases.append(parts.joined(separator: " ")) }
    }
    self.phrases = Array(phrases.prefix(16))
  }

  /// The expression for FTS5; nil when nothing could be found by it.
  /// - Parameter places: the numbers of the ``SearchPlaces`` to look in.
  /// - Throws: ``SearchProblem``.
  func expression(in places: [Int64], _ tokens: SearchTokens, _ db: Database) throws -> String? {
    guard let last = phrases.last, !places.isEmpty else { return nil }
    let words = phrases.dropLast().map { "\"\(tokens.words($0))\"" } + [try Self.beginning(last, tokens, db)]
    let within = places.map { "\"\(SearchPlaces.word($0))\"" }
    return """
      (place : (\(within.joined(separator: " OR ")))) AND \
      ({\(SearchIndex.columns.joined(separator: " "))} : (\(words.joined(separator: " AND "))))
      """
  }

  /// The words that it may be the beginning of, itself among them.
  private static func beginning(_ phrase: String, _ tokens: SearchTokens, _ db: Database) throws -> String {
    let whole = tokens.words(phrase)
    guard phrase.count >= SearchBeginnings.shortest, SearchText.isLetters(phrase[...]) else { return "\"\(whole)\"" }
    let words = try SearchBeginnings.words(phrase, tokens, in: db)
    return "(" + Set(words + [whole]).sorted().map { "\"\($0)\"" }.joined(separator: " OR ") + ")"
  }
}

/// The text of a message as it is indexed and asked for.
enum SearchText {
  /// Small letters and digits in composed form; everything else is a space.
  static func plain(_ text: some StringProtocol) -> String {
    var result = String.UnicodeScalarView()
    for scalar in text.lowercased().precomposedStringWithCanonicalMapping.unicodeScalars {
      result.append(isWord(scalar) ? scalar : " ")
    }
    return String(result)
  }

  static func isLetters(_ word: Substring) -> Bool {
    word.unicodeScalars.allSatisfy { $0.properties.isAlphabetic && $0.properties.numericType == nil }
  }

  private static func isWord(_ scalar: Unicode.Scalar) -> Bool {
    switch scalar.value {
    case 0x30...0x39, 0x41...0x5A, 0x61...0x7A: true
    case ..<0x80: false
    default:
      switch scalar.properties.generalCategory {
      case .uppercaseLetter, .lowercaseLetter, .titlecaseLetter, .modifierLetter, .otherLetter, .decimalNumber,
        .letterNumber, .otherNumber:
        true
      default: false
      }
    }
  }
}
