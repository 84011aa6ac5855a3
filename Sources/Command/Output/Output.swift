import ArgumentParser
import Foundation
import SDKRelay
import Synchronization

/// Where results go: readable lines, or one JSON document with `--json`. Complaints and progress go to standard error,
/// so that a script's standard output holds nothing but results.
struct Output: ParsableArguments {
  @Flag(help: "Print JSON for scripts instead of text for people.")
  var json = false

  /// Prints a result in the form that was asked for.
  func result(_ value: some Encodable, text: () -> String) throws {
    if json {
      try Self.document(value)
    } else {
      try Self.line(text())
    }
  }

  /// Prints a line for people; nothing with `--json`.
  func note(_ text: String) throws {
    if !json { try Self.line(text) }
  }

  /// Prints a JSON document, whatever was asked for.
  static func document(_ value: some Encodable) throws {
    let encoder = JSONEncoder.stable(.prettyPrinted)
    encoder.dateEncodingStrategy = .iso8601
    hasDocument.withLock { $0 = true }
    try line(escaped(String(decoding: try encoder.encode(value), as: UTF8.self)))
  }

  /// What takes results in the place of standard output, where a task runs commands in its own process.
  @TaskLocal static var taken: (@Sendable (String) -> Void)?

  /// A line on standard output, which leaves at once: scripts read it while the command still runs.
  static func line(_ text: String) throws {
    if let taken { return taken(text) }
    var rest = Array("\(text)\n".utf8)[...]
    while !rest.isEmpty {
      let count = rest.withUnsafeBytes { write(STDOUT_FILENO, $0.baseAddress, $0.count) }
      if count < 0 && errno == EINTR { continue }
      // Whoever read it has seen enough, as `head` has.
      if count < 0 && errno == EPIPE { return }
      guard count >= 0 else {
        throw CommandProblem.couldNotRun("the result cannot be written: \(String(cString: strerror(errno)))")
      }
      rest = rest.dropFirst(count)
    }
  }

  /// One sentence on standard error; nobody can be told where that fails.
  static func complain(_ sentence: String, prefix: String = "sdkrelay: ") {
    progress("\(prefix)\(sentence)\n")
  }

  /// Text for whoever watches standard error.
  static func progress(_ text: String) {
    try? FileHandle.standardError.write(contentsOf: Data(text.utf8))
  }

  /// Why there is no result, for scripts: with `--json` a document of its own, unless the result has been printed, such
  /// as a check's report.
  static func fail(_ reason: String) {
    let isJSON = CommandLine.arguments.prefix { $0 != "--" }.contains("--json")
    guard isJSON, !hasDocument.withLock({ $0 }) else { return }
    try? document(Failure(error: reason))
  }

  private struct Failure: Encodable {
    let error: String
  }

  private static let hasDocument = Mutex(false)

  /// JSON leaves the characters above ASCII that move a terminal's cursor or reorder a line as they are.
  private static func escaped(_ json: String) -> String {
    json.unicodeScalars.reduce(into: "") { safe, scalar in
      guard scalar.value >= 0x7F, scalar.isHarmful else { return safe.unicodeScalars.append(scalar) }
      let digits = String(scalar.value, radix: 16)
      safe += "\\u" + String(repeating: "0", count: 4 - digits.count) + digits
    }
  }
}
