import ArgumentParser
import Foundation
import Mailbox
import SDKRelay

struct AgreementDifference: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "diff", abstract: "Show what differs between two versions of an agreement.",
    discussion: """
      Prints by party, mailbox and route what has come (+), gone (-) or changed (~). Differences are no failure.

      Example: sdkrelay agreement diff agreements/komvux.1.yaml agreements/komvux.2.yaml
      """)

  @Argument(help: ArgumentHelp("The file of the older version.", valueName: "old"))
  var old: String
  @Argument(help: ArgumentHelp("The file of the newer version.", valueName: "new"))
  var new: String
  @OptionGroup var output: Output

  private struct Report: Encodable {
    let old: AgreementReference
    let new: AgreementReference
    let changes: [AgreementDiff.Change]
  }

  func run() throws {
    let difference = try AgreementDiff(from: read(old), to: read(new))
    let report = Report(old: difference.old, new: difference.new, changes: difference.changes)
    try output.result(report) { Self.text(difference) }
  }

  private func read(_ path: String) throws -> Agreement {
    try NamedFile.size(path)
    return try Agreement(file: URL(filePath: path))
  }

  private static func text(_ difference: AgreementDiff) -> String {
    var lines = [printable("\(difference.old) → \(difference.new)")]
    var place = ""
    for change in difference.changes {
      guard let key = change.key else {
        lines.append(printable("\(change.old == nil ? "+" : "-") \(change.place): \(change.new ?? change.old ?? "")"))
        continue
      }
      if change.place != place { lines.append(printable("~ \(change.place)")) }
      place = change.place
      let values = [change.old, change.new].map { $0 ?? "(none)" }.joined(separator: " → ")
      lines.append(printable("\(change.place.isEmpty ? "~ " : "    ")\(key): \(values)"))
    }
    if difference.changes.isEmpty { lines.append("no difference") }
    return lines.joined(separator: "\n")
  }
}
