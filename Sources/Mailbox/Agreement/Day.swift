public import Foundation

/// A day in Sweden, as agreements name it: `2026-03-01`. It begins and ends at midnight there.
public struct Day: Hashable, Comparable, Sendable, Encodable, CustomStringConvertible {
  public let year: Int
  public let month: Int
  public let day: Int

  /// Nil where the text is no day of the calendar in the form `2026-03-01`.
  public init?(_ text: String) {
    let parts = text.utf8.split(separator: UInt8(ascii: "-"), omittingEmptySubsequences: false)
    guard parts.map(\.count) == [4, 2, 2], parts.joined().allSatisfy(Self.digits.contains) else { return nil }
    let numbers = parts.compactMap { Int(String(decoding: $0, as: UTF8.self)) }
    let components = DateComponents(
      timeZone: Self.calendar.timeZone, year: numbers[0], month: numbers[1], day: numbers[2], hour: 12)
    guard let noon = Self.calendar.date(from: components) else { return nil }
    self.init(containing: noon)
    // The calendar reads 31 February as a day in March.
    guard [year, month, day] == numbers else { return nil }
  }

  /// The day it is in Sweden at that time.
  public init(containing date: Date) {
    let components = Self.calendar.dateComponents([.year, .month, .day], from: date)
    year = components.year ?? 0
    month = components.month ?? 0
    day = components.day ?? 0
  }

  public var description: String { "\(Self.padded(year, 4))-\(Self.padded(month, 2))-\(Self.padded(day, 2))" }

  public static func < (left: Self, right: Self) -> Bool {
    (left.year, left.month, left.day) < (right.year, right.month, right.day)
  }

  public func encode(to encoder: any Encoder) throws {
    try description.encode(to: encoder)
  }

  private static func padded(_ number: Int, _ width: Int) -> String {
    let text = "\(number)"
    return String(repeating: "0", count: max(0, width - text.count)) + text
  }

  private static let digits = UInt8(ascii: "0")...UInt8(ascii: "9")

  /// Where the system has no time zones, Swedish winter time stands in.
  static let calendar: Calendar = {
    var calendar = Calendar(identifier: .gregorian)
    calendar.timeZone = TimeZone(identifier: "Europe/Stockholm") ?? TimeZone(secondsFromGMT: 3_600) ?? .gmt
    return calendar
  }()
}
