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

  static func date(_ text: String) -> Date? {
    let form = /(\d{4})-(\d\d)-(\d\d)T(\d\d):(\d\d):(\d\d)(\.\d{1,12})?(Z|[+-]\d\d:\d\d)?/
    guard let match = text.wholeMatch(of: form.asciiOnlyDigits()) else { return nil }
    let field = { (part: Substring) in Int64(part) ?? 0 }
    let (year, month, day) = (field(match.1), field(match.2), field(match.3))
    let (hour, minute, second) = (field(match.4), field(match.5), field(match.6))
    let days = daysSince1970(year, month, day)
    guard civil(days) == (year, month, day), hour < 24, minute < 60, second < 60 else { return nil }
    let fraction = match.7.flatMap { Double("0" + $0) } ?? 0
    guard let offset = offsetSeconds(match.8) else { return nil }
    let seconds = days * 86_400 + hour * 3_600 + minute * 60 + second - offset
    return Date(timeIntervalSince1970: Double(seconds) + fraction)
  }

  private static func offsetSeconds(_ zone: Substring?) -> Int64? {
    guard let zone, zone != "Z" else { return 0 }
    guard let hours = Int64(zone.dropFirst().prefix(2)), let minutes = Int64(zone.suffix(2)) else { return nil }
    guard hours <= 14, minutes < 60 else { return nil }
    return (hours * 3_600 + minutes * 60) * (zone.hasPrefix("-") ? -1 : 1)
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
