import Foundation

/// What somebody typed, as plain words: nothing in it is syntax. Every word has to be there; what belongs together
/// without a space, such as a diarienummer, has to stand so; the last word, of three letters or more, may be the beginning
/// of one. What begins with fewer would be half of the index.
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
  func expression(in places: [Int64]) -> String? {
    guard !phrases.isEmpty, !places.isEmpty else { return nil }
    let words = phrases.enumerated().map { index, phrase in
      let isBeginning = index == phrases.count - 1 && (phrase.split(separator: " ").last?.count ?? 0) >= 3
      return "\"\(phrase)\"" + (isBeginning ? " *" : "")
    }
    let within = places.map { "\"\(SearchPlaces.word($0))\"" }
    return """
      (place : (\(within.joined(separator: " OR ")))) AND \
      ({\(SearchIndex.columns.joined(separator: " "))} : (\(words.joined(separator: " AND "))))
      """
  }
}

/// The text of a message as it is indexed and asked for.
enum SearchText {
  /// Letters and digits in composed form; everything else is a space.
  static func plain(_ text: some StringProtocol) -> String {
    var result = String.UnicodeScalarView()
    for scalar in String(text).precomposedStringWithCanonicalMapping.unicodeScalars {
      result.append(isWord(scalar) ? scalar : " ")
    }
    return String(result)
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
