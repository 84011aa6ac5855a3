public import Foundation
import XMLSecurity

/// The one form of time in messages: UTC, `2022-10-13T18:10:39.843Z`.
public enum UTCTimestamp {
  /// The time with milliseconds.
  public static func text(_ date: Date) -> String {
    let milliseconds = Int((date.timeIntervalSince1970 * 1000).rounded())
    let (days, inDay) = milliseconds.quotientAndRemainder(dividingByFloored: 86_400_000)
    let (year, month, day) = civil(days)
    let time = [inDay / 3_600_000, inDay / 60_000 % 60, inDay / 1000 % 60].map { padded($0, 2) }.joined(separator: ":")
    return "\(padded(year, 4))-\(padded(month, 2))-\(padded(day, 2))T\(time).\(padded(inDay % 1000, 3))Z"
  }

  /// The time of an `xs:dateTime`, or of the pattern for messages; without zone it is taken as UTC. Nil for other
  /// texts.
  public static func date(_ text: String) -> Date? {
    var scanner = DateTimeScanner(text.trimmingXMLSpace)
    guard scanner.date(), scanner.take("T"), scanner.time(), scanner.zone(), scanner.isAtEnd else { return nil }
    return date(scanner)
  }

  static func date(_ scanner: DateTimeScanner) -> Date? {
    guard (1...9999).contains(scanner.year) else { return nil }
    let days = days(scanner.year, scanner.month, scanner.day)
    let seconds = days * 86_400 + scanner.hour * 3600 + (scanner.minute - (scanner.offset ?? 0)) * 60 + scanner.second
    let milliseconds = (scanner.fraction + [0x30, 0x30, 0x30]).prefix(3).reduce(0) { $0 * 10 + Int($1 - 0x30) }
    return Date(timeIntervalSince1970: Double(seconds) + Double(milliseconds) / 1000)
  }

  /// The Schematron pattern `^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}.\d{1,3}Z$`, its dot unescaped as published.
  static func matchesPattern(_ text: String) -> Bool {
    let characters = Array(text.unicodeScalars)
    let decimals = characters.count - form.count - 1
    guard (1...3).contains(decimals), characters.last == "Z" else { return false }
    for (character, expected) in zip(characters, form) {
      switch expected {
      case "d": guard isDigit(character) else { return false }
      case ".": guard character != "\n", character != "\r" else { return false }
      default: guard character == expected else { return false }
      }
    }
    return characters[form.count...].dropLast().allSatisfy(isDigit)
  }

  private static let form = Array("dddd-dd-ddTdd:dd:dd.".unicodeScalars)

  private static func isDigit(_ character: Unicode.Scalar) -> Bool { ("0"..."9").contains(character) }

  private static func padded(_ number: Int, _ width: Int) -> String {
    let digits = String(number)
    return String(repeating: "0", count: max(0, width - digits.count)) + digits
  }

  /// Days since 1970-01-01 of a date in the Gregorian calendar; years are counted from March.
  private static func days(_ year: Int, _ month: Int, _ day: Int) -> Int {
    let year = month <= 2 ? year - 1 : year
    let era = year / 400
    let ofEra = year % 400
    let ofYear = (153 * ((month + 9) % 12) + 2) / 5 + day - 1
    return era * 146_097 + ofEra * 365 + ofEra / 4 - ofEra / 100 + ofYear - 719_468
  }

  /// The reverse of ``days(_:_:_:)``.
  private static func civil(_ days: Int) -> (year: Int, month: Int, day: Int) {
    let (era, ofEra) = (days + 719_468).quotientAndRemainder(dividingByFloored: 146_097)
    let year = (ofEra - ofEra / 1460 + ofEra / 36_524 - ofEra / 146_096) / 365
    let ofYear = ofEra - (365 * year + year / 4 - year / 100)
    let shifted = (5 * ofYear + 2) / 153
    let month = shifted < 10 ? shifted + 3 : shifted - 9
    return (year + era * 400 + (month <= 2 ? 1 : 0), month, ofYear - (153 * shifted + 2) / 5 + 1)
  }
}

extension Int {
  fileprivate func quotientAndRemainder(dividingByFloored divisor: Int) -> (Int, Int) {
    let (quotient, remainder) = quotientAndRemainder(dividingBy: divisor)
    return remainder < 0 ? (quotient - 1, remainder + divisor) : (quotient, remainder)
  }
}
