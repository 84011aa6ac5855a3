/// The characters of a number as somebody wrote it, without what people put between them.
///
/// Understood: spaces, also those that do not break; `-` and the dashes that word processors make of it; `+`. Digits are
/// the ten of ASCII: others look the same and compare otherwise.
struct WrittenNumber {
  enum Separator { case none, minus, plus }

  /// ASCII digits and capital letters.
  private(set) var characters: [UInt8] = []
  private(set) var separator = Separator.none
  private var separatorPlaces: [Int] = []
  /// Longer texts are refused before anything else is done with them.
  private static let longest = 40

  init(_ text: String) throws(IdentityProblem) {
    guard text.utf8.count <= Self.longest * 3 else { throw .length }
    for scalar in text.unicodeScalars { try take(scalar) }
    guard !characters.isEmpty else { throw separatorPlaces.isEmpty ? .empty : .separator }
    guard characters.count == 10 || characters.count == 12 else { throw .length }
    try judgeSeparators()
  }

  var isAllDigits: Bool { characters.allSatisfy(Self.isDigit) }

  private mutating func take(_ scalar: Unicode.Scalar) throws(IdentityProblem) {
    switch scalar {
    case "0"..."9", "A"..."Z": characters.append(UInt8(scalar.value))
    case "a"..."z": characters.append(UInt8(scalar.value) - 32)
    case " ", "\u{A0}", "\u{2007}", "\u{2009}", "\u{202F}": break
    case "-", "\u{2010}"..."\u{2013}", "\u{2212}": note(.minus)
    case "+": note(.plus)
    default: throw scalar.properties.numericType == nil ? .character : .foreignDigit
    }
  }

  private mutating func note(_ sign: Separator) {
    separatorPlaces.append(characters.count)
    separator = sign
  }

  /// Before the last four; or as in a date, `1912-12-12-1212`; or after the prefix of an organisation, `16-299999-9994`.
  private func judgeSeparators() throws(IdentityProblem) {
    let last = characters.count - 4
    let allowed = characters.count == 10 ? [[], [6]] : [[], [8], [4, 6], [4, 6, 8], [2, 8]]
    guard allowed.contains(separatorPlaces) else { throw .separator }
    if separator == .plus, separatorPlaces != [last] { throw .separator }
    if separatorPlaces == [2, 8], Array(characters.prefix(2)) != Array("16".utf8) { throw .separator }
  }

  static func isDigit(_ byte: UInt8) -> Bool { (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte) }
}
