import Foundation
import Hummingbird

/// A body of `application/x-www-form-urlencoded`. A name that comes twice makes it none (RFC 6749, section 3.2).
struct Form {
  private var fields: [String: String] = [:]

  init?(_ text: String) {
    for (name, value) in Self.pairs(text) {
      guard fields[name] == nil else { return nil }
      fields[name] = value
    }
  }

  subscript(name: String) -> String? { fields[name] }

  /// Names and values as they were written before they were encoded.
  static func pairs(_ text: String) -> [(name: String, value: String)] {
    text.split(separator: "&").map { pair in
      let parts = pair.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
      return (decode(parts[0]), parts.count == 2 ? decode(parts[1]) : "")
    }
  }

  static func decode(_ text: some StringProtocol) -> String {
    let spaced = text.replacingOccurrences(of: "+", with: " ")
    return spaced.removingPercentEncoding ?? spaced
  }
}

extension Request {
  /// The query's names and values, decoded: brackets may come encoded or not.
  var queryFields: [(name: String, value: String)] { Form.pairs(uri.query ?? "") }
}
