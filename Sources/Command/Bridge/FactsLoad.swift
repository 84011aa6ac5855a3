import ArgumentParser
import Foundation
import SDKRelay
import StructuredBridge

struct FactsCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "facts", abstract: "What the structured exchange says, as another client of it has seen it.",
    subcommands: [FactsLoad.self])
}

struct FactsLoad: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "load",
    abstract: "Take facts from JSON lines into the register of cases.",
    discussion: """
      A fact a line, in UTF-8; docs/bridge.md describes them. Lines that are none are told by number and reason, never \
      by what stands there, and so are facts that the register refuses; the others are taken. Loading the same file \
      again changes nothing. Exit code 1 where any line was refused.

      Examples:
        sdkrelay facts load facts.jsonl --config node.yaml --dry-run
        generate | sdkrelay facts load - --config node.yaml --json
      """)

  @Argument(help: "The file, or - for standard input.")
  var file: String
  @Flag(help: "Look at every line, and take nothing.")
  var dryRun = false
  @OptionGroup var configurationFile: ConfigurationFile
  @OptionGroup var output: Output

  private struct Refusal: Encodable {
    let line: Int
    let place: String
    let reason: String
  }

  /// What `--json` prints: exactly these fields.
  private struct Report: Encodable {
    /// Well-formed facts.
    var facts = 0
    var taken = 0
    var known = 0
    var refused = 0
    /// The first thousand of what was refused.
    var refusals: [Refusal] = []

    mutating func refuse(_ line: Int, _ place: String, _ reason: String) {
      refused += 1
      if refusals.count < 1_000 { refusals.append(Refusal(line: line, place: place, reason: reason)) }
    }
  }

  private static let batch = 200

  func run() async throws {
    let feed = dryRun ? nil : FactFeed(try configurationFile.bridge())
    if dryRun { _ = try configurationFile.settings() }
    let handle = try open()
    var (report, waiting): (Report, [(Int, StructuredFact)]) = (Report(), [])
    var lines = FactLines(at: .now)
    var isOver = false
    while !isOver {
      let piece = try handle.read(upToCount: 65_536) ?? Data()
      isOver = piece.isEmpty
      for line in lines.take(piece) + (isOver ? [lines.finish()].compactMap(\.self) : []) {
        Self.note(line, &report, &waiting)
        if waiting.count >= Self.batch { try await take(&waiting, feed, &report) }
      }
    }
    try await take(&waiting, feed, &report)
    let whole = report
    try output.result(whole) { Self.text(whole, dryRun: dryRun) }
    guard report.refused == 0 else { throw CommandProblem.refused("\(report.refused) lines were refused") }
  }

  private func open() throws -> FileHandle {
    if file == "-" { return .standardInput }
    _ = try NamedFile.size(file)
    return try FileHandle(forReadingFrom: URL(filePath: file))
  }

  private static func note(
    _ line: FactLines.Line, _ report: inout Report, _ waiting: inout [(Int, StructuredFact)]
  ) {
    switch line {
    case .fact(let number, let fact):
      report.facts += 1
      waiting.append((number, fact))
    case .problem(let problem): report.refuse(problem.line, problem.problem.place, problem.problem.reason)
    }
  }

  private func take(
    _ waiting: inout [(Int, StructuredFact)], _ feed: FactFeed?, _ report: inout Report
  ) async throws {
    defer { waiting = [] }
    guard let feed, !waiting.isEmpty else { return }
    let items = try await feed.take(waiting.map(\.1), by: commandOperator())
    for (line, item) in zip(waiting.map(\.0), items) {
      switch item.result {
      case .taken: report.taken += 1
      case .known: report.known += 1
      case .refused: report.refuse(line, "", item.problem?.description ?? "")
      }
    }
  }

  private static func text(_ report: Report, dryRun: Bool) -> String {
    let lines = report.refusals.map { refusal in
      "line \(refusal.line)  \(refusal.place.isEmpty ? "" : "\(printable(refusal.place)): ")\(refusal.reason)"
    }
    let sum =
      dryRun
      ? "\(report.facts) facts, nothing taken; \(report.refused) refused"
      : "\(report.taken) taken, \(report.known) known before; \(report.refused) refused"
    return (lines + [sum]).joined(separator: "\n")
  }
}
