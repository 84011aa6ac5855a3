/// Why a text is no identity number. The words never hold any of the text.
public enum IdentityProblem: String, Error, Hashable, Sendable, CaseIterable, CustomStringConvertible {
  case empty, length, character, foreignDigit, separator, date, future, serial, checkDigit, testNumber

  public var description: String {
    switch self {
    case .empty: "there is nothing"
    case .length: "it has neither ten nor twelve characters, separators not counted"
    case .character: "a character in it belongs to no identity number"
    case .foreignDigit: "a digit in it is not one of 0 to 9 but only looks like one"
    case .separator: "a separator stands where none belongs"
    case .date: "its date is not in the calendar"
    case .future: "its date has not come yet"
    case .serial: "000 is nobody's number of birth"
    case .checkDigit: "the check digit is wrong"
    case .testNumber: "it is a published test number, which a node in production refuses"
    }
  }
}
