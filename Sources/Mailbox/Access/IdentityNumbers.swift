/// Finds a person's identity number in free text: personnummer, samordningsnummer, interim and reserve numbers, with or
/// without century and separator, also with the spaces and dashes that word processors put there.
package enum IdentityNumbers {
  /// Whether anything looks like one. It rather finds one too many.
  package static func areIn(_ text: String) -> Bool {
    text.firstMatch(of: alike) != nil
  }

  /// The text with whatever looks like one replaced: nothing is lost but a number.
  static func masked(in text: String) -> String {
    text.replacing(alike, with: "[number]")
  }

  /// Whether one is there by all that can be seen of it: a day that somebody may be born on and the right check digit. Order
  /// numbers, case numbers and ids seldom have both.
  package static func areCertainlyIn(_ text: String) -> Bool {
    text.matches(of: written).contains { isCertain($0.range, in: text) }
  }

  /// The text with each of those replaced.
  static func maskedWhereCertain(in text: String) -> String {
    text.replacing(written) { match in
      isCertain(match.range, in: text) ? "[number]" : String(text[match.range])
    }
  }

  /// Those that are certain, each once, without what separates their parts.
  package static func written(in text: String) -> Set<String> {
    Set(
      text.matches(of: written).filter { isCertain($0.range, in: text) }
        .map { String(text[$0.range].filter { $0.isNumber || $0.isLetter || $0 == "+" }) })
  }

  private static func isCertain(_ range: Range<String.Index>, in text: String) -> Bool {
    let before = range.lowerBound > text.startIndex ? text[text.index(before: range.lowerBound)] : " "
    let after = range.upperBound < text.endIndex ? text[range.upperBound] : " "
    guard !before.isNumber, !before.isLetter, !after.isNumber, !after.isLetter else { return false }
    let characters = text[range].compactMap { character -> UInt8? in
      if let digit = character.wholeNumberValue { return UInt8(ascii: "0") + UInt8(digit) }
      return character.isLetter ? character.asciiValue.map { $0 & 0xDF } : nil
    }
    guard characters.count == 10 || characters.count == 12 else { return false }
    let century = characters.count == 12 ? number(characters.prefix(2)) : 19
    guard (18...20).contains(century) else { return false }
    let ten = Array(characters.suffix(10))
    let (month, day) = (number(ten[2..<4]), number(ten[4..<6]))
    guard month <= 12, day <= 31 || (60...91).contains(day) else { return false }
    return ten[6...].starts(with: "TF".utf8) || CheckDigit.holds(ten)
  }

  private static func number(_ digits: some Sequence<UInt8>) -> Int {
    digits.reduce(0) { $0 * 10 + Int($1 - UInt8(ascii: "0")) }
  }

  /// `YYMMDD` or `YYYYMMDD`, also as `YYYY-MM-DD`, perhaps a separator, and four characters of which the last two are digits.
  private static var alike: Regex<Substring> {
    let regex =
      /(?:\d{8}|\d{6}|\d{4}-\d{2}-\d{2})[-+ \u{A0}\u{AD}\u{2007}\u{2009}\u{200B}\u{202F}\u{2060}\u{2010}-\u{2015}\u{2212}]{0,3}(?:\d{4}|[A-Za-z]\d{3}|[A-Za-z]{2}\d{2})/
    return regex
  }

  /// The same with a dash of any kind within the day.
  private static var written: Regex<Substring> {
    let regex =
      /(?:\d{8}|\d{6}|(?:\d{2}){1,2}[-\u{2010}-\u{2015}\u{2212}]\d{2}[-\u{2010}-\u{2015}\u{2212}]\d{2})[-+ \u{A0}\u{AD}\u{2007}\u{2009}\u{200B}\u{202F}\u{2060}\u{2010}-\u{2015}\u{2212}]{0,3}(?:\d{4}|[TRSUWXJKLMNtrsuwxjklmn]\d{3}|[Tt][Ff]\d{2})/
    return regex
  }
}
