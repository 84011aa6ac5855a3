import ArgumentParser
import Foundation

/// A date given on the command line: `2022-06-01` (its noon, UTC) or `2022-06-01T12:00:00Z`.
struct Moment: ExpressibleByArgument {
  let date: Date

  init?(argument: String) {
    if let date = try? Date(argument, strategy: .iso8601) {
      self.date = date
    } else if let day = try? Date(argument, strategy: .iso8601.year().month().day()) {
      date = day.addingTimeInterval(12 * 3600)
    } else {
      return nil
    }
  }
}
