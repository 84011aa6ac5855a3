import Foundation
import Logging
import Mailbox
import SDKRelay
import StructuredBridge
import Testbed

/// How fast a file of cases is taken into the register, of as many persons, printed as a table in Markdown.
enum LoadingFigures {
  static func printTable(_ rows: Int, in folder: URL) async throws {
    var options = TestFederation.Options()
    options.keySizes = .quick
    let federation = try TestFederation.create(in: folder.appending(path: "federation"), options: options)
    var settings = try NodeSettings(file: federation.nodeA.settings)
    settings.data = folder.appending(path: "data")
    let bridge = try Bridge.open(
      settings, BridgeSettings(federation: settings.federation),
      logger: Logger(label: "loading") { _ in SwiftLogNoOpLogHandler() })
    let file = folder.appending(path: "cases.csv")
    try write(rows, of: settings.participants[0].id, to: file)
    print(
      "## Loading \(rows) cases of \(rows) persons\n\n| run | rows taken | known | refused | seconds | rows a second |")
    print("|---|---|---|---|---|---|")
    for run in ["first", "the same file again"] {
      let start = ContinuousClock.now
      let summary = try await bridge.load(file.path, as: .csv, by: .operator("benchmark"))
      let time = (ContinuousClock.now - start) / .seconds(1)
      print(
        String(
          format: "| %@ | %d | %d | %d | %.1f | %.0f |", run, summary.taken, summary.known, summary.refused, time,
          Double(rows) / time))
      fflush(nil)
    }
  }

  private static func write(_ rows: Int, of tenant: ParticipantID, to file: URL) throws {
    var text = "organisation;counterparty;person;opened;ownCaseNumber;counterpartCaseNumber;events\n"
    for row in 0..<rows {
      let number = Self.number(row)
      text +=
        "\(tenant.value);0203:arbetsformedlingen.example.se;\(number);2026-03-01;KOM-2026/\(row);Af-2026/\(String(format: "%04d %04d", row / 10_000, row % 10_000));"
      text += "needOfEducation 2026-03-01 behov-\(row)\n"
    }
    try Data(text.utf8).write(to: file)
  }

  /// A well-formed number of somebody born 1940 to 2005.
  static func number(_ place: Int) -> String {
    let (year, month, day) = (1940 + place % 66, 1 + place / 66 % 12, 1 + place / 792 % 28)
    let nine = String(format: "%02d%02d%02d%03d", year % 100, month, day, 100 + place / 22_176 % 900)
    let sum = nine.enumerated().reduce(0) { sum, next in
      let weighed = (next.element.wholeNumberValue ?? 0) * (next.offset.isMultiple(of: 2) ? 2 : 1)
      return sum + weighed / 10 + weighed % 10
    }
    return "\(year / 100)\(nine)\((10 - sum % 10) % 10)"
  }
}
