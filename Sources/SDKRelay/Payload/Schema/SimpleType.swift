import XMLSecurity

/// The simple types of XML Schema 1.0 Part 2 that the schemas use, by their lexical forms.
enum SimpleType: Hashable, Sendable {
  case string
  /// A string of at most so many characters (`maxLength`).
  case limitedString(Int)
  case normalizedString, boolean, dateTime, date, time

  /// What is wrong with a text, in the words of XML Schema's validation rules and without the text; nil when it is
  /// valid.
  func problem(with text: String) -> String? {
    switch self {
    case .string, .normalizedString: return nil
    case .limitedString(let limit):
      let length = text.unicodeScalars.count
      guard length > limit else { return nil }
      return
        "cvc-maxLength-valid: Value '…' with length = '\(length)' is not facet-valid "
        + "with respect to maxLength '\(limit)'."
    case .boolean: return Self.boolean(text) == nil ? Self.invalid("boolean") : nil
    case .dateTime:
      return Self.isValid(text) { $0.date() && $0.take("T") && $0.time() } ? nil : Self.invalid("dateTime")
    case .date: return Self.isValid(text) { $0.date() } ? nil : Self.invalid("date")
    case .time: return Self.isValid(text) { $0.time() } ? nil : Self.invalid("time")
    }
  }

  /// The value of an `xs:boolean`.
  static func boolean(_ text: String) -> Bool? {
    switch text.trimmingXMLSpace {
    case "true", "1": true
    case "false", "0": false
    default: nil
    }
  }

  private static func invalid(_ type: String) -> String {
    "cvc-datatype-valid.1.2.1: '…' is not a valid value for '\(type)'."
  }

  private static func isValid(_ text: String, _ form: (inout DateTimeScanner) -> Bool) -> Bool {
    var scanner = DateTimeScanner(text.trimmingXMLSpace)
    return form(&scanner) && scanner.zone() && scanner.isAtEnd
  }
}

/// Reads the parts of XML Schema's date and time forms (Part 2 §3.2.7 to §3.2.9).
struct DateTimeScanner {
  private var rest: ArraySlice<UInt8>
  private(set) var year = 0
  private(set) var month = 0
  private(set) var day = 0
  private(set) var hour = 0
  private(set) var minute = 0
  private(set) var second = 0
  /// The digits after the decimal point of the second.
  private(set) var fraction: [UInt8] = []
  /// The offset from UTC in minutes; nil when none is given.
  private(set) var offset: Int?

  init(_ text: String) { rest = Array(text.utf8)[...] }

  var isAtEnd: Bool { rest.isEmpty }

  mutating func take(_ character: Unicode.Scalar) -> Bool {
    guard rest.first == UInt8(ascii: character) else { return false }
    rest.removeFirst()
    return true
  }

  /// A year of four or more digits without needless zeros, a month and a day of it.
  mutating func date() -> Bool {
    let isNegative = take("-")
    let digits = takeDigits()
    guard (4...18).contains(digits.count), digits.count == 4 || digits.first != UInt8(ascii: "0") else { return false }
    year = Self.number(digits) * (isNegative ? -1 : 1)
    guard year != 0, take("-"), let month = twoDigits(1...12), take("-"), let day = twoDigits(1...31) else {
      return false
    }
    self.month = month
    self.day = day
    return day <= Self.days(in: month, of: year)
  }

  mutating func time() -> Bool {
    guard let hour = twoDigits(0...24), take(":"), let minute = twoDigits(0...59), take(":"),
      let second = twoDigits(0...59)
    else { return false }
    self.hour = hour
    self.minute = minute
    self.second = second
    if take(".") {
      fraction = takeDigits()
      guard !fraction.isEmpty else { return false }
    }
    // 24:00:00 is the end of the day.
    return hour < 24 || (minute == 0 && second == 0 && fraction.allSatisfy { $0 == UInt8(ascii: "0") })
  }

  /// A zone of at most fourteen hours, or none.
  mutating func zone() -> Bool {
    if take("Z") { offset = 0 }
    guard offset == nil, !isAtEnd else { return true }
    let isWest = take("-")
    guard isWest || take("+"), let hours = twoDigits(0...14), take(":"), let minutes = twoDigits(0...59) else {
      return false
    }
    offset = (hours * 60 + minutes) * (isWest ? -1 : 1)
    return hours < 14 || minutes == 0
  }

  private mutating func twoDigits(_ range: ClosedRange<Int>) -> Int? {
    guard rest.count >= 2, rest.prefix(2).allSatisfy(Self.isDigit) else { return nil }
    let value = Self.number(Array(rest.prefix(2)))
    rest.removeFirst(2)
    return range.contains(value) ? value : nil
  }

  private mutating func takeDigits() -> [UInt8] {
    let digits = Array(rest.prefix(while: Self.isDigit))
    rest.removeFirst(digits.count)
    return digits
  }

  private static func isDigit(_ byte: UInt8) -> Bool { (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte) }

  private static func number(_ digits: [UInt8]) -> Int {
    digits.reduce(0) { $0 * 10 + Int($1 - UInt8(ascii: "0")) }
  }

  private static func days(in month: Int, of year: Int) -> Int {
    switch month {
    case 2: year % 4 == 0 && (year % 100 != 0 || year % 400 == 0) ? 29 : 28
    case 4, 6, 9, 11: 30
    default: 31
    }
  }
}
