package import Foundation

/// Swedish working days (helgfria vardagar).
///
/// Free are Saturdays and Sundays, the public holidays of lagen (1989:253) om allmänna helgdagar, and the eves that
/// lagen (1930:173) om beräkning av lagstadgad tid puts beside them: Midsummer's, Christmas and New Year's Eve.
enum WorkingDays {
  static func contains(_ day: Day) -> Bool {
    !day.isWeekend && !isHoliday(day)
  }

  /// The last working day before the day.
  static func last(before day: Day) -> Day {
    var number = day.number - 1
    while !contains(Day(number: number)) { number -= 1 }
    return Day(number: number)
  }

  /// The first working day after the day.
  static func first(after day: Day) -> Day {
    var number = day.number + 1
    while !contains(Day(number: number)) { number += 1 }
    return Day(number: number)
  }

  private static func isHoliday(_ day: Day) -> Bool {
    switch (day.month, day.day) {
    // New Year's Day, Epiphany, Labour Day, National Day, Christmas Eve to Boxing Day, New Year's Eve.
    case (1, 1), (1, 6), (5, 1), (6, 6), (12, 24), (12, 25), (12, 26), (12, 31): return true
    // Midsummer's Eve is a Friday, Midsummer's Day and All Saints' Day are Saturdays.
    case (6, 19...25) where day.weekday == 5: return true
    default: break
    }
    // Good Friday, Easter Monday and Ascension Day; Easter and Whit Sunday are Sundays anyway.
    return [-2, 1, 39].contains(day.number - easter(day.year))
  }

  /// The number of Easter Sunday's day, by the Gregorian reckoning (Meeus, Jones and Butcher).
  static func easter(_ year: Int) -> Int {
    let (golden, century, rest) = (year % 19, year / 100, year % 100)
    let epact =
      (19 * golden + century - century / 4 - (century - (century + 8) / 25 + 1) / 3 + 15) % 30
    let weekday = (32 + 2 * (century % 4) + 2 * (rest / 4) - epact - rest % 4) % 7
    let correction = (golden + 11 * epact + 22 * weekday) / 451
    let sum = epact + weekday - 7 * correction + 114
    return Day.number(year, sum / 31, sum % 31 + 1)
  }
}

// Days as numbers, and as counts of calendar time.
extension Day {
  /// Days since 1970-01-01.
  var number: Int { Self.number(year, month, day) }

  init(number: Int) {
    // Noon in Greenwich is the same day in Sweden.
    self.init(containing: Date(timeIntervalSince1970: Double(number) * 86_400 + 43_200))
  }

  /// 1 for Monday to 7 for Sunday.
  var weekday: Int { (number % 7 + 7 + 3) % 7 + 1 }

  var isWeekend: Bool { weekday > 5 }

  /// When the day begins in Sweden.
  package var start: Date {
    Self.calendar.startOfDay(for: Date(timeIntervalSince1970: Double(number) * 86_400 + 43_200))
  }

  /// So many months later, on the same day of the month or on the month's last.
  func adding(months: Int) -> Day {
    let count = year * 12 + month - 1 + months
    let (year, month) = (count / 12, count % 12 + 1)
    let next = Self.number(month == 12 ? year + 1 : year, month == 12 ? 1 : month + 1, 1)
    return Day(number: min(Self.number(year, month, day), next - 1))
  }

  /// The number of a date of the Gregorian calendar, counted in years that begin in March.
  static func number(_ year: Int, _ month: Int, _ day: Int) -> Int {
    let shifted = month > 2 ? year : year - 1
    let months = (month + 9) % 12
    let days = 365 * shifted + shifted / 4 - shifted / 100 + shifted / 400 + (153 * months + 2) / 5 + day - 1
    return days - 719_468
  }
}
