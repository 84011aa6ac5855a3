/// The lexical form of `xs:dateTime` (XML Schema Part 2 §3.2.7).
enum XMLDateTime {
  static func isValid(_ text: String, needsZone: Bool = false) -> Bool {
    let form = /-?([1-9]\d{3,}|0\d{3})-(\d\d)-(\d\d)T(\d\d):(\d\d):(\d\d)(\.\d+)?(Z|[+-]\d\d:\d\d)?/
    guard let match = text.wholeMatch(of: form), let month = Int(match.2), let day = Int(match.3),
      let hour = Int(match.4), let minute = Int(match.5), let second = Int(match.6), match.1 != "0000"
    else { return false }
    if needsZone && match.8 == nil { return false }
    if let zone = match.8, zone != "Z" {
      let parts = zone.dropFirst().split(separator: ":").compactMap { Int($0) }
      guard parts.count == 2, parts[1] < 60, parts[0] * 60 + parts[1] <= 14 * 60 else { return false }
    }
    // Midnight at the end of a day may be written as 24:00:00.
    let isEndOfDay = hour == 24 && minute == 0 && second == 0 && (match.7 ?? "").allSatisfy { $0 == "." || $0 == "0" }
    guard (1...12).contains(month), hour < 24 || isEndOfDay, minute < 60, second < 60 else { return false }
    // Years beyond the calendar's range keep their place in the cycle of 400 years.
    guard let year = Int(match.1.suffix(4)) else { return false }
    let isLeap = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0)
    let days = [31, isLeap ? 29 : 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31]
    return (1...days[month - 1]).contains(day)
  }
}
