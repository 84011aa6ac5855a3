import Foundation

@testable import StructuredBridge

/// 25 November 2026 in Sweden.
let someNow = Date(timeIntervalSince1970: 1_795_600_000)

func read(_ text: String, at now: Date = someNow) throws(IdentityProblem) -> IdentityReading {
  try IdentityReading(text, at: now)
}

/// What is wrong with the text; nil for nothing.
func problem(_ text: String, at now: Date = someNow) -> IdentityProblem? {
  do throws(IdentityProblem) {
    _ = try read(text, at: now)
    return nil
  } catch {
    return error
  }
}

/// The published numbers that lie beside the project.
enum Vectors {
  static let folder = URL(filePath: #filePath).deletingLastPathComponent()
    .appending(path: "../../../shared/vectors/identity-numbers").standardizedFileURL
  static let areHere = FileManager.default.fileExists(atPath: folder.appending(path: "list.json").path)

  static func list(_ name: String) throws -> [String] {
    try JSONDecoder().decode([String].self, from: Data(contentsOf: folder.appending(path: name)))
  }

  struct Form: Decodable {
    let long_format: String?
    let short_format: String
    let separated_format: String
    let separated_long: String?
    let valid: Bool
    let type: String
  }

  static func forms(_ name: String) throws -> [Form] {
    try JSONDecoder().decode([Form].self, from: Data(contentsOf: folder.appending(path: name)))
  }
}

/// The same numbers in each run.
struct Dice: RandomNumberGenerator {
  var state: UInt64

  mutating func next() -> UInt64 {
    state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
    return state ^ (state >> 29)
  }
}

/// The digits with the check digit that belongs to the last nine, worked out apart from the program.
func checked(_ digits: String) -> String {
  let sum = digits.suffix(9).enumerated().map { place, digit in
    let weighed = (digit.wholeNumberValue ?? 1) * (place % 2 == 0 ? 2 : 1)
    return weighed / 10 + weighed % 10
  }.reduce(0, +)
  return digits + "\((10 - sum % 10) % 10)"
}
