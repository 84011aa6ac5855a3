/// Finds what looks like a person's identity number in free text: personnummer, samordningsnummer, interim and reserve
/// numbers, with or without century and separator. It rather finds one too many: nothing is lost but a number.
enum IdentityNumbers {
  static func areIn(_ text: String) -> Bool {
    text.firstMatch(of: pattern) != nil
  }

  /// The text with each of them replaced.
  static func masked(in text: String) -> String {
    text.replacing(pattern, with: "[number]")
  }

  /// `YYMMDD` or `YYYYMMDD`, perhaps a separator, and four characters of which the last two are digits.
  private static var pattern: Regex<(Substring, Substring, Substring)> {
    /(\d{8}|\d{6})[-+ ‐‑–−]?(\d{4}|[A-Za-z]\d{3}|[A-Za-z]{2}\d{2})/
  }
}
