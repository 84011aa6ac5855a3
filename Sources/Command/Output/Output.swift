import ArgumentParser
import Foundation

/// Where results go: readable lines, or one JSON document with `--json`. Complaints and progress go to standard error,
/// so that a script's standard output holds nothing but results.
struct Output: ParsableArguments {
  @Flag(help: "Print JSON for scripts instead of text for people.")
  var json = false

  /// Prints a result in the form that was asked for.
  func result(_ value: some Encodable, text: () -> String) throws {
    if json {
      try document(value)
    } else {
      Self.line(text())
    }
  }

  /// Prints a JSON document, whatever was asked for.
  func document(_ value: some Encodable, compact: Bool = false) throws {
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
    if !compact { encoder.outputFormatting.insert(.prettyPrinted) }
    encoder.dateEncodingStrategy = .iso8601
    Self.line(String(decoding: try encoder.encode(value), as: UTF8.self))
  }

  /// Prints a line for people; nothing with `--json`.
  func note(_ text: String) {
    if !json { Self.line(text) }
  }

  /// A line on standard output, which leaves at once: scripts read it while the command still runs.
  static func line(_ text: String) {
    try? FileHandle.standardOutput.write(contentsOf: Data("\(text)\n".utf8))
  }

  /// One sentence on standard error.
  static func complain(_ sentence: String, prefix: String = "sdkrelay: ") {
    try? FileHandle.standardError.write(contentsOf: Data("\(prefix)\(sentence)\n".utf8))
  }
}
