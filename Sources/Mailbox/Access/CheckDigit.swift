/// The check digit that identity numbers and organisation numbers share (Luhn, weights 2 and 1), over the last ten
/// characters; a letter counts as 1.
package enum CheckDigit {
  package static func holds(_ ten: some Collection<UInt8>) -> Bool {
    let sum = ten.enumerated().reduce(0) { sum, next in
      let digit =
        (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(next.element) ? Int(next.element - UInt8(ascii: "0")) : 1
      let weighed = next.offset.isMultiple(of: 2) ? digit * 2 : digit
      return sum + (weighed > 9 ? weighed - 9 : weighed)
    }
    return ten.count == 10 && sum.isMultiple(of: 10)
  }
}

/// The Gregorian calendar, without time zones: millions of rows are judged by it.
package enum BirthCalendar {
  package static func has(year: Int, month: Int, day: Int) -> Bool {
    (1...12).contains(month) && day >= 1 && day <= length(of: month, in: year)
  }

  private static func length(of month: Int, in year: Int) -> Int {
    switch month {
    case 2: year.isMultiple(of: 4) && (!year.isMultiple(of: 100) || year.isMultiple(of: 400)) ? 29 : 28
    case 4, 6, 9, 11: 30
    default: 31
    }
  }
}
