import Foundation

/// Text from outside, made safe for a terminal: control characters and the ones that reorder a line become visible, so
/// that no message can move the cursor, change colours or pretend to be the program's own output (threats.md W10).
func printable(_ text: String, multiline: Bool = false) -> String {
  var safe = ""
  for scalar in text.unicodeScalars {
    let isLayout = multiline && (scalar == "\n" || scalar == "\t")
    if scalar.isHarmful && !isLayout {
      safe += scalar == "\r" && multiline ? "" : "\\u{\(String(scalar.value, radix: 16))}"
    } else {
      safe.unicodeScalars.append(scalar)
    }
  }
  return safe
}

extension Unicode.Scalar {
  /// Whether a terminal obeys it instead of showing it: control characters, and those that reorder a line. All of them
  /// stand in the basic plane, below U+10000.
  var isHarmful: Bool { properties.generalCategory == .control || properties.isBidiControl }
}

/// A time as people here read it: local date and time to the second.
func localTime(_ date: Date) -> String {
  date.formatted(
    Date.ISO8601FormatStyle(dateTimeSeparator: .space, timeZone: .current)
      .year().month().day().time(includingFractionalSeconds: false))
}

/// A number of bytes as people read it: `9 bytes`, `12 kB`, `3.4 MB`.
func readableSize(_ bytes: Int) -> String {
  switch bytes {
  case ..<1_000: "\(bytes) bytes"
  case ..<1_000_000: "\(bytes / 1_000) kB"
  default: "\(bytes / 1_000_000).\(bytes / 100_000 % 10) MB"
  }
}
