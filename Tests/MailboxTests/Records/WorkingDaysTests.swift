import Foundation
import Testing

@testable import Mailbox

@Suite struct WorkingDaysTests {
  private func day(_ text: String) throws -> Day { try #require(Day(text)) }

  @Test(
    "public holidays, eves and weekends are no working days",
    arguments: [
      "2026-01-01", "2026-01-06", "2026-04-03", "2026-04-06", "2026-05-01", "2026-05-14", "2026-06-19", "2026-06-20",
      "2026-10-31", "2026-12-24", "2026-12-25", "2026-12-31", "2026-03-07", "2026-03-08",
      // Midsummer's Eve at both ends of its week, Easter at both ends of its months, National Day in a week.
      "2020-06-19", "2026-06-06", "2025-06-06", "2031-06-20", "2037-06-19", "2038-04-23", "2038-04-26", "2008-03-21",
      "2008-05-01", "2024-05-09",
    ])
  func free(_ text: String) throws { #expect(try !WorkingDays.contains(day(text))) }

  @Test(
    "the days beside them are working days",
    arguments: [
      "2026-01-02", "2026-01-05", "2026-04-02", "2026-04-07", "2026-04-30", "2026-05-15", "2026-06-18", "2026-06-22",
      "2026-10-30", "2026-12-23", "2026-12-30", "2026-05-25", "2027-06-21", "2024-02-29",
    ])
  func working(_ text: String) throws { #expect(try WorkingDays.contains(day(text))) }

  @Test(
    "Easter Sunday",
    arguments: [
      (1961, "1961-04-02"), (1981, "1981-04-19"), (2000, "2000-04-23"), (2008, "2008-03-23"), (2011, "2011-04-24"),
      (2019, "2019-04-21"), (2024, "2024-03-31"), (2025, "2025-04-20"), (2026, "2026-04-05"), (2038, "2038-04-25"),
      (2049, "2049-04-18"), (2076, "2076-04-19"), (2100, "2100-03-28"),
    ])
  func easter(_ year: Int, _ text: String) throws { #expect(try WorkingDays.easter(year) == day(text).number) }

  @Test("numbers, weekdays and months of days")
  func numbers() throws {
    #expect(try day("1970-01-01").number == 0)
    #expect(try day("2000-03-01").number == 11_017)
    for number in stride(from: -1_000, to: 60_000, by: 37) { #expect(Day(number: number).number == number) }
    #expect(try day("1970-01-01").weekday == 4)
    #expect(try day("2026-11-25").weekday == 3)
    #expect(try day("2026-01-31").adding(months: 1) == day("2026-02-28"))
    #expect(try day("2028-02-29").adding(months: 12) == day("2029-02-28"))
    #expect(try day("2026-12-15").adding(months: 1) == day("2027-01-15"))
    #expect(try day("2026-01-15").adding(months: -1) == day("2025-12-15"))
    #expect(try Day(containing: day("2026-03-29").start) == day("2026-03-29"), "the day that summer time begins")
    #expect(try day("2026-07-01").start == Date("2026-06-30T22:00:00Z", strategy: .iso8601))
  }

  @Test(
    "the working days before and after",
    arguments: [
      ("2026-04-07", "2026-04-02", "2026-04-08"), ("2026-03-09", "2026-03-06", "2026-03-10"),
      ("2026-12-24", "2026-12-23", "2026-12-28"), ("2026-06-20", "2026-06-18", "2026-06-22"),
    ])
  func neighbours(_ text: String, _ before: String, _ after: String) throws {
    #expect(try WorkingDays.last(before: day(text)) == day(before))
    #expect(try WorkingDays.first(after: day(text)) == day(after))
  }
}
