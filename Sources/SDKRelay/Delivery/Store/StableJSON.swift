package import Foundation

extension JSONEncoder {
  /// Writes the same value as the same bytes each time: keys in order, slashes as they are.
  package static func stable(_ more: OutputFormatting = []) -> JSONEncoder {
    let encoder = JSONEncoder()
    encoder.outputFormatting = more.union([.sortedKeys, .withoutEscapingSlashes])
    return encoder
  }
}
