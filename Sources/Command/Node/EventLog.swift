import Foundation
import Logging
import SDKRelay

/// Writes events to standard error, one a line, with ids and codes. As text: time in UTC, level, words, then
/// `name=value`. As JSON: an object with `time`, `level`, `text` and the ids and codes under their names.
struct EventLog: LogHandler {
  var logLevel: Logger.Level = .info
  var metadata: Logger.Metadata = [:]
  var format = NodeSettings.LogFormat.text

  subscript(metadataKey key: String) -> Logger.Metadata.Value? {
    get { metadata[key] }
    set { metadata[key] = newValue }
  }

  func log(event: LogEvent) {
    let all = metadata.merging(event.metadata ?? [:]) { _, new in new }.sorted { $0.key < $1.key }
    let fields = all.map { (name: $0.key, value: "\($0.value)") }
    let time = Date.now.formatted(Self.time)
    let line =
      switch format {
      case .text: Self.text(time, event.level.rawValue, "\(event.message)", fields)
      case .json: Self.json(time, event.level.rawValue, "\(event.message)", fields)
      }
    Output.complain(line, prefix: "")
  }

  static func text(
    _ time: String, _ level: String, _ message: String, _ fields: [(name: String, value: String)]
  ) -> String {
    "\(time) \(level) \(printable(message))" + fields.map { " \($0.name)=\(value($0.value))" }.joined()
  }

  /// The words stand under `text`: `message` is a message's id, as everywhere else.
  static func json(
    _ time: String, _ level: String, _ message: String, _ fields: [(name: String, value: String)]
  ) -> String {
    let own = [("time", time), ("level", level), ("text", message)]
    let taken = Set(own.map(\.0))
    let more = fields.map { (taken.contains($0.name) ? "\($0.name)Value" : $0.name, $0.value) }
    return "{" + (own + more).map { "\(quoted($0.0)):\(quoted($0.1))" }.joined(separator: ",") + "}"
  }

  /// A JSON string in which no control character, and none that reorders a line, stands for itself (threats.md W10).
  private static func quoted(_ text: String) -> String {
    text.unicodeScalars.reduce(into: "\"") { quoted, scalar in
      switch scalar {
      case "\"", "\\": quoted += "\\\(scalar)"
      case _ where scalar.isHarmful || scalar == "\u{2028}" || scalar == "\u{2029}":
        let digits = String(scalar.value, radix: 16)
        quoted += "\\u" + String(repeating: "0", count: 4 - digits.count) + digits
      default: quoted.unicodeScalars.append(scalar)
      }
    } + "\""
  }

  /// Values with spaces or quotes stand in quotes, so that a line can be taken apart again.
  private static func value(_ text: String) -> String {
    let safe = printable(text)
    guard safe.contains(where: { $0 == " " || $0 == "\"" || $0 == "=" }) else { return safe }
    return "\"\(safe.replacing("\\", with: "\\\\").replacing("\"", with: "\\\""))\""
  }

  private static let time = Date.ISO8601FormatStyle(includingFractionalSeconds: true)
}
