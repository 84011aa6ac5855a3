import ArgumentParser
import Foundation
import StructuredBridge

/// How a file is written, as the command line names it.
struct ChosenFormat: ExpressibleByArgument {
  let format: LoadingFormat

  init?(argument: String) {
    guard let format = LoadingFormat(rawValue: argument) else { return nil }
    self.format = format
  }
}

struct CasesLoad: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "load", abstract: "Take a file of cases into the register (basladdning).",
    discussion: """
      CSV with a heading, or JSON: an array, or an object a line; docs/bridge.md has the columns. Interrupted, the same \
      command goes on where it was; a file that is loaded again gives nothing new. A dry run judges every row on a copy of \
      the register and stores nothing.

      Exit codes: 0 all rows taken or known, 1 some refused, 2 the file cannot be read, or interrupted. No report holds \
      what a cell held.

      Examples:
        sdkrelay cases load cases.csv --dry-run --report refused.csv --config node.yaml
        sdkrelay cases load cases.jsonl --format json --config node.yaml
      """)

  @Argument(help: "The file.")
  var file: String
  @OptionGroup var configurationFile: ConfigurationFile
  @Flag(help: "Judge every row, and store nothing.")
  var dryRun = false
  @Option(
    help: ArgumentHelp("Write each refused row there: CSV, or JSON lines for .json and .jsonl.", valueName: "file"))
  var report: String?
  @Option(help: "csv or json; by the file's name unless given.")
  var format: ChosenFormat?
  @OptionGroup var output: Output

  func run() async throws {
    let bridge = try configurationFile.bridge(creating: true)
    let report = try RefusalReport(report)
    let interruption = Interruption()
    let isStopped: @Sendable () -> Bool = { interruption.happened }
    let summary =
      dryRun
      ? try await bridge.tryLoading(
        file, as: chosen, by: commandOperator(), isStopped: isStopped, report: { try report.add($0) })
      : try await bridge.load(
        file, as: chosen, by: commandOperator(), isStopped: isStopped, report: { try report.add($0) })
    try report.finish()
    try output.result(summary) { text(summary, report) }
    if summary.refused > 0 { throw CommandProblem.refused("\(summary.refused) of \(summary.rows) rows are refused") }
  }

  private var chosen: LoadingFormat {
    if let format { return format.format }
    return ["json", "jsonl", "ndjson"].contains(URL(filePath: file).pathExtension.lowercased()) ? .json : .csv
  }

  private func text(_ summary: LoadingSummary, _ report: RefusalReport) -> String {
    var lines = [
      "\(summary.rows) rows: \(summary.taken) taken, \(summary.known) known, \(summary.refused) refused"
        + (summary.dryRun ? " (dry run, nothing is stored)" : "")
    ]
    if summary.resumedAfter > 0 { lines.append("went on after row \(summary.resumedAfter)") }
    if summary.fileChanged {
      lines.append("the file has changed since a loading of it was interrupted: it was loaded from its beginning")
    }
    return (lines + report.summary).joined(separator: "\n")
  }
}
