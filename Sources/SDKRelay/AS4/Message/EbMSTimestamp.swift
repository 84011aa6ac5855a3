import Foundation

/// `eb:Timestamp`: an xs:dateTime. Written in UTC with milliseconds; read with `Z`, an offset, or neither (then UTC, as
/// ebMS demands).
enum EbMSTimestamp {
  static func text(_ date: Date) -> String {
    let milliseconds = Int64((date.timeIntervalSince1970 * 1000).rounded())
    let (days, inDay) = milliseconds.floorDivided(by: 86_400_000)
    let (year, month, day) = civil(days)
    let pad = { (value: Int64, width: Int) in
      let digits = String(value)
      return String(repeating: "0", count: max(0, width - digits.count)) + digits
    }
    let clock = [inDay / 3_600_000, inDay / 60_000 % 60, inDay / 1000 % 60].map { pad($0, 2) }.joined(separator: ":")
    return "\(pad(year, 4))-\(pad(month, 2))-\(pad(day, 2))T\(clock).\(pad(inDay % 1000, 3))Z"
  }

  /// Read by hand: a regular expression costs as much as all the rest of the header.
  static func date(_ text: String) -> Date? {
    var rest = Array(text.utf8)[...]
    guard let year = number(4, &rest), take("-", &rest), let month = number(2, &rest), take("-", &rest),
      let day = number(2, &rest), take("T", &rest), let hour = number(2, &rest), take(":", &rest),
      let minute = number(2, &rest), take(":", &rest), let second = number(2, &rest),
      let fraction = fraction(&rest), let offset = offsetSeconds(&rest), rest.isEmpty
    else { return nil }
    let days = daysSince1970(year, month, day)
    guard civil(days) == (year, month, day), hour < 24, minute < 60, second < 60 else { return nil }
    let seconds = days * 86_400 + hour * 3_600 + minute * 60 + second - offset
    return Date(timeIntervalSince1970: Double(seconds) + fraction)
  }

  private static func take(_ character: Unicode.Scalar, _ rest: inout ArraySlice<UInt8>) -> Bool {
    guard rest.first.map({ UInt32($0) == character.value }) == true else { return false }
    rest.removeFirst()
    return true
  }

  private static func number(_ digits: Int, _ rest: inout ArraySlice<UInt8>) -> Int64? {
    let taken = rest.prefix(digits)
    guard taken.count == digits, taken.allSatisfy({ (0x30...0x39).contains($0) }) else { return nil }
    rest = rest.dropFirst(digits)
    return taken.reduce(0) { $0 * 10 + Int64($1 - 0x30) }
  }

  /// Up to twelve digits behind a full stop, or none.
  private static func fraction(_ rest: inout ArraySlice<UInt8>) -> Double? {
    guard take(".", &rest) else { return 0 }
    let count = rest.prefix { (0x30...0x39).contains($0) }.count
    guard (1...12).contains(count), let value = number(count, &rest) else { return nil }
    return (0..<count).reduce(Double(value)) { value, _ in value / 10 }
  }

  /// `Z`, an offset of at most 14 hours, or nothing.
  private static func offsetSeconds(_ rest: inout ArraySlice<UInt8>) -> Int64? {
    if rest.isEmpty || take("Z", &rest) { return 0 }
    let sign: Int64 = take("-", &rest) ? -1 : 1
    guard sign < 0 || take("+", &rest), let hours = number(2, &rest), take(":", &rest),
      let minutes = number(2, &rest), hours <= 14, minutes < 60
    else { return nil }
    return sign * (hours * 3_600 + minutes * 60)
  }

  /// Days from the civil calendar's epoch, by eras of 400 years that begin in March.
  private static func daysSince1970(_ year: Int64, _ month: Int64, _ day: Int64) -> Int64 {
    let shifted = month <= 2 ? year - 1 : year
    let (era, yearOfEra) = shifted.floorDivided(by: 400)
    let dayOfYear = (153 * (month + (month > 2 ? -3 : 9)) + 2) / 5 + day - 1
    return era * 146_097 + yearOfEra * 365 + yearOfEra / 4 - yearOfEra / 100 + dayOfYear - 719_468
  }

  private static func civil(_ days: Int64) -> (Int64, Int64, Int64) {
    let (era, dayOfEra) = (days + 719_468).floorDivided(by: 146_097)
    let yearOfEra = (dayOfEra - dayOfEra / 1_460 + dayOfEra / 36_524 - dayOfEra / 146_096) / 365
    let dayOfYear = dayOfEra - (365 * yearOfEra + yearOfEra / 4 - yearOfEra / 100)
    let shifted = (5 * dayOfYear + 2) / 153
    let month = shifted < 10 ? shifted + 3 : shifted - 9
    let year = yearOfEra + era * 400 + (month <= 2 ? 1 : 0)
    return (year, month, dayOfYear - (153 * shifted + 2) / 5 + 1)
  }
}

extension Int64 {
  fileprivate func floorDivided(by divisor: Int64) -> (Int64, Int64) {
    let (quotient, remainder) = quotientAndRemainder(dividingBy: divisor)
    return remainder < 0 ? (quotient - 1, remainder + divisor) : (quotient, remainder)
  }
}
