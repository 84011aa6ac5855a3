import Foundation
import Logging

/// Writes events to standard error, one a line: time in UTC, level, text, then ids and codes as `name=value`.
struct EventLog: LogHandler {
  var logLevel: Logger.Level = .info
  var metadata: Logger.Metadata = [:]

  subscript(metadataKey key: String) -> Logger.Metadata.Value? {
    get { metadata[key] }
    set { metadata[key] = newValue }
  }

  func log(event: LogEvent) {
    let all = metadata.merging(event.metadata ?? [:]) { _, new in new }
    let values = all.sorted { $0.key < $1.key }.map { " \($0.key)=\(Self.value("\($0.value)"))" }.joined()
    let time = Date.now.formatted(Self.time)
    Output.complain("\(time) \(event.level) \(printable("\(event.message)"))\(values)", prefix: "")
  }

  /// Values with spaces or quotes stand in quotes, so that a line can be taken apart again.
  private static func value(_ text: String) -> String {
    let safe = printable(text)
    guard safe.contains(where: { $0 == " " || $0 == "\"" || $0 == "=" }) else { return safe }
    return "\"\(safe.replacing("\\", with: "\\\\").replacing("\"", with: "\\\""))\""
  }

  private static let time = Date.ISO8601FormatStyle(includingFractionalSeconds: true)
}
