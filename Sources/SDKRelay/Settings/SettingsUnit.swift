/// Numbers with units as people write them in settings files: digits, optional spaces, a unit.
enum SettingsUnit {
  static func duration(_ text: String) -> Duration? {
    guard let (number, unit) = split(text), let milliseconds = milliseconds[unit] else { return nil }
    let (product, overflow) = number.multipliedReportingOverflow(by: milliseconds)
    return overflow ? nil : .milliseconds(product)
  }

  /// A bare number counts bytes.
  static func bytes(_ text: String) -> Int? {
    guard let (number, unit) = split(text), let factor = byteFactors[unit] else { return nil }
    let (product, overflow) = number.multipliedReportingOverflow(by: factor)
    return overflow ? nil : product
  }

  private static func split(_ text: String) -> (Int, String)? {
    let digits = text.prefix { ("0"..."9").contains($0) }
    guard let number = Int(digits) else { return nil }
    return (number, String(text.dropFirst(digits.count).drop { $0 == " " }))
  }

  private static let milliseconds = ["ms": 1, "s": 1_000, "min": 60_000, "h": 3_600_000, "d": 86_400_000]
  private static let byteFactors = [
    "": 1, "B": 1, "kB": 1_000, "MB": 1_000_000, "GB": 1_000_000_000,
    "KiB": 1_024, "MiB": 1_048_576, "GiB": 1_073_741_824,
  ]
}
